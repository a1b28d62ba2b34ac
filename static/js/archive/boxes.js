// Boxes over recorded pictures, while they are switched on.

import { BoxLayer, boxesAt, frameOf } from "../overlay.js";
import { getJson } from "./http.js";
import { nowUs } from "./town_time.js";

const CHUNK_US = 120e6;
const FRESH_US = 120e6; // a part that ends later than this ago may still grow
const STALE_MS = 3000;
const MOST_CHUNKS = 60;

export class ArchiveBoxes {
  #url;
  #pictures;
  #layers = new Map(); // by camera
  #chunks = new Map(); // "camera/number" to {frames, loadedAt, isLoading}
  isOn = false;

  /** @param {import("./pictures.js").Pictures} pictures */
  constructor(url, pictures) {
    this.#url = url;
    this.#pictures = pictures;
  }

  set(isOn) {
    this.isOn = isOn;
    if (isOn) return this.update();
    for (const { layer } of this.#layers.values()) layer.remove();
    this.#layers.clear();
  }

  /** Draw what is known of the frames on the screen; ask for what is not. */
  update() {
    if (!this.isOn) return;
    const shown = new Map(this.#pictures.figures());
    for (const [camera, { layer, figure }] of this.#layers) {
      if (shown.get(camera)?.figure === figure) continue;
      layer.remove();
      this.#layers.delete(camera);
    }
    for (const [camera, { figure, player }] of shown) {
      if (!this.#layers.has(camera)) this.#layers.set(camera, { layer: new BoxLayer(figure), figure });
      const { layer } = this.#layers.get(camera);
      layer.draw(player.state === "film" ? boxesAt(this.#framesAround(camera, player.frameUs), player.frameUs) : []);
    }
  }

  #framesAround(camera, us) {
    const number = Math.floor(us / CHUNK_US);
    const chunk = this.#chunk(camera, number);
    // The next part in time, so that nothing blinks at the seam.
    const isNearEnd = us - number * CHUNK_US > CHUNK_US * 0.8;
    const next = isNearEnd && (number + 1) * CHUNK_US < nowUs() ? this.#chunk(camera, number + 1) : [];
    return next.length ? [...chunk, ...next] : chunk;
  }

  #chunk(camera, number) {
    const key = `${camera}/${number}`;
    const known = this.#chunks.get(key);
    const isFresh = (number + 1) * CHUNK_US > nowUs() - FRESH_US;
    const isStale = known && isFresh && performance.now() - known.loadedAt > STALE_MS;
    if ((!known || isStale) && !known?.isLoading) this.#load(camera, number, key, known?.frames ?? []);
    return known?.frames ?? [];
  }

  async #load(camera, number, key, frames) {
    const entry = { frames, loadedAt: performance.now(), isLoading: true };
    this.#chunks.set(key, entry);
    if (this.#chunks.size > MOST_CHUNKS) this.#chunks.delete(this.#chunks.keys().next().value);
    const query = `camera=${camera}&from_us=${number * CHUNK_US}&to_us=${(number + 1) * CHUNK_US}`;
    try {
      const answer = await getJson(`${this.#url}?${query}`);
      entry.frames = answer.frames.map(([us, rows]) => frameOf(us, rows));
      this.update();
    } catch (error) {
      console.warn("boxes", error); // asked for again with the next frame, after a pause
      setTimeout(() => this.#chunks.delete(key), STALE_MS);
    } finally {
      entry.isLoading = false;
    }
  }
}
