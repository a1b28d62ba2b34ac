// Boxes over the live pictures of a page, while they are switched on.
import { BoxLayer, boxesAt, frameOf } from "../overlay.js";
import { JsonSocket } from "../socket.js";

const PATH = "/ws/boxes/";
const DRAW_MS = 80;
const KEPT = 40; // frames of a camera, about eight seconds

export class LiveBoxes {
  #wall;
  #frames = new Map(); // by camera
  #layers = new Map(); // by figure
  #watched = "";
  #socket = null;

  /** @param {import("./wall.js").LiveWall} wall */
  constructor(wall) {
    this.#wall = wall;
  }

  start() {
    if (this.#socket) return;
    this.#watched = "";
    this.#socket = new JsonSocket(PATH, {
      greeting: () => ({ type: "watch", cameras: this.#cameras() }),
      onMessage: (message) => message.type === "boxes" && this.#take(message),
    });
    this.timer = setInterval(() => this.#draw(), DRAW_MS);
  }

  stop() {
    if (!this.#socket) return;
    clearInterval(this.timer);
    this.#socket.close();
    this.#socket = null;
    this.#frames.clear();
    for (const layer of this.#layers.values()) layer.remove();
    this.#layers.clear();
  }

  #cameras() {
    return [...new Set([...this.#wall.tiles.values()].map(({ camera }) => camera))].sort((a, b) => a - b);
  }

  #take({ camera, at_us: us, boxes }) {
    const frames = this.#frames.get(camera) ?? [];
    if (frames.at(-1)?.us >= us) return;
    frames.push(frameOf(us, boxes));
    if (frames.length > KEPT) frames.shift();
    this.#frames.set(camera, frames);
  }

  #draw() {
    if (document.hidden) return;
    this.#follow();
    for (const [figure, layer] of this.#layers) {
      if (this.#wall.tiles.has(figure)) continue;
      layer.remove();
      this.#layers.delete(figure);
    }
    for (const [figure, { camera, lastMs }] of this.#wall.tiles) {
      if (!this.#layers.has(figure)) this.#layers.set(figure, new BoxLayer(figure));
      const boxes = lastMs === null ? [] : boxesAt(this.#frames.get(camera) ?? [], lastMs * 1000);
      this.#layers.get(figure).draw(boxes);
    }
  }

  /** Tell the server when other cameras are on the page. */
  #follow() {
    const cameras = this.#cameras();
    const named = cameras.join();
    if (named === this.#watched) return;
    this.#watched = named;
    this.#socket.send({ type: "watch", cameras });
  }
}
