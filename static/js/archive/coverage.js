// Where each camera has footage, where it has none and why, and what is held: day by day.

import { getJson } from "./http.js";
import { DAY_US, dayAround, nowUs } from "./town_time.js";

const REFRESH_MS = 5000;
const LOOK_AHEAD_US = 38 * DAY_US; // longer than footage is kept
const SLIVER_US = 500_000; // shorter holes between two files are not shown

/** @typedef {{spans: number[][], gaps: object[], holds: object[]}} DayCoverage */
export class Coverage {
  #cameras = [];
  #days = new Map();

  constructor(onChange) {
    this.onChange = onChange;
    setInterval(() => document.hidden || this.refresh(), REFRESH_MS);
  }

  setCameras(cameras) {
    this.#cameras = cameras;
    this.#days.clear();
  }

  /** Load the days of a range, if they are not known. */
  async show(fromUs, toUs) {
    this.shown = [fromUs, toUs];
    const missing = [];
    for (let day = dayAround(fromUs); day.fromUs < toUs; day = dayAround(day.toUs)) {
      if (!this.#days.has(day.date)) missing.push(day);
    }
    await Promise.all(missing.map((day) => this.#load(day)));
  }

  /** The days that still grow, and holds, may have changed. */
  async refresh() {
    if (!this.shown) return;
    const days = [];
    for (let day = dayAround(this.shown[0]); day.fromUs < this.shown[1]; day = dayAround(day.toUs)) days.push(day);
    await Promise.allSettled(days.filter((day) => day.toUs > nowUs() - 3600e6).map((day) => this.#load(day)));
  }

  async reload() {
    this.#days.clear();
    if (this.shown) await this.show(...this.shown);
  }

  /** What is known of a camera in the range, in the order of time. */
  of(camera, fromUs, toUs) {
    const found = { spans: [], gaps: [], holds: [] };
    for (const day of this.#days.values()) {
      if (day.toUs <= fromUs || day.fromUs >= toUs) continue;
      const row = day.byCamera.get(camera);
      if (!row) continue;
      found.spans.push(...row.spans);
      found.gaps.push(...row.gaps);
      found.holds.push(...row.holds.filter(({ id }) => !found.holds.some((hold) => hold.id === id)));
    }
    found.spans = joined(found.spans);
    return found;
  }

  /** Intervals without footage, each with its cause if one is known. */
  holes(camera, fromUs, toUs) {
    const { spans, gaps } = this.of(camera, fromUs, toUs);
    const end = Math.min(toUs, nowUs() - 5e6);
    const holes = [];
    let last = fromUs;
    for (const [start, stop] of [...spans, [end, end]]) {
      if (start - last > SLIVER_US && last < end) holes.push(holeOf(last, Math.min(start, end), gaps));
      last = Math.max(last, stop);
    }
    return holes;
  }

  /** The hole around a moment; endUs null where nothing follows yet. */
  async holeAt(camera, us) {
    const fromUs = us - DAY_US;
    const toUs = Math.min(Math.max(nowUs() + 60e6, us + 1), us + LOOK_AHEAD_US);
    const query = `camera=${camera}&from_us=${Math.round(fromUs)}&to_us=${Math.round(toUs)}`;
    const { cameras } = await getJson(`/archive/coverage/?${query}`);
    const { spans, gaps } = cameras[0];
    if (spans.some(([start, stop]) => start <= us && us < stop)) return null;
    const before = spans.filter(([, stop]) => stop <= us).at(-1);
    const after = spans.find(([start]) => start > us);
    return { ...holeOf(before?.[1] ?? null, after?.[0] ?? null, gaps, us) };
  }

  async #load(day) {
    if (!this.#cameras.length) return;
    const named = this.#cameras.map((camera) => `camera=${camera}`).join("&");
    const asked = this.#cameras;
    const { cameras } = await getJson(`/archive/coverage/?${named}&from_us=${day.fromUs}&to_us=${day.toUs}`);
    if (asked !== this.#cameras) return;
    this.#days.set(day.date, { ...day, byCamera: new Map(cameras.map((row) => [row.id, row])) });
    this.onChange();
  }
}

function joined(spans) {
  const result = [];
  for (const [start, end] of spans.sort((a, b) => a[0] - b[0])) {
    const last = result.at(-1);
    if (last && start - last[1] <= SLIVER_US) last[1] = Math.max(last[1], end);
    else result.push([start, end]);
  }
  return result;
}

/** A hole takes the words of the gap that covers most of it. */
function holeOf(startUs, endUs, gaps, atUs = null) {
  const from = startUs ?? atUs;
  const to = endUs ?? Math.max(atUs ?? 0, nowUs());
  const shared = (gap) => Math.min(gap.end_us ?? to, to) - Math.max(gap.start_us, from);
  const gap = gaps.filter((one) => shared(one) > 0).sort((a, b) => shared(b) - shared(a))[0];
  return { startUs, endUs, text: gap?.text ?? "" };
}
