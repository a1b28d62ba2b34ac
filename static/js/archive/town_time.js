// Times of the town's zone, microseconds since the epoch inside. A day may have 23 or 25 hours.

import { serverNowMs } from "../clock.js";

const zone = document.querySelector('meta[name="time-zone"]')?.content ?? "UTC";
const language = document.documentElement.lang || "ru";
const PIECE_US = 900e6; // offsets change at quarters of an hour only

const parts = new Intl.DateTimeFormat("en-CA", {
  timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit",
  hour: "2-digit", minute: "2-digit", second: "2-digit",
});
const weekdays = new Intl.DateTimeFormat(language, { timeZone: "UTC", weekday: "short" });
const dayNames = new Intl.DateTimeFormat(language, { timeZone: "UTC", day: "numeric", month: "long" });
const offsets = new Map();

export const DAY_US = 86400e6;

export const nowUs = () => Math.round(serverNowMs() * 1000);

/** How far the town's clocks are ahead of UTC at this moment. */
export function offsetUs(us) {
  const piece = Math.floor(us / PIECE_US);
  let offset = offsets.get(piece);
  if (offset === undefined) {
    const at = (piece * PIECE_US) / 1000;
    const found = Object.fromEntries(parts.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    const local = Date.UTC(found.year, found.month - 1, found.day, found.hour, found.minute, found.second);
    offset = (local - at) * 1000;
    offsets.set(piece, offset);
  }
  return offset;
}

const localDate = (us) => new Date(Math.floor((us + offsetUs(us)) / 1000));

/** "2026-07-10" */
export const dateOf = (us) => localDate(us).toISOString().slice(0, 10);

/** The moment when the town's clocks show this date and time ("21:12:11"; hours may be 24). */
export function momentOf(date, time = "00:00:00") {
  const [hours, minutes = 0, seconds = 0] = time.split(":").map(Number);
  const wanted = Date.parse(`${date}T00:00:00Z`) * 1000 + ((hours * 60 + minutes) * 60 + seconds) * 1e6;
  let us = wanted - offsetUs(wanted);
  us = wanted - offsetUs(us);
  return us;
}

/** The day that holds the moment: its date, first and last microsecond. */
export function dayAround(us) {
  const date = dateOf(us);
  const next = new Date(Date.parse(`${date}T00:00:00Z`) + 86400e3).toISOString().slice(0, 10);
  return { date, fromUs: momentOf(date), toUs: momentOf(next) };
}

const two = (number) => String(number).padStart(2, "0");

/** "21:12" */
export function shortTime(us) {
  const at = localDate(us);
  return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
}

/** "21:12:11" */
export function timeOf(us) {
  return `${shortTime(us)}:${two(localDate(us).getUTCSeconds())}`;
}

/** ",480": the sign is that of the page's language. */
export function millisecondsOf(us) {
  const sign = language === "ru" ? "," : ".";
  return sign + String(localDate(us).getUTCMilliseconds()).padStart(3, "0");
}

export const exactTime = (us) => timeOf(us) + millisecondsOf(us);

/** "10.07.2026" */
export function dateText(us) {
  const [year, month, day] = dateOf(us).split("-");
  return `${day}.${month}.${year}`;
}

/** "пт 10.07.2026" */
export const longDate = (us) => `${weekdays.format(localDate(us))} ${dateText(us)}`;

/** "10 июля" */
export const dayName = (date) => dayNames.format(new Date(`${date}T00:00:00Z`));

/** "2026-07-10T18:12:11.480000Z": microseconds survive, which Date can't hold. */
export function isoOf(us) {
  const whole = Math.floor(us);
  const seconds = new Date(Math.floor(whole / 1e6) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(whole % 1e6).padStart(6, "0")}Z`;
}

/** Names of the days of a week from Monday: "пн". */
export function weekdayNames() {
  return [5, 6, 7, 8, 9, 10, 11].map((day) => weekdays.format(new Date(Date.UTC(2026, 0, day))));
}
