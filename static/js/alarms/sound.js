// What the open alarms sound like: an earcon for each priority, again and again until somebody has
// them in hand. Told to the senior, they are louder, and louder again.
import { playEarcon } from "../sound.js";
import { isEscalated, isJudged, isNew } from "./cards.js";

/** Milliseconds after which a priority sounds again; 0: once. */
const REPEATS_MS = { 1: 10_000, 2: 30_000, 3: 0 };
const TOLD_MS = [0, 10_000, 5_000];

export class AlarmSound {
  #heard = new Set();
  #lastMs = new Map();

  /** Sound what of these is due. Called with each change and each second. */
  follow(alarms) {
    const calling = alarms.filter((alarm) => alarm.priority <= 3 && !isJudged(alarm) && (isNew(alarm) || isEscalated(alarm)));
    const fresh = calling.filter((alarm) => !this.#heard.has(alarm.id));
    this.#heard = new Set(calling.map((alarm) => alarm.id));
    // One at a time: the most urgent, and of these the loudest.
    const due = [...calling].filter((alarm) => fresh.includes(alarm) || this.#isDue(alarm));
    const first = due.sort((a, b) => a.priority - b.priority || b.escalation - a.escalation)[0];
    if (first && playEarcon(first.priority, first.escalation)) this.#lastMs.set(first.priority, performance.now());
  }

  #isDue({ priority, escalation }) {
    const every = TOLD_MS[escalation] || REPEATS_MS[priority];
    return every > 0 && performance.now() - (this.#lastMs.get(priority) ?? -Infinity) >= every;
  }
}
