// The list of what is drawn: name, direction, length; a click chooses it on the picture.

import { icon, make } from "../archive/text.js";

const SHAPES = {
  ZONE: { icon: "map", word: () => gettext("Zone") },
  LINE: { icon: "walk", word: () => gettext("Line") },
  ASSET: { icon: "damage", word: () => gettext("Thing") },
  MASK: { icon: "camera-off", word: () => gettext("Mask") },
  SCALE: { icon: "scale", word: () => gettext("Meters") },
};

/** A name that no drawing of this shape has. */
export function freeName(draft, shape) {
  const taken = new Set(draft.regions.filter((region) => region.shape === shape).map(({ name }) => name));
  const word = SHAPES[shape].word();
  let number = 1;
  while (taken.has(`${word} ${number}`)) number += 1;
  return `${word} ${number}`;
}

export class RegionList {
  constructor({ list, count, empty }, draft, editor, page) {
    Object.assign(this, { list, count, empty, draft, editor, page });
    draft.onChange((what) => what !== "points" && this.render());
  }

  render() {
    // A field that is being typed into keeps its focus: it is left as it is.
    if (this.list.contains(document.activeElement) && document.activeElement.matches("input")) return this.mark();
    const order = Object.keys(SHAPES);
    const sorted = this.draft.regions.toSorted((a, b) => order.indexOf(a.shape) - order.indexOf(b.shape));
    this.list.replaceChildren(...sorted.map((region) => this.item(region)));
    this.count.textContent = sorted.length || "";
    this.empty.hidden = sorted.length > 0;
    return this.mark();
  }

  mark() {
    for (const item of this.list.children) item.classList.toggle("on", item.dataset.ref === this.editor.chosen);
  }

  item(region) {
    const shape = SHAPES[region.shape];
    const sign = icon(shape.icon, "s");
    const name = make("input", "inp name");
    Object.assign(name, { value: region.name, maxLength: 60 });
    name.setAttribute("aria-label", interpolate(gettext("Name: %s"), [shape.word()]));
    name.addEventListener("input", () => {
      region.name = name.value;
      this.draft.tell();
    });
    name.addEventListener("change", () => this.page.namesChanged());
    name.addEventListener("focus", () => this.editor.choose(region.ref));
    const remove = make("button", "btn bare sq", icon("x"));
    remove.type = "button";
    remove.setAttribute("aria-label", interpolate(gettext("Remove “%s”"), [region.name]));
    remove.addEventListener("click", () => this.page.remove(region));
    const extra = this.extra(region);
    const item = make("li", `item region ${region.shape.toLowerCase()}`, make("i", "key"), sign, name, ...extra, remove);
    item.dataset.ref = region.ref;
    item.addEventListener("click", () => this.editor.choose(region.ref));
    return item;
  }

  extra(region) {
    if (region.shape === "LINE") return [this.directionOf(region)];
    return region.shape === "SCALE" ? [this.lengthOf(region)] : [];
  }

  directionOf(region) {
    const select = make("select", "inp short");
    select.setAttribute("aria-label", gettext("Which way is watched; the arrow on the picture shows it"));
    const names = { BOTH: gettext("both ways"), TO_RIGHT: gettext("one way"), TO_LEFT: gettext("the other way") };
    for (const [value, text] of Object.entries(names)) select.append(new Option(text, value, false, value === region.direction));
    select.addEventListener("change", () => {
      region.direction = select.value;
      this.draft.tell();
    });
    return select;
  }

  lengthOf(region) {
    const field = make("input", "inp length");
    Object.assign(field, { type: "number", min: 0.1, max: 200, step: 0.1, value: region.length_m ?? "", placeholder: gettext("m") });
    field.setAttribute("aria-label", gettext("Length on the ground, meters"));
    field.addEventListener("input", () => {
      region.length_m = field.value === "" ? null : Number(field.value);
      this.draft.tell();
    });
    return field;
  }
}
