// The window of the time line: which moment lies where.

import { nowUs, offsetUs, shortTime, timeOf } from "./town_time.js";

const MINUTE_US = 60e6;
export const HOUR_US = 3600e6;
export const SMALLEST_US = 10 * MINUTE_US;
export const LARGEST_US = 24 * HOUR_US;
const STEPS_US = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 180, 240].map((minutes) => minutes * MINUTE_US);
const MOST_LABELS = 13;
const MINOR_PARTS = 5;
const ZOOMS_US = [10, 20, 30, 60, 120, 240, 480, 1440].map((minutes) => minutes * MINUTE_US);

export class Scale {
  constructor(fromUs, toUs) {
    this.fromUs = fromUs;
    this.toUs = toUs;
  }

  get lengthUs() {
    return this.toUs - this.fromUs;
  }

  /** 0 at the left edge, 1 at the right one. */
  share(us) {
    return (us - this.fromUs) / this.lengthUs;
  }

  percent(us) {
    return `${(this.share(us) * 100).toFixed(4)}%`;
  }

  usAt(share) {
    return this.fromUs + Math.min(1, Math.max(0, share)) * this.lengthUs;
  }

  holds(us) {
    return us >= this.fromUs && us < this.toUs;
  }

  /** The next smaller (-1) or larger (+1) window; the moment keeps its place. */
  zoomed(direction, aroundUs) {
    const sizes = direction > 0 ? ZOOMS_US : ZOOMS_US.toReversed();
    const length = sizes.find((size) => (direction > 0 ? size > this.lengthUs * 1.01 : size < this.lengthUs * 0.99));
    if (!length) return this;
    const fromUs = aroundUs - this.share(aroundUs) * length;
    return new Scale(fromUs, fromUs + length);
  }

  moved(byUs) {
    return new Scale(this.fromUs + byUs, this.toUs + byUs);
  }

  /** Marks at round times of the town's clocks. */
  ticks() {
    const step = STEPS_US.find((size) => this.lengthUs / size <= MOST_LABELS) ?? STEPS_US.at(-1);
    const minor = step / MINOR_PARTS;
    const offset = offsetUs(this.fromUs);
    const found = [];
    for (let us = Math.ceil((this.fromUs + offset) / minor) * minor - offset; us < this.toUs; us += minor) {
      const isMajor = Math.round((us + offset) / minor) % MINOR_PARTS === 0;
      found.push({ us, isMajor, label: isMajor ? (step < MINUTE_US ? timeOf(us) : shortTime(us)) : "" });
    }
    return found;
  }
}

/** A window of a length that holds the moment, a third of it before; little of the future. */
export function windowAround(us, lengthUs = HOUR_US) {
  const round = 5 * MINUTE_US;
  const wanted = us - lengthUs * 0.36;
  const latest = Math.max(nowUs() + lengthUs * 0.08, us + lengthUs * 0.08) - lengthUs;
  const fromUs = Math.floor(Math.min(wanted, latest) / round + (wanted > latest ? 1 : 0)) * round;
  return new Scale(fromUs, fromUs + lengthUs);
}
