// One live picture: plays what its stream sends, and never shows an old frame as a live one.
import { Kind } from "./messages.js";
import { Overlay } from "./overlay.js";
import { PicturePlayer } from "./picture_player.js";
import { serverNowMs } from "../clock.js";
import { canPlay } from "./socket.js";
import { VideoPlayer } from "./video_player.js";

const MAX_FAILURES = 3; // of one codec within half a minute: this browser can not play it
const FAILURE_WINDOW_MS = 30_000;
const CODEC_NAMES = { avc1: "H.264", hvc1: "H.265", hev1: "H.265", mp4v: "MJPEG" };

function hintText({ hint, codec }) {
  const name = CODEC_NAMES[codec?.split(".")[0]] ?? codec;
  if (hint === "OTHER_STREAM") return interpolate(gettext("%s: the other stream is shown"), [name]);
  if (hint === "KEYFRAMES") return interpolate(gettext("%s: keyframes only"), [name]);
  return "";
}

export class LiveTile {
  /** `onResubscribe(tile)`: ask the server for this tile anew, under a new number. */
  constructor(figure, { camera, quality, onResubscribe }) {
    this.figure = figure;
    this.camera = camera;
    this.quality = quality;
    this.onResubscribe = onResubscribe;
    this.avoid = new Set();
    this.failures = [];
    this.player = null;
    this.mode = null;
    this.state = null;
    this.streamId = null;
    this.patience = 0;
    this.lastMs = null;
    this.sinceMs = serverNowMs();
    this.overlay = new Overlay(figure);
  }

  get request() {
    return { tile: this.number, camera: this.camera, quality: this.quality, avoid: [...this.avoid] };
  }

  /** The server says which stream follows, and how it is sent. */
  begin(message) {
    this.streamId = message.stream;
    this.state = "ONLINE";
    if (message.mode === "video" && !canPlay(message.codec)) {
      this.avoidCodec(message.codec);
      return;
    }
    this.codec = message.codec;
    this.overlay.showHint(hintText(message.hint ?? {}));
    this.patience = 0;
    if (message.mode !== this.mode || !this.player) this.makePlayer(message.mode);
  }

  /** There is no such camera for this user. */
  refuse() {
    this.dropPlayer();
    this.state = "REFUSED";
  }

  receive(media) {
    if (!this.player) return;
    if (media.kind === Kind.initialization) this.player.begin(this.codec, media.payload);
    else this.player.append(media);
  }

  /** No data will come for a while: what is buffered will be old. */
  rest() {
    this.player?.catchUp?.();
  }

  draw(nowMs) {
    const { lastMs, sinceMs, state, patience } = this;
    this.overlay.draw({ nowMs, lastMs, sinceMs, state, patience });
  }

  takeState({ stream_id: streamId, state }) {
    if (this.streamId === null || streamId === this.streamId) this.state = state;
  }

  destroy() {
    this.dropPlayer();
    this.overlay.showHint("");
    this.overlay.veil.hidden = true;
    this.overlay.age.textContent = "";
  }

  makePlayer(mode) {
    this.dropPlayer();
    this.mode = mode;
    const handlers = {
      onFrame: (capturedMs) => this.frameShown(capturedMs),
      onBroken: (error) => this.playerFailed(error),
    };
    this.element = mode === "video" ? makeVideo() : makeImage();
    this.figure.prepend(this.element);
    this.player =
      mode === "video" ? new VideoPlayer(this.element, handlers) : new PicturePlayer(this.element, handlers);
  }

  dropPlayer() {
    this.player?.destroy();
    this.element?.remove();
    this.player = this.element = this.mode = null;
  }

  frameShown(capturedMs) {
    if (this.mode === "keyframes" && this.lastMs !== null && capturedMs > this.lastMs) {
      this.patience = (1.5 * (capturedMs - this.lastMs)) / 1000;
    }
    this.lastMs = capturedMs;
  }

  playerFailed(error) {
    console.warn(`camera ${this.camera}:`, error);
    const now = performance.now();
    this.failures = [...this.failures.filter((at) => now - at < FAILURE_WINDOW_MS), now];
    this.player = null;
    if (this.failures.length >= MAX_FAILURES) this.avoidCodec(this.codec);
    else this.onResubscribe(this);
  }

  avoidCodec(codec) {
    this.avoid.add(codec);
    this.failures = [];
    this.onResubscribe(this);
  }
}

function makeVideo() {
  const video = document.createElement("video");
  video.muted = video.autoplay = video.playsInline = true;
  video.setAttribute("muted", "");
  video.tabIndex = -1;
  return video;
}

function makeImage() {
  const image = document.createElement("img");
  image.alt = "";
  return image;
}
