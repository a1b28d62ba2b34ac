// Alarms and hints on the time line: loaded by the day, drawn where they were raised.

import { getJson } from "./http.js";
import { icon, make } from "./text.js";
import { dayAround, nowUs, timeOf } from "./town_time.js";

const REFRESH_MS = 5000;
const NEAR_SHARE = 0.012; // of the lane: closer ones are one mark
const LISTED = 6;
const LEAD_US = 3e6; // a mark opens so long before its moment

/** @typedef {{id: number, camera: number, title: string, text: string, is_alarm: boolean, priority: number,
 *   raised_us: number}} Mark */
export class Marks {
  #url;
  #cameras = [];
  #days = new Map();

  /** @param {string} url empty: this person sees none */
  constructor(url, onChange) {
    this.#url = url;
    this.onChange = onChange;
    if (url) setInterval(() => document.hidden || this.#refresh(), REFRESH_MS);
  }

  setCameras(cameras) {
    this.#cameras = cameras;
    this.#days.clear();
  }

  /** Load the days of a range, if they are not known. */
  async show(fromUs, toUs) {
    this.shown = [fromUs, toUs];
    const missing = daysOf(fromUs, toUs).filter(({ date }) => !this.#days.has(date));
    await Promise.all(missing.map((day) => this.#load(day)));
  }

  /** @returns {Mark[]} in the order of time */
  of(camera, fromUs, toUs) {
    const marks = [...this.#days.values()].flat();
    return marks.filter((one) => one.camera === camera && one.raised_us >= fromUs && one.raised_us < toUs);
  }

  async #refresh() {
    if (!this.shown) return;
    const growing = daysOf(...this.shown).filter(({ toUs }) => toUs > nowUs() - 3600e6);
    await Promise.allSettled(growing.map((day) => this.#load(day)));
  }

  async #load(day) {
    if (!this.#url || !this.#cameras.length) return;
    const asked = this.#cameras;
    const named = asked.map((camera) => `camera=${camera}`).join("&");
    const { marks } = await getJson(`${this.#url}?${named}&from_us=${day.fromUs}&to_us=${day.toUs}`);
    if (asked !== this.#cameras) return;
    this.#days.set(day.date, marks.sort((a, b) => a.raised_us - b.raised_us));
    this.onChange();
  }
}

function daysOf(fromUs, toUs) {
  const days = [];
  for (let day = dayAround(fromUs); day.fromUs < toUs; day = dayAround(day.toUs)) days.push(day);
  return days;
}

/** Add the marks of a lane; those that would cover each other become one, the most urgent. */
export function drawMarks(lane, scale, marks) {
  for (const group of grouped(marks, scale)) lane.append(markOf(group, scale));
}

function grouped(marks, scale) {
  const groups = [];
  for (const mark of marks) {
    const last = groups.at(-1);
    if (last && scale.share(mark.raised_us) - scale.share(last[0].raised_us) < NEAR_SHARE) last.push(mark);
    else groups.push([mark]);
  }
  return groups;
}

const rank = ({ is_alarm: isAlarm, priority }) => (isAlarm ? priority : 9);

function markOf(group, scale) {
  const first = [...group].sort((a, b) => rank(a) - rank(b))[0];
  const element = first.is_alarm ? make("span", `mark p${first.priority}`, icon(`p${first.priority}`)) : make("span", "mark hint", make("i"));
  element.style.setProperty("left", scale.percent(first.raised_us));
  element.dataset.markUs = first.raised_us - LEAD_US;
  const lines = group.map((mark) => `${timeOf(mark.raised_us)} ${mark.title}: ${mark.text}`);
  const rest = lines.length - LISTED;
  element.title = [...lines.slice(0, LISTED), ...(rest > 0 ? [interpolate(gettext("and %s more"), [rest])] : [])].join("\n");
  return element;
}
