// One WebSocket per page. Comes back by itself after any loss and asks for the same tiles again.
import { parseMedia } from "./messages.js";
import { syncClock } from "../clock.js";

const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 5000;
// The server sends the time every 3 s: much longer silence means that the line is dead.
const SILENCE_MS = 12_000;
const ACK_MS = 400;

/** What MediaSource plays, by the first part of the codec string. */
const PROBES = { avc1: "avc1.640028", hvc1: "hvc1.1.6.L120.B0" };

export function canPlay(codec) {
  const Source = window.ManagedMediaSource ?? window.MediaSource;
  return Boolean(Source?.isTypeSupported(`video/mp4; codecs="${codec}"`));
}

const playableFamilies = Object.keys(PROBES).filter((family) => canPlay(PROBES[family]));

export class LiveSocket {
  /** `onMedia(media)` and `onMessage(object)` are told what comes. */
  constructor(url, { onMedia, onMessage }) {
    this.url = url;
    this.handlers = { onMedia, onMessage };
    this.tiles = [];
    this.failures = 0;
    this.isClosed = false;
    this.onOnline = () => this.hurry();
    window.addEventListener("online", this.onOnline);
    this.silence = setInterval(() => this.endSilence(), 3000);
    this.open();
  }

  /** Replace the set of tiles: [{ tile, camera, quality, avoid }]. */
  watch(tiles) {
    this.tiles = tiles;
    this.send({ type: "watch", tiles, playable: playableFamilies });
  }

  close() {
    this.isClosed = true;
    window.removeEventListener("online", this.onOnline);
    clearInterval(this.silence);
    clearTimeout(this.timer);
    clearTimeout(this.ackTimer);
    this.socket.close();
  }

  open() {
    const socket = new WebSocket(this.url);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.receivedBytes = this.ackedBytes = 0;
    this.heardAt = performance.now();
    socket.onopen = () => this.watch(this.tiles);
    socket.onmessage = ({ data }) => this.receive(data);
    // A socket that was replaced meanwhile has nothing to say any more.
    socket.onclose = ({ code }) => socket === this.socket && this.comeBack(code);
  }

  send(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  receive(data) {
    this.heardAt = performance.now();
    this.failures = 0;
    if (typeof data === "string") {
      const message = JSON.parse(data);
      if (message.type === "time") syncClock(message.server_us);
      else this.handlers.onMessage(message);
      return;
    }
    this.receivedBytes += data.byteLength;
    this.ackTimer ??= setTimeout(() => this.acknowledge(), ACK_MS);
    const media = parseMedia(data);
    if (media) this.handlers.onMedia(media);
  }

  acknowledge() {
    this.ackTimer = null;
    this.send({ type: "ack", bytes: this.receivedBytes });
  }

  comeBack(code) {
    if (this.isClosed) return;
    clearTimeout(this.ackTimer);
    this.ackTimer = null;
    // 44xx: the server does not want this page; ask again seldom, the session may come back.
    const isRefused = code >= 4400 && code < 4500;
    const pause = isRefused ? MAX_PAUSE_MS : Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.failures);
    this.failures += 1;
    this.timer = setTimeout(() => this.open(), pause * (0.5 + Math.random() / 2));
  }

  hurry() {
    if (this.socket.readyState !== WebSocket.CLOSED || this.isClosed) return;
    clearTimeout(this.timer);
    this.open();
  }

  endSilence() {
    const isUp = this.socket.readyState === WebSocket.OPEN;
    if (!isUp || performance.now() - this.heardAt < SILENCE_MS) return;
    // close() would wait for an answer that may never come
    const dead = this.socket;
    dead.onclose = dead.onmessage = null;
    dead.close();
    this.comeBack(1006);
  }
}
