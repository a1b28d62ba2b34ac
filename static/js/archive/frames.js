// The frames in a player's buffer, in the order of their times.

export class FrameTable {
  /** @type {{us: number, endUs: number, isKeyframe: boolean}[]} */
  #frames = [];

  get startUs() {
    return this.#frames[0]?.us ?? 0;
  }

  get endUs() {
    return this.#frames.at(-1)?.endUs ?? 0;
  }

  clear() {
    this.#frames = [];
  }

  /** Whether no frame follows this one, or none is known. */
  isLast(us) {
    return us >= (this.#frames.at(-1)?.us ?? 0);
  }

  /** Frames that follow those known; a frame lasts until the next one begins. */
  add(frames) {
    const last = this.#frames.at(-1);
    if (last && frames.length) last.endUs = Math.max(last.us + 1, frames[0].us);
    for (const [i, frame] of frames.entries()) {
      const next = frames[i + 1];
      if (next) frame.endUs = next.us;
    }
    this.#frames.push(...frames);
  }

  covers(us) {
    return this.#frames.length > 0 && us >= this.startUs && us < this.endUs;
  }

  /** The last frame that begins at or before the moment; the first one if none does. */
  at(us) {
    return this.#frames[Math.max(0, this.#indexAt(us))];
  }

  /** The frame whose time is nearest: media times come back as rounded doubles. */
  nearest(us) {
    const index = Math.max(0, this.#indexAt(us));
    const next = this.#frames[index + 1];
    return next && next.us - us < us - this.#frames[index].us ? next : this.#frames[index];
  }

  neighbor(us, direction) {
    const index = this.#indexAt(us + 500) + direction;
    return this.#frames[index]?.us ?? null;
  }

  /** Forget what lies before the last keyframe up to the moment; answers where the rest begins. */
  dropBefore(us) {
    let index = this.#indexAt(us);
    while (index > 0 && !this.#frames[index].isKeyframe) index -= 1;
    this.#frames.splice(0, Math.max(0, index));
    return this.startUs;
  }

  #indexAt(us) {
    let low = 0;
    let high = this.#frames.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#frames[middle].us <= us) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
