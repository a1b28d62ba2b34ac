// The list of rules: one line each, opened to be set.

import { icon, make } from "../archive/text.js";
import { weekdayNames } from "../archive/town_time.js";

const SHAPE_OF_PLACE = { ZONE: "ZONE", LINE: "LINE", ASSET: "ASSET" };
const GRADES = { ALARM: () => gettext("alarm"), HINT: () => gettext("hint") };
const SENSITIVITIES = { LOW: () => gettext("low"), NORMAL: () => gettext("normal"), HIGH: () => gettext("high") };

export class RuleList {
  constructor({ list, empty }, draft, kinds, editor) {
    Object.assign(this, { list, empty, draft, kinds, editor, opened: null, days: weekdayNames() });
    draft.onChange((what) => what !== "points" && this.render());
  }

  kind(name) {
    return this.kinds.find((kind) => kind.kind === name);
  }

  render() {
    if (this.list.contains(document.activeElement)) this.focused = focusName(document.activeElement);
    this.list.replaceChildren(...this.draft.rules.map((rule) => this.item(rule)));
    this.empty.hidden = this.draft.rules.length > 0;
    if (this.focused) this.list.querySelector(this.focused)?.focus();
    this.focused = null;
  }

  /** Add a rule: of the chosen drawing if there is one, else of what can be watched at once. */
  add() {
    const region = this.draft.region(this.editor.chosen);
    const fits = (kind) => region && this.shapesOf(kind).includes(region.shape);
    const taken = new Set(this.draft.rules.map((rule) => rule.kind));
    const kind = this.kinds.find((one) => fits(one) && !taken.has(one.kind)) ?? this.kinds.find(fits)
      ?? this.kinds.find((one) => this.isPossible(one) && !taken.has(one.kind)) ?? this.kinds[0];
    const rule = this.draft.addRule(kind, fits(kind) ? region.ref : this.firstRegion(kind));
    this.open(rule.key);
    this.list.querySelector(`[data-key-of="${rule.key}"] select`)?.focus();
  }

  shapesOf(kind) {
    const shape = SHAPE_OF_PLACE[kind.place];
    if (shape) return [shape];
    return kind.zoneIsOptional ? ["ZONE"] : [];
  }

  mayBeWhole(kind) {
    return kind.place === "PICTURE" || kind.zoneIsOptional;
  }

  regionsFor(kind) {
    return this.draft.regions.filter((region) => this.shapesOf(kind).includes(region.shape));
  }

  isPossible(kind) {
    return this.mayBeWhole(kind) || this.regionsFor(kind).length > 0;
  }

  firstRegion(kind) {
    return this.mayBeWhole(kind) ? "" : this.regionsFor(kind)[0]?.ref ?? "";
  }

  open(key) {
    this.opened = this.opened === key ? null : key;
    this.render();
  }

  item(rule) {
    const kind = this.kind(rule.kind);
    const isOpen = this.opened === rule.key;
    const item = make("li", `item rule${isOpen ? " open" : ""}${rule.is_enabled ? "" : " off"}`, this.line(rule, kind, isOpen));
    if (isOpen && kind) item.append(this.form(rule, kind));
    item.dataset.keyOf = rule.key;
    return item;
  }

  line(rule, kind, isOpen) {
    const toggle = make("input");
    Object.assign(toggle, { type: "checkbox", checked: rule.is_enabled });
    toggle.dataset.field = "is_enabled";
    toggle.setAttribute("aria-label", interpolate(gettext("On: %s"), [kind?.title ?? rule.kind]));
    toggle.addEventListener("change", () => this.set(rule, { is_enabled: toggle.checked }));
    const opener = make("button", "opener", make("b", "cutoff", kind?.title ?? rule.kind), make("span", "t2 cutoff", this.summary(rule)));
    Object.assign(opener, { type: "button" });
    opener.dataset.field = "opener";
    opener.setAttribute("aria-expanded", String(isOpen));
    opener.addEventListener("click", () => this.open(rule.key));
    opener.append(icon(isOpen ? "down" : "right", "s"));
    const signs = kind?.lacking.length ? [this.lackSign(kind)] : [];
    return make("div", "rule-line", toggle, ...signs, opener);
  }

  lackSign(kind) {
    const sign = make("span", "lack", icon("attention", "s"));
    sign.title = interpolate(gettext("Is off: the file %s is missing"), [kind.lacking.join(", ")]);
    sign.setAttribute("role", "img");
    sign.setAttribute("aria-label", sign.title);
    return sign;
  }

  summary(rule) {
    const place = this.draft.region(rule.region)?.name ?? gettext("whole picture");
    const hours = rule.starts === rule.ends ? "" : `${rule.starts}–${rule.ends}`;
    const days = rule.days.length ? rule.days.map((day) => this.days[day]).join(" ") : "";
    return [place, GRADES[rule.grade](), days, hours].filter(Boolean).join(" · ");
  }

  set(rule, values) {
    Object.assign(rule, values);
    this.draft.tell();
  }

