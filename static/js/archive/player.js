// Plays the recorded footage of one camera over Media Source Extensions.
//
// Times are microseconds since the Unix epoch. The player knows each frame's exact time from the
// fragment headers, so that it can stand on a frame and step by one; it never decides when to jump
// over a gap: the group of players does (sync.js), so that four cameras stay in step.

import { MediaFeed } from "../media/source.js";
import { videoOnlyInitialization } from "../media/fragments.js";
import { FrameTable } from "./frames.js";
import { getBytes } from "./http.js";
import { GopReader, KeyframeReader } from "./reader.js";

export const KEYFRAME_RATE = 8; // from here on keyframes only
const EDGE_POLL_MS = 700;
const RETRY_MS = 1500;
const KEEP_BEHIND_US = 20e6;
const AHEAD_US = 10e6;
const SHOWN_TIMEOUT_MS = 1500;
const END_US = 60_000; // so close to the end of a run nothing more is shown

/** @typedef {"empty"|"loading"|"film"|"gap"|"unplayable"|"failed"} PlayerState */
export class FootagePlayer {
  #video;
  #footage;
  #feed;
  #reader = null;
  #frames = new FrameTable();
  #control = new AbortController();
  #epochUs = 0;
  #rate = 1;
  #isSparse = false;
  #frameUs = 0;
  #isRunning = false;
  #wake = () => {};
  #landing = { frame: { us: 0 }, done: () => {} };
  #fillWaiters = [];
  #failures = 0;
  #initializations = new Map();
  #hasAll = false;
  /** @type {PlayerState} */
  state = "empty";
  /** Set while the network is away. */
  isRetrying = false;
  waitCount = 0;

