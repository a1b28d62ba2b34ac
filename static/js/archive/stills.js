// A player for footage that the browser can't decode: pictures made by the server.
// It has the face of FootagePlayer, so that the group plays it like any other camera.

import { RequestError } from "./http.js";

const PICTURE_MS = 500;
const RETRY_MS = 1500;

export class StillPlayer {
  #camera;
  #image;
  #control = new AbortController();
  #rate = 1;
  #anchor = { us: 0, at: 0 };
  #isRunning = false;
  state = "empty";
  isRetrying = false;
  waitCount = 0;
  frameUs = 0;
  #frameLengthUs = 40_000;

  constructor({ camera, image, onChange = () => {} }) {
    this.#camera = camera;
    this.#image = image;
    this.onChange = onChange;
  }

  get clockUs() {
    if (!this.#isRunning) return this.#anchor.us;
    return this.#anchor.us + (performance.now() - this.#anchor.at) * 1000 * this.#rate;
  }

  get isReady() {
    return this.state === "film";
  }

  get isAtEnd() {
    return false;
  }

  get frameRequestUs() {
    return this.frameUs + 20;
  }

  async seek(us) {
    this.#control.abort();
    this.#control = new AbortController();
    this.#anchor = { us, at: performance.now() };
    await this.#show(us, this.#control.signal);
  }

  run() {
    if (this.#isRunning) return;
    this.#anchor = { us: this.#anchor.us, at: performance.now() };
    this.#isRunning = true;
    this.#follow(this.#control.signal);
  }

  halt() {
    this.#anchor = { us: this.clockUs, at: performance.now() };
    this.#isRunning = false;
  }

  async setRate(rate) {
    this.#anchor = { us: this.clockUs, at: performance.now() };
    this.#rate = rate;
  }

  nudge() {}

  async neighbor(direction) {
    if (this.state !== "film") return null;
    const from = this.frameUs;
    // Backward the server finds the frame before; forward its length must be guessed.
    const asked = direction < 0 ? from - 1000 : from + this.#frameLengthUs + 2000;
    await this.#show(asked, this.#control.signal);
    return this.state === "film" ? this.frameUs : null;
  }

  enterGap() {
    this.#setState("gap");
  }

  close() {
    this.#control.abort();
    this.#isRunning = false;
    this.#image.removeAttribute("src");
    this.state = "empty";
  }

  async #follow(signal) {
    while (this.#isRunning && !signal.aborted) {
      const started = performance.now();
      await this.#show(this.clockUs, signal);
      const rest = PICTURE_MS - (performance.now() - started);
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, rest)));
    }
  }

  async #show(us, signal) {
    try {
      const url = `/archive/frame.jpg?camera=${this.#camera}&at_us=${Math.round(us)}`;
      const response = await fetch(url, { signal, credentials: "same-origin" });
      if (response.status === 404) return this.#setState("gap");
      if (!response.ok) throw new RequestError(response.status, "");
      const taken = Number(response.headers.get("X-Frame-Time-Us"));
      await this.#paint(await response.blob(), signal);
      if (signal.aborted) return;
      this.frameUs = taken;
      this.isRetrying = false;
      this.#setState("film");
      this.onChange(this);
    } catch (error) {
      if (signal.aborted) return;
      const isNetwork = error instanceof TypeError || error.status >= 500;
      if (!isNetwork) return this.#setState("failed");
      this.isRetrying = true;
      this.onChange(this);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      if (!signal.aborted && !this.#isRunning) await this.#show(us, signal);
    }
  }

  async #paint(blob, signal) {
    const url = URL.createObjectURL(blob);
    const next = new Image();
    next.src = url;
    await next.decode();
    if (!signal.aborted) this.#image.src = url;
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }

  #setState(state) {
    if (this.state === state) return;
    this.state = state;
    this.onChange(this);
  }
}
