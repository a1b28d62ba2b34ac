// One camera's player: the main stream, else the sub stream, else pictures; never a black tile.

import { Footage } from "./footage.js";
import { FootagePlayer } from "./player.js";
import { StillPlayer } from "./stills.js";
import { nowUs } from "./town_time.js";

export class CameraPlayer {
  #camera;
  #video;
  #image;
  #current;
  #level = 0;
  #rate = 1;
  footage;

  constructor({ camera, video, image, onChange }) {
    this.#camera = camera;
    this.#video = video;
    this.#image = image;
    this.onChange = onChange;
    this.#take(0);
  }

  /** "main", "sub" or "pictures" */
  get source() {
    return ["main", "sub", "pictures"][this.#level];
  }

  get state() {
    return this.#current.state;
  }

  get isRetrying() {
    return this.#current.isRetrying;
  }

  get isReady() {
    return this.#current.isReady;
  }

  get isAtEnd() {
    return this.#current.isAtEnd;
  }

  get frameUs() {
    return this.#current.frameUs;
  }

  get clockUs() {
    return this.#current.clockUs;
  }

  get frameEndUs() {
    return this.#current.frameEndUs ?? this.#current.frameUs + 40_000;
  }

  get frameRequestUs() {
    return this.#current.frameRequestUs;
  }

  get waitCount() {
    return this.#current.waitCount;
  }

  async seek(us) {
    await this.#current.seek(us);
    while (this.#current.state === "unplayable" && this.#level < 2) {
      this.#take(await this.#nextLevel(us));
      await this.#current.setRate(this.#rate);
      await this.#current.seek(us);
    }
  }

  run() {
    this.#current.run();
  }

  halt() {
    this.#current.halt();
  }

  setRate(rate, options) {
    this.#rate = rate;
    return this.#current.setRate(rate, options);
  }

  nudge(share) {
    this.#current.nudge(share);
  }

  neighbor(direction) {
    return this.#current.neighbor(direction);
  }

  enterGap() {
    this.#current.enterGap();
  }

  close() {
    this.#current.close();
  }

  /** The sub stream where it was recorded at the moment too, else pictures. */
  async #nextLevel(us) {
    if (this.#level || !this.footage.hasSub) return 2;
    return (await this.#footageOf(1).at(us)) ? 1 : 2;
  }

  #footageOf(level) {
    return new Footage({ camera: this.#camera, now: nowUs, role: level ? "SUB" : "" });
  }

  #take(level) {
    this.#current?.close();
    this.#level = level;
    const onChange = () => this.onChange(this);
    this.#video.hidden = level === 2;
    this.#image.hidden = level !== 2;
    if (level === 2) {
      this.#current = new StillPlayer({ camera: this.#camera, image: this.#image, onChange });
      return;
    }
    const footage = this.#footageOf(level);
    if (!level) this.footage = footage;
    this.#current = new FootagePlayer({ video: this.#video, footage, onChange });
  }
}
