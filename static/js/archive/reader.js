// Turns footage into parts that can be appended: whole GOPs by byte range, or keyframes only.

import { initializationEnd, readFragments, setDuration, videoOnly } from "../media/fragments.js";
import { HOLE_US, gopAt, ticksToUs } from "./footage.js";
import { RequestError, getBytes } from "./http.js";

const PART_BYTES = 2e6;
const LOOK_AHEAD_US = 120e6;
const KEYS_PER_PART = 8;
const KEYFRAME_BUDGET = 1.1; // bytes per wall second against those of 1x

/**
 * @typedef {{us: number, endUs: number, isKeyframe: boolean}} Frame
 * @typedef {{recording: import("./footage.js").Recording, bytes: Uint8Array, frames: Frame[]}} Part
 */

/** What both readers share: the walk from file to file. `next` answers a part, or null at a gap or the edge. */
class Reader {
  constructor({ footage, signal }) {
    this.footage = footage;
    this.signal = signal;
    this.recording = null;
  }

  async follow() {
    const from = this.recording;
    const next = await this.footage.after(from, from.endUs + LOOK_AHEAD_US, this.signal);
    if (!next || next.startUs - from.endUs > HOLE_US) return false;
    this.recording = next;
    return true;
  }

  /** The minute that grew is a finished file now, under another address. */
  async refresh() {
    const fresh = await this.footage.refresh(this.recording, this.signal);
    if (fresh) this.recording = fresh;
    return Boolean(fresh);
  }

  async bytes(url, range) {
    return getBytes(url, { ...range, signal: this.signal });
  }
}

/** Every frame: GOPs merged into ranges; the first part is the one GOP that holds the moment. */
export class GopReader extends Reader {
  #byte = 0;
  #isFirst = true;

  async open(recording, us) {
    this.recording = recording;
    this.#byte = recording.gops[gopAt(recording, us)].offset;
    this.#isFirst = true;
  }

  async next() {
    if (this.#byte >= this.recording.size && !(await this.#more())) return null;
    const end = this.#partEnd();
    let bytes;
    try {
      bytes = await this.bytes(this.recording.url, { from: this.#byte, end });
    } catch (error) {
      const { url } = this.recording;
      const isGone = error instanceof RequestError && error.status === 404 && (await this.refresh());
      if (isGone && this.recording.url !== url) return this.next();
      throw error;
    }
    this.#isFirst = false;
    const fragments = readFragments(bytes);
    if (!fragments.length) return null;
    this.#byte += fragments.at(-1).end;
    return part(this.recording, videoOnly(bytes.subarray(0, fragments.at(-1).end), fragments), fragments);
  }

  async #more() {
    if (this.recording.isGrowing) {
      await this.refresh();
      if (this.#byte < this.recording.size) return true;
      if (this.recording.isGrowing) return false;
    }
    if (!(await this.follow())) return false;
    if (!this.recording.gops.length) return false;
    this.#byte = this.recording.gops[0].offset;
    return true;
  }

  #partEnd() {
    const { gops, size } = this.recording;
    const later = gops.filter((gop) => gop.end > this.#byte);
    if (this.#isFirst || !later.length) return later[0]?.end ?? size;
    const fitting = later.filter((gop) => gop.end - this.#byte <= PART_BYTES);
    return (fitting.at(-1) ?? later[0]).end;
  }
}

/** Keyframes only, each lasting until the next: what 8x and 16x play. */
export class KeyframeReader extends Reader {
  #rate;
  #gop = 0;

  constructor({ rate, ...rest }) {
    super(rest);
    this.#rate = rate;
  }

  async open(recording, us) {
    this.recording = recording;
    this.#gop = gopAt(recording, us);
  }

  async next() {
    if (this.#gop >= this.recording.gops.length && !(await this.#more())) return null;
    const isWhole = this.recording.keyframesUrl && !this.recording.isGrowing;
    return isWhole && this.#gop === 0 ? this.#wholeFile() : this.#someKeyframes();
  }

  async #more() {
    if (this.recording.isGrowing) {
      await this.refresh();
      if (this.#gop < this.recording.gops.length) return true;
      if (this.recording.isGrowing) return false;
    }
    if (!(await this.follow())) return false;
    this.#gop = 0;
    return this.recording.gops.length > 0;
  }

  /** Take every n-th keyframe, so that the network carries about what 1x does. */
  get #every() {
    const { gops, size } = this.recording;
    const keys = gops.reduce((sum, gop) => sum + gop.keyBytes, 0);
    return Math.max(1, Math.ceil((keys / size) * (this.#rate / KEYFRAME_BUDGET)));
  }

  async #wholeFile() {
    const recording = this.recording;
    const file = await this.bytes(`${recording.keyframesUrl}?every=${this.#every}`);
    const bytes = file.subarray(initializationEnd(file));
    this.#gop = recording.gops.length;
    return part(recording, bytes, readFragments(bytes));
  }

  /** Single ranges: the rest of a minute begun in its middle, and the minute that grows. */
  async #someKeyframes() {
    const recording = this.recording;
    const every = this.#every;
    const chosen = [];
    while (this.#gop < recording.gops.length && chosen.length < KEYS_PER_PART) {
      chosen.push(this.#gop);
      this.#gop += every;
    }
    const pieces = await Promise.all(chosen.map((n) => this.#keyframe(recording, n, n + every)));
    const bytes = joined(pieces);
    return part(recording, bytes, readFragments(bytes));
  }

  async #keyframe(recording, n, following) {
    const gop = recording.gops[n];
    const bytes = await this.bytes(recording.url, { from: gop.offset, end: gop.offset + gop.keyBytes });
    const endTime = recording.gops[following]?.time ?? ((recording.endUs - recording.startUs) * 9) / 100;
    setDuration(bytes, 0, Math.max(1, Math.round(endTime - gop.time)));
    return bytes;
  }
}

function part(recording, bytes, fragments) {
  const frames = fragments
    .filter((fragment) => fragment.track === 1)
    .map(({ time, duration, isKeyframe }) => ({
      isKeyframe,
      us: recording.startUs + ticksToUs(time),
      endUs: recording.startUs + ticksToUs(time + duration),
    }))
    .sort((a, b) => a.us - b.us);
  return { recording, bytes, frames };
}

function joined(pieces) {
  const result = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    result.set(piece, at);
    at += piece.length;
  }
  return result;
}
