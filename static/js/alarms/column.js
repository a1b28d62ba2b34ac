// The alarms column: always in the same place, the newest on top, nothing ever covers it.
import { serverNowMs } from "../clock.js";
import { icon, make, setText } from "../archive/text.js";
import { AlarmSound } from "./sound.js";
import { drawCard, fillCard, isEscalated, isJudged, isNew, isOpen, tickCard } from "./cards.js";

const IN_HAND_US = 3600e6; // who has it in hand for longer has forgotten it
const MOST_CARDS = 40; // more are a number: nobody reads them, and the page must answer

export class AlarmColumn {
  #root;
  #list;
  #alarms = new Map();
  #cards = new Map();
  #selected = null;
  #frame = 0;
  #beyond = 0; // open, but not sent: there are too many
  #sound = new AlarmSound();

  /** `onChoose(alarm)`: it was clicked. `onAccept(alarm)`: its button was. `onChange()`: redrawn. */
  constructor(root, { onChoose, onAccept, onChange }) {
    this.#root = root;
    this.#list = root.querySelector("[data-alarm-list]");
    this.me = Number(root.dataset.me);
    this.canAcknowledge = root.hasAttribute("data-can-acknowledge");
    this.isSenior = root.hasAttribute("data-senior");
    this.handlers = { onChoose, onAccept, onChange };
    this.#list.addEventListener("click", (event) => this.#onClick(event));
    this.#list.addEventListener("keydown", (event) => this.#onKey(event));
    document.addEventListener("portal:status", () => this.#count());
    setInterval(() => this.#tick(), 1000);
    this.#count();
  }

  get(id) {
    return this.#alarms.get(id);
  }

  /** All alarms that are known here. */
  get alarms() {
    return [...this.#alarms.values()];
  }

  /** What to take on next: what the senior was told of, the most urgent, the one that waits longest. */
  get next() {
    const waiting = this.alarms.filter((alarm) => isNew(alarm) && !isJudged(alarm));
    const told = (alarm) => (this.isSenior && isEscalated(alarm) ? 0 : 1);
    return waiting.sort((a, b) => told(a) - told(b) || a.priority - b.priority || a.raised_us - b.raised_us)[0] ?? null;
  }

  /** What this person has taken on and not decided; after the page was loaded anew it is in no hand. */
  get undecided() {
    const mine = this.alarms.filter((alarm) => alarm.acknowledged_by_id === this.me && !isNew(alarm) && !isJudged(alarm));
    return mine.sort((a, b) => a.priority - b.priority || a.raised_us - b.raised_us)[0] ?? null;
  }

  /** All that is open: the page begins, or begins anew. */
  replace(alarms, openCount = alarms.length) {
    this.#alarms = new Map(alarms.map((alarm) => [alarm.id, alarm]));
    this.#beyond = Math.max(0, openCount - alarms.length);
    this.#drawSoon();
  }

  /** Those that are new or have changed; an older state of what is known already is left out. */
  take(...alarms) {
    for (const alarm of alarms) this.#takeOne(alarm);
    this.#drawSoon();
  }

  #takeOne(alarm) {
    const known = this.#alarms.get(alarm.id);
    if (known && known.revision >= alarm.revision) return;
    if (!known && (alarm.state === "QUIET" || !isOpen(alarm))) return;
    // Judged on another desk, or in the list: done, except in the hands of whoever looks at it.
    if (!isOpen(alarm) && alarm.id !== this.#selected) this.#alarms.delete(alarm.id);
    else this.#alarms.set(alarm.id, alarm);
  }

  drop(id) {
    this.#alarms.delete(id);
    this.#drawSoon();
  }

  select(id) {
    this.#selected = id;
    this.#mark();
  }

  #mark() {
    const next = this.next?.id;
    for (const [key, card] of this.#cards) {
      card.classList.toggle("next", key === next);
      card.classList.toggle("sel", key === this.#selected);
    }
  }

  /** Many changes at once are drawn once. */
  #drawSoon() {
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  /** In the order of the column; of too many those that matter most are kept. */
  get #shown() {
    const told = (alarm) => (this.isSenior && isEscalated(alarm) ? 0 : 1);
    const newest = (a, b) => told(a) - told(b) || b.raised_us - a.raised_us || b.sequence - a.sequence;
    const all = this.alarms;
    if (all.length <= MOST_CARDS) return all.sort(newest);
    const mine = (alarm) => (alarm.id === this.#selected || alarm.acknowledged_by_id === this.me ? 0 : 1);
    const weight = (a, b) => mine(a) - mine(b) || a.priority - b.priority || newest(a, b);
    return all.sort(weight).slice(0, MOST_CARDS).sort(newest);
  }

  #draw() {
    this.#frame = 0;
    const shown = this.#shown;
    const kept = new Set(shown.map((alarm) => alarm.id));
    for (const [id, card] of this.#cards) {
      if (kept.has(id)) continue;
      card.remove();
      this.#cards.delete(id);
    }
    shown.forEach((alarm, index) => {
      const card = this.#cardOf(alarm);
      if (this.#list.children[index] !== card) this.#list.insertBefore(card, this.#list.children[index] ?? null);
    });
    this.#mark();
    this.#count();
    this.#sound.follow(this.alarms);
    this.handlers.onChange();
  }

  #cardOf(alarm) {
    let card = this.#cards.get(alarm.id);
    if (!card) this.#cards.set(alarm.id, (card = drawCard(alarm, this)));
    else if (Number(card.dataset.revision) !== alarm.revision) {
      // A card of another priority is another card.
      card.className = `al live p${alarm.priority}`;
      fillCard(card, alarm, this);
    }
    return card;
  }

  /** How many of each priority, faults of the portal itself among them; and what is not drawn. */
  #count() {
    const faults = (priority) => this.#root.querySelectorAll(`[data-status="alarms"] .al.p${priority}`).length;
    const open = (priority) => this.alarms.reduce((sum, alarm) => sum + (alarm.priority === priority ? 1 : 0), 0);
    const found = [1, 2, 3, 4].map((priority) => [priority, faults(priority) + open(priority)]);
    const marks = found.filter(([, number]) => number).map(([priority, number]) => {
      const mark = make("span", `p${priority}`, icon(`p${priority}`), String(number));
      mark.title = `P${priority}`;
      return mark;
    });
    this.#root.querySelector("[data-alarm-counts]").replaceChildren(...marks);
    const rest = this.#alarms.size - this.#cards.size + this.#beyond;
    const more = this.#root.querySelector("[data-alarm-more]");
    more.hidden = rest <= 0;
    if (rest > 0) setText(more.querySelector("span"), interpolate(gettext("and %s more"), [rest]));
    this.#countTold();
  }

  #countTold() {
    const told = this.alarms.filter(isEscalated).length;
    const banner = this.#root.querySelector("[data-alarm-told]");
    banner.hidden = !told;
    const text = this.isSenior ? gettext("The desk waits for you: %s") : gettext("Told to the senior: %s");
    if (told) setText(banner.querySelector("b"), interpolate(text, [told]));
  }

  #tick() {
    const now = serverNowMs() * 1000;
    for (const alarm of this.alarms) {
      const isForgotten = alarm.acknowledged_us && now - alarm.acknowledged_us > IN_HAND_US;
      if ((!isOpen(alarm) || isForgotten) && alarm.id !== this.#selected) this.drop(alarm.id);
    }
    for (const [id, card] of this.#cards) {
      const alarm = this.#alarms.get(id);
      if (alarm) tickCard(card, alarm);
    }
    this.#sound.follow(this.alarms);
  }

  #alarmUnder(event) {
    const card = event.target.closest("[data-alarm-id]");
    return card ? this.#alarms.get(Number(card.dataset.alarmId)) : null;
  }

  #onClick(event) {
    const alarm = this.#alarmUnder(event);
    if (!alarm) return;
    if (event.target.closest("[data-accept]")) this.handlers.onAccept(alarm);
    else this.handlers.onChoose(alarm);
  }

  #onKey(event) {
    if (event.code !== "Space" || !event.target.matches("[data-alarm-id]")) return;
    event.preventDefault();
    event.stopPropagation();
    this.handlers.onChoose(this.#alarmUnder(event));
  }
}
