// The alarms column: always in the same place, the newest on top, nothing ever covers it.
import { serverNowMs } from "../clock.js";
import { icon, make } from "../archive/text.js";
import { playAlarm } from "../sound.js";
import { drawCard, isJudged, isNew, tickCard } from "./cards.js";

const STAYS_US = 120e6; // an accepted alarm leaves the column after this
const LOUDEST = 3; // P4 makes no sound

export class AlarmColumn {
  #root;
  #list;
  #alarms = new Map();
  #cards = new Map();
  #selected = null;

  /** `onChoose(alarm)`: it was clicked. `onAccept(alarm)`: its button was. `onChange()`: redrawn. */
  constructor(root, { onChoose, onAccept, onChange }) {
    this.#root = root;
    this.#list = root.querySelector("[data-alarm-list]");
    this.me = Number(root.dataset.me);
    this.canAcknowledge = root.hasAttribute("data-can-acknowledge");
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

  /** What to take on next: the most urgent, and of these the one that waits longest. */
  get next() {
    const waiting = [...this.#alarms.values()].filter(isNew);
    return waiting.sort((a, b) => a.priority - b.priority || a.raised_us - b.raised_us)[0] ?? null;
  }

  /** All that is open: the page begins, or begins anew. */
  replace(alarms) {
    this.#alarms = new Map(alarms.map((alarm) => [alarm.id, alarm]));
    this.#draw();
  }

  /** One that is new or has changed; an older state of what is known already is left out. */
  take(alarm) {
    const known = this.#alarms.get(alarm.id);
    if (known && known.revision >= alarm.revision) return;
    if (!known && alarm.state !== "NEW") return;
    // Judged on another desk, or in the list: done, except in the hands of whoever looks at it.
    if (isJudged(alarm) && alarm.id !== this.#selected) {
      this.drop(alarm.id);
      return;
    }
    if (!known && alarm.priority <= LOUDEST) playAlarm();
    this.#alarms.set(alarm.id, alarm);
    this.#draw();
  }

  drop(id) {
    this.#alarms.delete(id);
    this.#draw();
  }

  select(id) {
    this.#selected = id;
    const { next } = this;
    for (const [key, card] of this.#cards) card.classList.toggle("next", key === next?.id);
    for (const [key, card] of this.#cards) card.classList.toggle("sel", key === id);
  }

  #draw() {
    const shown = [...this.#alarms.values()].sort((a, b) => b.raised_us - a.raised_us || b.sequence - a.sequence);
    for (const [id, card] of this.#cards) {
      const alarm = this.#alarms.get(id);
      if (alarm && Number(card.dataset.revision) === alarm.revision) continue;
      card.remove();
      this.#cards.delete(id);
    }
    shown.forEach((alarm, index) => {
      const card = this.#cards.get(alarm.id) ?? drawCard(alarm, this);
      this.#cards.set(alarm.id, card);
      if (this.#list.children[index] !== card) this.#list.insertBefore(card, this.#list.children[index] ?? null);
    });
    this.select(this.#selected);
    this.#count();
    this.handlers.onChange();
  }

  /** How many of each priority, faults of the portal itself among them. */
  #count() {
    const found = [1, 2, 3, 4].map((priority) => [priority, this.#root.querySelectorAll(`.al.p${priority}`).length]);
    const counts = this.#root.querySelector("[data-alarm-counts]");
    const html = found.filter(([, number]) => number).map(([priority, number]) => {
      const mark = make("span", `p${priority}`, icon(`p${priority}`), String(number));
      mark.title = `P${priority}`;
      return mark;
    });
    counts.replaceChildren(...html);
  }

  #tick() {
    const now = serverNowMs() * 1000;
    for (const alarm of [...this.#alarms.values()]) {
      const isDone = isJudged(alarm) || (alarm.acknowledged_us && now - alarm.acknowledged_us > STAYS_US);
      if (isDone && alarm.id !== this.#selected) this.drop(alarm.id);
    }
    for (const [id, card] of this.#cards) tickCard(card, this.#alarms.get(id));
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
    this.handlers.onChoose(this.#alarmUnder(event));
  }
}
