// Lengths and ranges of searches in words.

import { dateText, shortTime } from "../archive/town_time.js";

const MINUTE = 60;

/** "40 s", "12 min", "9 h 12 min" */
export function lengthText(seconds) {
  const whole = Math.round(seconds);
  if (whole < MINUTE) return interpolate(gettext("%s s"), [whole]);
  const minutes = Math.round(whole / MINUTE);
  if (minutes < MINUTE) return interpolate(gettext("%s min"), [minutes]);
  const rest = minutes % MINUTE;
  const hours = (minutes - rest) / MINUTE;
  return rest ? interpolate(gettext("%s h %s min"), [hours, rest]) : interpolate(gettext("%s h"), [hours]);
}

export const usOf = (text) => Date.parse(text) * 1000;

/** "22.11.2026 22:00 – 23.11.2026 06:00"; the second date only where it differs. */
export function rangeText(from, to) {
  const [start, end] = [usOf(from), usOf(to)];
  const last = dateText(start) === dateText(end) ? shortTime(end) : `${dateText(end)} ${shortTime(end)}`;
  return `${dateText(start)} ${shortTime(start)} – ${last}`;
}

