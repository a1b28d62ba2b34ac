// Small pictures of the past: the film strip of the active camera and what is under the cursor.

import { make, setText } from "./text.js";
import { timeOf } from "./town_time.js";

const HOVER_MS = 90;
const STRIP_MS = 250;
const STRIP_PICTURES = 12;
const STRIP_WIDTH = 160;
const HOVER_WIDTH = 320;

const pictureUrl = (camera, us, width) => `/archive/frame.jpg?camera=${camera}&at_us=${Math.round(us)}&width=${width}`;

export class HoverPreview {
  #root;
  #image;
  #timer = 0;
  #isLoading = false;
  #wanted = null;

  constructor(root) {
    this.#root = root;
    this.#image = root.querySelector("img");
    const next = () => {
      this.#isLoading = false;
      if (this.#wanted) this.#load();
    };
    this.#image.addEventListener("load", () => (this.#image.hidden = false, next()));
    this.#image.addEventListener("error", () => (this.#image.hidden = true, next()));
  }

  hide() {
    this.#root.hidden = true;
    this.#wanted = null;
    clearTimeout(this.#timer);
  }

  /** @param {{id: number, label: string, name: string}} camera */
  show(camera, us, scale, isRecorded) {
    this.#root.hidden = false;
    this.#root.style.setProperty("left", scale.percent(us));
    this.#root.classList.toggle("at-start", scale.share(us) < 0.08);
    this.#root.classList.toggle("at-end", scale.share(us) > 0.92);
    setText(this.#root.querySelector("time"), timeOf(us));
    setText(this.#root.querySelector("b"), camera ? `${camera.label} ${camera.name}` : "");
    // Rounded, so that a still cursor and a return find the browser's cache.
    const step = scale.lengthUs / 400;
    const at = Math.round(us / step) * step;
    this.#root.querySelector(".pic").hidden = !isRecorded;
    clearTimeout(this.#timer);
    if (!isRecorded) return;
    this.#wanted = pictureUrl(camera.id, at, HOVER_WIDTH);
    this.#timer = setTimeout(() => this.#isLoading || this.#load(), HOVER_MS);
  }

  #load() {
    if (this.#image.getAttribute("src") === this.#wanted) return;
    this.#isLoading = true;
    this.#image.src = this.#wanted;
    this.#wanted = null;
  }
}

/** Pictures at equal steps of the window, loaded one after another. */
export class FilmStrip {
  #root;
  #turn = 0;
  #timer = 0;

  constructor(root) {
    this.#root = root;
    root.replaceChildren(...Array.from({ length: STRIP_PICTURES }, () => make("span", "shot", new Image())));
  }

  show(camera, scale, isRecorded) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#load(camera, scale, isRecorded), STRIP_MS);
  }

  async #load(camera, scale, isRecorded) {
    const turn = (this.#turn += 1);
    const isShown = this.#root.offsetParent !== null && camera;
    if (!isShown) return;
    for (const [i, { firstChild: image }] of [...this.#root.children].entries()) {
      const us = scale.usAt((i + 0.5) / STRIP_PICTURES);
      const url = isRecorded(us) ? pictureUrl(camera, us, STRIP_WIDTH) : "";
      if (turn !== this.#turn) return;
      if (image.getAttribute("src") === url) continue;
      image.hidden = true;
      image.removeAttribute("src");
      if (!url) continue;
      image.src = url;
      image.alt = "";
      await image.decode().then(
        () => (image.hidden = false),
        () => image.removeAttribute("src"), // a hole shorter than the scale shows
      );
    }
  }
}
