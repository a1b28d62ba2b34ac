// Plays fragments at the live edge by Media Source Extensions.
import { Kind, fragmentTimes } from "./messages.js";
import { serverNowMs } from "../clock.js";

const MAX_LAG = 1.5; // seconds behind the newest frame: jump instead of running faster
// Seconds left in the buffer when the next frame comes, at least, over the last two seconds: less
// and the picture stands still now and then, more and it is later than it must be.
const MARGIN = 0.06;
const MARGIN_WINDOW_MS = 2000;
const FRESH_MS = 500; // a fragment as young as this ends the catching up of a joiner
const CATCH_UP_MS = 250; // but it starts after this time in any case
const KEEP_SECONDS = 10;
const REMEMBERED_FRAMES = 150;

export class VideoPlayer {
  /** `onFrame(capturedMs)`: this frame is on the screen. `onBroken(error)`: start anew. */
  constructor(video, { onFrame, onBroken }) {
    this.video = video;
    this.handlers = { onFrame, onBroken };
    this.queue = []; // what is to be appended: { codec, payload } of a run, or fragments
    this.frames = []; // [presentation time, capture time] of what was appended
    this.margins = []; // [when, seconds] of the last appends
    this.mustPlace = true; // the next fragment begins a run: it follows what is buffered
    this.controller = new AbortController();
    this.listen("error", () => this.fail(video.error ?? new Error("video")));
    this.followFrames();
  }

  listen(name, handler) {
    this.video.addEventListener(name, handler, { signal: this.controller.signal });
  }

  /** A run begins, or goes on after a loss; it may have another codec. */
  begin(codec, payload) {
    this.catchUp();
    this.queue.push({ codec, payload });
    if (!this.source) this.open();
    else this.pump();
  }

  append(media) {
    this.queue.push(media);
    if (this.isCatchingUp && serverNowMs() - media.capturedMs < FRESH_MS) this.isCatchingUp = false;
    this.pump();
  }

  /** Whatever is buffered is old: go to the live edge as soon as there is one. */
  catchUp() {
    this.isCatchingUp = true;
    this.isStarting = true;
    clearTimeout(this.catchUpTimer);
    this.catchUpTimer = setTimeout(() => {
      this.isCatchingUp = false;
      this.pump();
    }, CATCH_UP_MS);
  }

  destroy() {
    this.controller.abort();
    clearTimeout(this.catchUpTimer);
    if (this.frameRequest) this.video.cancelVideoFrameCallback?.(this.frameRequest);
    clearInterval(this.frameTimer);
    this.isDestroyed = true;
    this.queue = [];
    this.video.removeAttribute("src");
    this.video.load();
  }

  open() {
    const Source = window.ManagedMediaSource ?? window.MediaSource;
    this.source = new Source();
    this.video.disableRemotePlayback = true; // ManagedMediaSource asks for it
    const url = URL.createObjectURL(this.source);
    this.video.src = url;
    this.source.addEventListener("sourceopen", () => {
      URL.revokeObjectURL(url);
      if (!this.isDestroyed) this.pump();
    }, { once: true });
  }

  prepareBuffer(codec) {
    const type = `video/mp4; codecs="${codec}"`;
    if (!this.buffer) {
      this.buffer = this.source.addSourceBuffer(type);
      this.buffer.addEventListener("updateend", () => this.appended(), { signal: this.controller.signal });
      this.buffer.addEventListener("error", () => this.fail(new Error("append")), { signal: this.controller.signal });
    } else if (codec !== this.codec) {
      this.buffer.changeType(type);
    }
    this.codec = codec;
  }

  pump() {
    const isOpen = this.source?.readyState === "open";
    if (this.isCatchingUp || !isOpen || this.buffer?.updating || !this.queue.length) return;
    try {
      this.appendNext();
    } catch (error) {
      if (error.name === "QuotaExceededError") this.buffer.remove(0, this.video.currentTime);
      else this.fail(error);
    }
  }

  appendNext() {
    const [first] = this.queue;
    if (first.codec) {
      this.prepareBuffer(first.codec);
      this.mustPlace = true;
    } else if (this.mustPlace) {
      this.place(first);
    } else {
      this.noteMargin();
    }
    const parts = first.codec ? [first] : this.takeFragments();
    this.buffer.appendBuffer(parts.length === 1 ? first.payload : joined(parts));
    this.queue.splice(0, parts.length);
  }

