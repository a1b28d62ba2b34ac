// All live pictures of a page over one socket.
//
//   const wall = LiveWall.start(document);            every [data-live-camera] of the page
//   wall.attach(figure, { camera: 3, quality: "sub" }); wall.setQuality(figure, "main"); wall.detach(figure);
//
// Tells the page by the event "portal:camera-state" on document when the state of a camera changes.
import { serverNowMs } from "../clock.js";
import { LiveSocket } from "./socket.js";
import { LiveTile } from "./tile.js";

const DRAW_MS = 200;
const HIDDEN_MS = 10_000;
const PATH = "/ws/live/";

export class LiveWall {
  static start(root) {
    const wall = new LiveWall();
    for (const figure of root.querySelectorAll("[data-live-camera]")) wall.attach(figure);
    return wall;
  }

  constructor(url = PATH) {
    this.tiles = new Map(); // by figure
    this.numbers = new Map(); // the same by the number the server knows them by
    this.lastNumber = 0;
    this.isPaused = false;
    this.socket = new LiveSocket(new URL(url, location.href).href.replace(/^http/, "ws"), {
      onMedia: (media) => this.numbers.get(media.tile)?.receive(media),
      onMessage: (message) => this.take(message),
    });
    this.timer = setInterval(() => this.draw(), DRAW_MS);
    this.onVisibility = () => this.followVisibility();
    document.addEventListener("visibilitychange", this.onVisibility);
    if (document.hidden) this.followVisibility();
  }

  /** Show a camera in a figure; without a choice the figure's data-live-* say which. */
  attach(figure, { camera, quality } = {}) {
    this.detach(figure);
    const tile = new LiveTile(figure, {
      camera: camera ?? Number(figure.dataset.liveCamera),
      quality: quality ?? figure.dataset.liveQuality ?? "sub",
      onResubscribe: (broken) => this.subscribe(broken),
    });
    this.tiles.set(figure, tile);
    this.subscribe(tile);
  }

  detach(figure) {
    const tile = this.tiles.get(figure);
    if (!tile) return;
    this.tiles.delete(figure);
    this.numbers.delete(tile.number);
    tile.destroy();
    this.tellSoon();
  }

  setQuality(figure, quality) {
    const tile = this.tiles.get(figure);
    if (!tile || tile.quality === quality) return;
    tile.quality = quality;
    this.subscribe(tile);
  }

  close() {
    for (const figure of [...this.tiles.keys()]) this.detach(figure);
    clearInterval(this.timer);
    clearTimeout(this.hiddenTimer);
    document.removeEventListener("visibilitychange", this.onVisibility);
    this.socket.close();
  }

  /** Under a new number, so that what is on its way for the old one is told apart. */
  subscribe(tile) {
    this.numbers.delete(tile.number);
    this.lastNumber = (this.lastNumber + 1) % 0x10000;
    tile.number = this.lastNumber;
    this.numbers.set(tile.number, tile);
    this.tellSoon();
  }

  /** Many changes in one go become one message. */
  tellSoon() {
    if (this.isTelling) return;
    this.isTelling = true;
    queueMicrotask(() => {
      this.isTelling = false;
      this.tell();
    });
  }

  tell() {
    const tiles = this.isPaused ? [] : [...this.tiles.values()];
    this.socket.watch(tiles.map((tile) => tile.request));
  }

  take(message) {
    if (message.type === "stream") this.numbers.get(message.tile)?.begin(message);
    else if (message.type === "refused") this.numbers.get(message.tile)?.refuse();
    else if (message.type === "camera.states") message.states.forEach((state) => this.takeState(state));
    else if (message.type === "camera.state_changed") {
      this.takeState(message);
      document.dispatchEvent(new CustomEvent("portal:camera-state", { detail: message }));
    }
  }

  takeState(state) {
    for (const tile of this.tiles.values()) if (tile.camera === state.camera_id) tile.takeState(state);
  }

  draw() {
    if (document.hidden) return;
    const now = serverNowMs();
    for (const tile of this.tiles.values()) tile.draw(now);
  }

  rest() {
    for (const tile of this.tiles.values()) tile.rest();
  }

  followVisibility() {
    clearTimeout(this.hiddenTimer);
    if (document.hidden) this.hiddenTimer = setTimeout(() => this.pause(), HIDDEN_MS);
    else this.resume();
  }

  pause() {
    this.isPaused = true;
    this.tell();
  }

  resume() {
    this.rest();
    if (!this.isPaused) return;
    this.isPaused = false;
    for (const tile of this.tiles.values()) this.subscribe(tile);
  }
}