  form(rule, kind) {
    const remove = make("button", "btn bare", icon("x", "s"), gettext("Remove the rule"));
    remove.type = "button";
    remove.addEventListener("click", () => this.draft.removeRule(rule.key));
    const note = kind.lacking.length
      ? [make("p", "lacking", interpolate(gettext("Is off: the file %s is missing"), [kind.lacking.join(", ")]))]
      : [];
    return make(
      "div", "rule-form", ...note,
      this.field(gettext("Situation"), this.kindChoice(rule)),
      this.field(gettext("Where"), this.regionChoice(rule, kind)),
      this.field(gettext("Sensitivity"), this.sensitivityChoice(rule)),
      this.field(gettext("How loud"), this.segments(rule, "grade", GRADES), "group"),
      this.field(gettext("Days"), this.dayChoice(rule), "group"),
      this.field(gettext("Hours"), this.hours(rule), "group"),
      remove,
    );
  }

  field(label, control, role = "") {
    const field = make(role ? "div" : "label", "field", make("span", "", label), control);
    if (role) field.setAttribute("role", role);
    if (role) field.setAttribute("aria-label", label);
    return field;
  }

  /** A saved rule keeps its situation. */
  kindChoice(rule) {
    const select = make("select", "inp");
    for (const kind of this.kinds) select.append(new Option(kind.title, kind.kind, false, kind.kind === rule.kind));
    select.disabled = rule.id !== null;
    select.dataset.field = "kind";
    select.addEventListener("change", () => {
      const kind = this.kind(select.value);
      const fits = this.shapesOf(kind).includes(this.draft.region(rule.region)?.shape);
      this.set(rule, { kind: kind.kind, grade: kind.grade, region: fits ? rule.region : this.firstRegion(kind) });
    });
    return select;
  }

  regionChoice(rule, kind) {
    const select = make("select", "inp");
    if (this.mayBeWhole(kind)) select.append(new Option(gettext("whole picture"), ""));
    else if (!rule.region) select.append(new Option(gettext("draw it first"), ""));
    for (const region of this.regionsFor(kind)) select.append(new Option(region.name, region.ref));
    select.value = rule.region;
    select.dataset.field = "region";
    select.addEventListener("change", () => {
      this.editor.choose(select.value || null);
      this.set(rule, { region: select.value });
    });
    return select;
  }

  segments(rule, name, choices) {
    const group = make("span", "seg");
    for (const [value, word] of Object.entries(choices)) {
      const button = make("button", "", word());
      button.type = "button";
      button.dataset.field = `${name}-${value}`;
      button.setAttribute("aria-pressed", String(rule[name] === value));
      button.addEventListener("click", () => this.set(rule, { [name]: value }));
      group.append(button);
    }
    return group;
  }

  sensitivityChoice(rule) {
    const select = make("select", "inp");
    for (const [value, word] of Object.entries(SENSITIVITIES)) {
      select.append(new Option(word(), value, false, value === rule.sensitivity));
    }
    select.dataset.field = "sensitivity";
    select.addEventListener("change", () => this.set(rule, { sensitivity: select.value }));
    return select;
  }

  dayChoice(rule) {
    const chosen = new Set(rule.days.length ? rule.days : [0, 1, 2, 3, 4, 5, 6]);
    const group = make("span", "seg days");
    this.days.forEach((name, day) => {
      const button = make("button", "", name);
      button.type = "button";
      button.dataset.field = `day-${day}`;
      button.setAttribute("aria-pressed", String(chosen.has(day)));
      button.addEventListener("click", () => {
        if (!chosen.delete(day)) chosen.add(day);
        // All days and none are the same: a rule for no day is switched off instead.
        this.set(rule, { days: chosen.size % 7 ? [...chosen].sort() : [] });
      });
      group.append(button);
    });
    return group;
  }

  hours(rule) {
    const field = (name, label) => {
      const input = make("input", "inp");
      Object.assign(input, { inputMode: "numeric", maxLength: 5, value: rule[name], placeholder: "00:00" });
      input.dataset.field = name;
      input.setAttribute("aria-label", label);
      // Not at every key: the field would be made anew below the typing hand.
      input.addEventListener("change", () => this.set(rule, { [name]: hourOf(input.value) ?? rule[name] }));
      return input;
    };
    const hint = rule.starts === rule.ends ? gettext("the whole day") : "";
    return make("span", "hours", field("starts", gettext("from")), "–", field("ends", gettext("until")), make("span", "t2", hint));
  }
}

/** "22", "2230", "22:30" as "22:30"; null for what is no time. A time field of the browser would show AM and PM. */
function hourOf(text) {
  const [, hours, minutes = "00"] = /^\s*(\d{1,2})[:.]?(\d{2})?\s*$/.exec(text) ?? [];
  if (hours === undefined || Number(hours) > 23 || Number(minutes) > 59) return null;
  return `${hours.padStart(2, "0")}:${minutes}`;
}

function focusName(element) {
  const item = element.closest("[data-key-of]");
  const field = element.dataset.field;
  return item && field ? `[data-key-of="${item.dataset.keyOf}"] [data-field="${field}"]` : null;
}