  /** All fragments up to the next run: one append costs as much as ten. */
  takeFragments() {
    const end = this.queue.findIndex((item) => item.codec);
    const parts = end < 0 ? this.queue.slice() : this.queue.slice(0, end);
    for (const media of parts) {
      const { presentation, duration } = fragmentTimes(media.payload);
      this.lastDuration = duration;
      this.frames.push([presentation + this.buffer.timestampOffset, media.capturedMs]);
    }
    if (this.frames.length > REMEMBERED_FRAMES) this.frames.splice(0, this.frames.length - REMEMBERED_FRAMES);
    return parts;
  }

  /** Runs follow each other without a hole, whatever their own times are. */
  place(media) {
    if (media.kind !== Kind.keyframe) return;
    this.buffer.timestampOffset = this.end() - fragmentTimes(media.payload).decode;
    this.mustPlace = false;
  }

  end() {
    const ranges = this.buffer.buffered;
    return ranges.length ? ranges.end(ranges.length - 1) : 0;
  }

  appended() {
    if (this.isDestroyed) return;
    if (this.queue.length === 0 || !this.isStarting) this.steer();
    if (!this.buffer.updating) this.trim();
    this.pump();
  }

  noteMargin() {
    const now = performance.now();
    this.margins.push([now, Math.max(0, this.end() - this.video.currentTime)]);
    while (this.margins[0][0] < now - MARGIN_WINDOW_MS) this.margins.shift();
  }

  /** Keep the distance to the end: a little faster when behind, a jump when far behind. */
  steer() {
    const lag = this.end() - this.video.currentTime;
    if (this.isStarting || lag < -0.1 || lag > MAX_LAG) this.goToEdge();
    else this.setRate(this.rate());
  }

  rate() {
    const excess = Math.min(...this.margins.map(([, margin]) => margin)) - MARGIN;
    if (excess > 0.2) return 1.1;
    if (excess > 0.06) return 1.05;
    if (excess > 0.02) return 1.02;
    if (excess < -0.02) return 0.93;
    return excess < -0.01 ? 0.98 : 1;
  }

  setRate(rate) {
    if (this.video.playbackRate !== rate) this.video.playbackRate = rate;
  }

  goToEdge() {
    if (!this.end()) return;
    this.isStarting = false;
    this.margins = [];
    this.video.currentTime = Math.max(0, this.end() - this.lastDuration - MARGIN);
    this.setRate(1);
    // Rejected when the element is taken away meanwhile, which needs no answer.
    this.video.play().catch((error) => error.name === "AbortError" || console.warn(error));
  }

  trim() {
    const ranges = this.buffer.buffered;
    const keepFrom = this.video.currentTime - KEEP_SECONDS;
    if (ranges.length && ranges.start(0) < keepFrom - KEEP_SECONDS) this.buffer.remove(0, keepFrom);
  }

  followFrames() {
    if (!this.video.requestVideoFrameCallback) {
      this.frameTimer = setInterval(() => this.frameShown(this.video.currentTime), 100);
      return;
    }
    const follow = (now, { mediaTime }) => {
      this.frameShown(mediaTime);
      this.frameRequest = this.video.requestVideoFrameCallback(follow);
    };
    this.frameRequest = this.video.requestVideoFrameCallback(follow);
  }

  /** Frames lie in the order of decoding, which B-frames make another one than that of time. */
  frameShown(mediaTime) {
    let shown = null;
    for (const frame of this.frames) {
      if (frame[0] <= mediaTime + 0.002 && (!shown || frame[0] >= shown[0])) shown = frame;
    }
    if (shown) this.handlers.onFrame(shown[1]);
  }

  fail(error) {
    if (this.isDestroyed) return;
    this.destroy();
    this.handlers.onBroken(error);
  }
}

function joined(parts) {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.payload.length, 0));
  let at = 0;
  for (const { payload } of parts) {
    bytes.set(payload, at);
    at += payload.length;
  }
  return bytes;
}
