// The index of one camera's footage: which file and which group of pictures holds a moment.

import { getJson } from "./http.js";

const CHUNK_US = 600e6;
const FRESH_US = 180e6; // footage younger than this may still change
const STALE_MS = 900;
/** Holes shorter than this are not gaps: clocks of two files need not meet to the millisecond. */
export const HOLE_US = 500_000;

/** Ticks of 1/90000 s as microseconds. */
export const ticksToUs = (ticks) => (ticks * 100) / 9;

/**
 * @typedef {{startUs: number, time: number, offset: number, end: number, keyBytes: number, frames: number}} Gop
 * @typedef {{startUs: number, endUs: number, size: number, format: object, url: string,
 *   keyframesUrl: string|null, isGrowing: boolean, gops: Gop[]}} Recording
 */
export class Footage {
  #camera;
  #now;
  #chunks = new Map();
  #byStart = new Map();
  #sorted = [];
  #formats = new Map();
  role = "";
  /** Whether the camera has a small stream beside the main one. */
  hasSub = false;

  /** @param {() => number} now the server's time, microseconds */
  constructor({ camera, now, role = "" }) {
    this.#camera = camera;
    this.#now = now;
    this.role = role;
  }

  /** The recording at the moment, or null in a gap. */
  async at(us, signal) {
    await this.ensure(us, us + 1, signal);
    const found = this.#lastStarting(us);
    if (found && us < found.endUs) return found;
    const next = this.#sorted[this.#sorted.indexOf(found) + 1];
    if (next && next.startUs - us < HOLE_US) return next;
    return found && us - found.endUs < HOLE_US ? found : null;
  }

  /** The recording that follows, as far as `untilUs`; null if there is none yet. */
  async after(recording, untilUs, signal) {
    await this.ensure(recording.endUs, untilUs, signal);
    return this.#sorted.find((other) => other.startUs > recording.startUs) ?? null;
  }

  /** The newest state of a recording: the growing minute becomes a finished file. */
  async refresh(recording, signal) {
    this.#forget(recording.startUs);
    await this.ensure(recording.startUs, Math.max(recording.endUs, recording.startUs + 1), signal);
    return this.#byStart.get(recording.startUs) ?? null;
  }

  /** Bytes of the range by the index: an estimate as good as the GOPs are long. */
  sizeOf(fromUs, toUs) {
    let bytes = 0;
    for (const recording of this.#sorted) {
      if (recording.endUs <= fromUs || recording.startUs >= toUs) continue;
      for (const [i, gop] of recording.gops.entries()) {
        const endUs = recording.gops[i + 1]?.startUs ?? recording.endUs;
        const shared = Math.min(endUs, toUs) - Math.max(gop.startUs, fromUs);
        if (shared > 0) bytes += ((gop.end - gop.offset) * shared) / Math.max(1, endUs - gop.startUs);
      }
    }
    return bytes;
  }

  /** Load the index of the range; one request for all that is missing. */
  async ensure(fromUs, toUs, signal) {
    const missing = [];
    for (let n = Math.floor(fromUs / CHUNK_US); n * CHUNK_US < toUs; n += 1) {
      if (!this.#isFresh(n)) missing.push(n);
    }
    if (missing.length) this.#request(missing[0], missing.at(-1));
    const waits = [];
    for (let n = Math.floor(fromUs / CHUNK_US); n * CHUNK_US < toUs; n += 1) {
      waits.push(this.#chunks.get(n)?.loaded);
    }
    await Promise.all(waits);
    signal?.throwIfAborted();
  }

  #isFresh(n) {
    const chunk = this.#chunks.get(n);
    if (!chunk) return false;
    return chunk.isFinal || performance.now() - chunk.askedAt < STALE_MS;
  }

  #request(first, last) {
    const fromUs = first * CHUNK_US;
    const toUs = (last + 1) * CHUNK_US;
    const isFinal = toUs < this.#now() - FRESH_US;
    const role = this.role ? `&role=${this.role}` : "";
    const loaded = getJson(`/archive/footage/?camera=${this.#camera}&from_us=${fromUs}&to_us=${toUs}${role}`).then(
      (answer) => this.#merge(answer, fromUs, toUs),
    );
    const chunk = { isFinal, askedAt: performance.now(), loaded };
    for (let n = first; n <= last; n += 1) this.#chunks.set(n, chunk);
    loaded.catch(() => {
      for (let n = first; n <= last; n += 1) if (this.#chunks.get(n) === chunk) this.#chunks.delete(n);
    });
  }

  #forget(us) {
    this.#chunks.delete(Math.floor(us / CHUNK_US));
  }

  #merge({ has_sub, formats, recordings }, fromUs, toUs) {
    this.hasSub = has_sub;
    for (const [digest, format] of Object.entries(formats)) {
      if (!this.#formats.has(digest)) this.#formats.set(digest, { ...format, digest });
    }
    for (const [startUs, old] of this.#byStart) {
      if (old.isGrowing && startUs >= fromUs && startUs < toUs) this.#byStart.delete(startUs);
    }
    for (const row of recordings) this.#byStart.set(row.start_us, this.#recording(row));
    this.#sorted = [...this.#byStart.values()].sort((a, b) => a.startUs - b.startUs);
  }

  #recording(row) {
    const gops = row.gops.map(([time, offset, keyBytes, frames], i) => ({
      startUs: row.start_us + ticksToUs(time),
      time,
      offset,
      end: row.gops[i + 1]?.[1] ?? row.size,
      keyBytes,
      frames,
    }));
    return {
      startUs: row.start_us,
      endUs: row.end_us,
      size: row.size,
      format: this.#formats.get(row.format),
      url: row.url,
      keyframesUrl: row.keyframes_url,
      isGrowing: row.is_growing,
      gops,
    };
  }

  #lastStarting(us) {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#sorted[middle].startUs <= us) low = middle + 1;
      else high = middle;
    }
    return this.#sorted[low - 1];
  }
}

/** The index of the last GOP that begins at or before the moment. */
export function gopAt(recording, us) {
  let found = 0;
  for (const [i, gop] of recording.gops.entries()) if (gop.startUs <= us) found = i;
  return found;
}