  /** @param {(player: FootagePlayer) => void} onChange state, frame or network changed */
  constructor({ video, footage, onChange = () => {} }) {
    this.#video = video;
    this.#footage = footage;
    this.#feed = new MediaFeed(video);
    this.onChange = onChange;
    video.muted = true;
    video.addEventListener("waiting", () => {
      if (this.#isRunning && !video.seeking && !this.isAtEnd) this.waitCount += 1;
    });
    video.addEventListener("timeupdate", () => this.#wake());
    video.addEventListener("error", () => this.#recover());
    this.#watchFrames();
  }

  /** Time of the frame on the screen. */
  get frameUs() {
    return this.#frameUs;
  }

  /** Where the media clock stands; between two frames while it runs. */
  get clockUs() {
    return this.#epochUs + this.#video.currentTime * 1e6;
  }

  get isReady() {
    return this.state === "film" && !this.#video.seeking && this.#video.readyState >= 3;
  }

  /** All footage of this run has been played: a gap follows, or the present. */
  get isAtEnd() {
    if (this.state !== "film" || !this.#hasAll) return false;
    return this.clockUs >= this.#frames.endUs - END_US || (this.#isOutOfData && this.#frames.isLast(this.#frameUs));
  }

  /** The browser's clock may stand still before the end of what it has. */
  get #isOutOfData() {
    return !this.#video.seeking && this.#video.readyState < 3;
  }

  get bufferedUs() {
    return this.#frames.endUs;
  }

  /**
   * Show the frame of this moment; resolves when it is on the screen, or in a gap at once.
   * An older call that is still under way ends without effect.
   */
  async seek(us) {
    if (this.#frames.covers(us)) return this.#show(us);
    this.#video.pause();
    const signal = this.#restart();
    this.#setState("loading");
    try {
      const recording = await this.#find(us, signal).catch((error) => {
        // No such stream: the camera's pictures are the next resort.
        if (error.status === 404) this.#setState("unplayable");
        else throw error;
      });
      if (signal.aborted || this.state === "unplayable") return;
      if (!recording) {
        this.#setState("gap");
        return;
      }
      if (!canPlay(recording.format)) {
        this.#setState("unplayable");
        return;
      }
      const target = Math.min(Math.max(us, recording.startUs), recording.endUs - 1);
      await this.#open(recording, target, signal);
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    }
  }

  run() {
    this.#isRunning = true;
    if (this.state !== "film") return;
    this.#video.playbackRate = this.#rate;
    this.#video.play().catch(() => {}); // a seek or a pause that came in between rejects it
  }

  /** Stop on the frame that is shown. */
  halt() {
    this.#isRunning = false;
    this.#video.pause();
  }

  /** @param {number} rate 1, 2, 4: every frame, or keyframes if asked; 8, 16: keyframes */
  async setRate(rate, { keyframesOnly = false } = {}) {
    const isSparse = keyframesOnly || rate >= KEYFRAME_RATE;
    const changesReader = isSparse !== this.#isSparse || (isSparse && rate !== this.#rate);
    const us = this.clockUs;
    this.#rate = rate;
    this.#isSparse = isSparse;
    this.#video.playbackRate = rate;
    if (!changesReader || this.state !== "film") return;
    this.#frames.clear();
    await this.seek(us);
  }

  /** Correct the speed by a share, to stay in step with the others. */
  nudge(share) {
    const rate = this.#rate * (1 + share);
    if (Math.abs(this.#video.playbackRate - rate) > 1e-4) this.#video.playbackRate = rate;
  }

  /** Time of the frame after or before the one shown; null at the end of the run. */
  async neighbor(direction) {
    // The frame asked for, which may not be on the screen yet: steps come faster than pictures.
    const us = this.#landing.frame.us;
    const known = this.#frames.neighbor(us, direction);
    if (known !== null || this.state !== "film") return known;
    if (direction > 0) {
      await this.#filled();
      return this.#frames.neighbor(us, direction);
    }
    const before = us - 1000;
    const recording = await this.#find(before, this.#control.signal);
    if (!recording || recording.startUs > before) return null;
    await this.seek(before);
    return this.state === "film" ? this.#frames.at(before)?.us ?? null : null;
  }

  /** When the frame on the screen ends: the first moment of the next one. */
  get frameEndUs() {
    return this.#frames.at(this.#frameUs)?.endUs ?? this.#frameUs;
  }

  /** The moment to ask the server for this very frame: inside it, whatever is rounded on the way. */
  get frameRequestUs() {
    const frame = this.#frames.at(this.#frameUs);
    return Math.round(frame ? Math.min(frame.us + 20, (frame.us + frame.endUs) / 2) : this.#frameUs);
  }

  /** The run is over and the group goes on: show that there is no footage. */
  enterGap() {
    this.#restart();
    this.#video.pause();
    this.#setState("gap");
  }

  close() {
    this.#control.abort();
    this.#feed.close();
    this.state = "empty";
  }

  #find(us, signal) {
    return this.#again(() => this.#footage.at(us, signal), signal);
  }

  #restart() {
    this.#control.abort();
    this.#control = new AbortController();
    this.#frames.clear();
    this.#hasAll = false;
    this.isRetrying = false;
    this.#landing.done();
    this.#tellFilled();
    return this.#control.signal;
  }

  async #open(recording, us, signal) {
    const settings = { footage: this.#footage, signal, rate: this.#rate };
    this.#reader = this.#isSparse ? new KeyframeReader(settings) : new GopReader(settings);
    await this.#reader.open(recording, us);
    const isCurrent = () => !signal.aborted;
    const prepared = this.#initialization(recording.format, signal).then((initialization) =>
      this.#feed.prepare({ codecs: videoCodec(recording.format), initialization, isCurrent }),
    );
    const [first] = await Promise.all([this.#again(() => this.#reader.next(), signal), prepared]);
    if (signal.aborted) return;
    if (!first) return this.#setState("gap");
    this.#epochUs = Math.floor(recording.startUs / 86400e6) * 86400e6;
    const appended = this.#append(first, signal);
    this.#setState("film");
    const shown = this.#show(us);
    await appended;
    // The first picture has the computer to itself: loading ahead waits for it.
    await shown;
    if (!signal.aborted) this.#fill(signal);
  }

  async #append({ recording, bytes, frames }, signal) {
    this.#frames.add(frames);
    const initialization = await this.#initialization(recording.format, signal);
    await this.#feed.append(bytes, {
      codecs: videoCodec(recording.format),
      initialization,
      offset: (recording.startUs - this.#epochUs) / 1e6,
      isCurrent: () => !signal.aborted,
    });
  }

  /** Keep the buffer ahead of the picture, until the run ends or another seek begins. */
  async #fill(signal) {
    try {
      while (!signal.aborted) {
        if (this.#frames.endUs - this.clockUs > AHEAD_US * Math.max(1, this.#rate * 0.6)) {
          await this.#rest(1000, signal);
          continue;
        }
        const part = await this.#again(() => this.#reader.next(), signal);
        if (signal.aborted) return;
        this.#hasAll = !part;
        if (part) await this.#append(part, signal);
        else await this.#rest(EDGE_POLL_MS, signal);
        this.#tellFilled();
        await this.#evict();
      }
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    }
  }

  /** Resolves when the next part has come, or it is known that there is none. */
  #filled() {
    return new Promise((resolve) => this.#fillWaiters.push(resolve));
  }

  #tellFilled() {
    for (const resolve of this.#fillWaiters.splice(0)) resolve();
  }

  async #evict() {
    const fromUs = this.clockUs - KEEP_BEHIND_US * Math.max(1, this.#rate);
    if (fromUs - this.#frames.startUs < KEEP_BEHIND_US) return;
    const keyUs = this.#frames.dropBefore(fromUs);
    await this.#feed.remove(0, (keyUs - this.#epochUs) / 1e6);
  }

  #rest(milliseconds, signal) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = resolve;
      signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
    });
  }

  /** Try until the network is back; what is not the network's fault is thrown on. */
  async #again(action, signal) {
    for (;;) {
      try {
        const result = await action();
        this.#setRetrying(false);
        return result;
      } catch (error) {
        if (signal.aborted) return null;
        const isNetwork = error instanceof TypeError || error.status >= 500;
        if (!isNetwork) throw error;
        this.#setRetrying(true);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  #setRetrying(isRetrying) {
    if (this.isRetrying === isRetrying) return;
    this.isRetrying = isRetrying;
    this.onChange(this);
  }

  async #initialization(format, signal) {
    const known = this.#initializations.get(format.digest);
    if (known) return known;
    const bytes = videoOnlyInitialization(await this.#again(() => getBytes(format.url, { signal }), signal));
    this.#initializations.set(format.digest, bytes);
    return bytes;
  }

  /** Stand on the frame of the moment: in its middle, where rounding can't reach a neighbor. */
  #show(us) {
    const frame = this.#frames.at(us);
    const middle = (frame.us + frame.endUs) / 2;
    const exact = this.#isRunning ? Math.min(Math.max(us, frame.us), frame.endUs) : middle;
    const shown = this.#presented(frame);
    this.#video.currentTime = (exact - this.#epochUs) / 1e6;
    if (this.#isRunning && this.#video.paused) this.run();
    this.#wake();
    return shown;
  }

  #presented(frame) {
    this.#landing.done();
    this.#landing = { frame, done: () => {} };
    if (this.#frameUs === frame.us && this.#video.paused && !this.#video.seeking) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, SHOWN_TIMEOUT_MS);
      this.#landing = { frame, done: () => (clearTimeout(timer), resolve()) };
    });
  }

  #watchFrames() {
    const seen = (_now, { mediaTime }) => {
      const us = this.#epochUs + mediaTime * 1e6;
      this.#frameUs = this.#frames.nearest(us)?.us ?? us;
      if (this.#hasLanded(this.#frameUs)) this.#landing.done();
      this.onChange(this);
      this.#video.requestVideoFrameCallback(seen);
    };
    this.#video.requestVideoFrameCallback(seen);
  }

  #hasLanded(us) {
    const past = us - this.#landing.frame.us;
    return Math.abs(past) < 1000 || (this.#isRunning && past > 0 && past < 1e6);
  }

  /** The decoder gave up: begin anew behind the bad place. */
  #recover() {
    if (!this.#video.error || this.state === "empty") return;
    const us = this.clockUs;
    this.#feed.reset();
    this.#frames.clear();
    this.#failures += 1;
    if (this.#failures > 3) return this.#setState("failed");
    this.seek(us + this.#failures * 1e6);
  }

  #fail(error) {
    console.error("archive player", error);
    this.#setState("failed");
  }

  #setState(state) {
    if (this.state === state) return;
    this.state = state;
    this.onChange(this);
  }
}

/** Whether the browser decodes this format at all. */
export function canPlay(format) {
  return MediaFeed.canPlay(videoCodec(format));
}

function videoCodec(format) {
  return format.codec_string.split(",")[0];
}
