// The time line: ruler, holds, fragment, one lane per camera, the day; click, drag, wheel.

import { durationText } from "../clock.js";
import { Scale, windowAround } from "./scale.js";
import { drawDay, drawLane, drawRuler, placeSpan } from "./lanes.js";
import { drawMarks } from "./marks.js";
import { bytesText, make, setText } from "./text.js";
import { dayAround, exactTime, nowUs, shortTime, timeOf } from "./town_time.js";

const SCRUB_MS = 140;
const PAGE_SHARE = 0.94; // the playhead turns the page here

export class Timeline {
  #parts;
  #coverage;
  #marks;
  #cameras = [];
  #active = 0;
  #us = nowUs();
  #day = null;
  #cut = { inUs: null, outUs: null, bytes: 0 };
  #lanes = new Map();
  #drag = null;
  #lastScrub = 0;
  /** @type {Scale} */
  scale = windowAround(nowUs());

  /**
   * @param {{onSeek: (us: number, isScrub: boolean) => void, onCut: (inUs: number, outUs: number) => void,
   *   onWindow: (scale: Scale) => void, onHover: (camera: number, us: number|null) => void}} handlers
   */
  constructor({ root, coverage, marks, ...handlers }) {
    this.#parts = Object.fromEntries(
      [...root.querySelectorAll("[data-tl]")].map((element) => [element.dataset.tl, element]),
    );
    this.#coverage = coverage;
    this.#marks = marks;
    this.handlers = handlers;
    this.#listen();
  }

  /** Where the playhead stands. */
  get us() {
    return this.#us;
  }

  setCameras(cameras, active) {
    this.#cameras = cameras;
    this.#active = active;
    this.#lanes.clear();
    const { lanes, laneLabels } = this.#parts;
    laneLabels.replaceChildren(...cameras.map((camera) => this.#label(camera)));
    lanes.replaceChildren(
      ...cameras.map((camera) => {
        const band = make("div", "tl-band");
        band.dataset.camera = camera.id;
        this.#lanes.set(camera.id, band);
        return band;
      }),
    );
    this.draw();
  }

  setActive(camera) {
    this.#active = camera;
    this.draw();
  }

  /** The playhead; turns the page when it leaves the window. */
  setTime(us) {
    this.#us = us;
    const isInside = this.scale.holds(us) && (this.scale.share(us) < PAGE_SHARE || this.#drag);
    if (!isInside && !this.#drag) this.#setWindow(this.#pageFor(us));
    this.#drawHead();
  }

  setCut(cut) {
    this.#cut = cut;
    this.#drawCut();
  }

  zoom(direction, aroundUs = this.#us) {
    this.#setWindow(this.scale.zoomed(direction, this.scale.holds(aroundUs) ? aroundUs : this.scale.usAt(0.5)));
  }

  draw() {
    drawRuler(this.#parts.ruler, this.#parts.grid, this.scale);
    setText(this.#parts.window, `${shortTime(this.scale.fromUs)}–${shortTime(this.scale.toUs)}`);
    setText(this.#parts.length, lengthText(this.scale.lengthUs));
    for (const { id } of this.#cameras) {
      const isActive = id === this.#active;
      drawLane(this.#lanes.get(id), this.scale, this.#coverage, id);
      drawMarks(this.#lanes.get(id), this.scale, this.#marks.of(id, this.scale.fromUs, this.scale.toUs));
      this.#lanes.get(id).classList.toggle("on", isActive);
    }
    for (const label of this.#parts.laneLabels.children) {
      label.classList.toggle("on", Number(label.dataset.camera) === this.#active);
    }
    this.#drawHolds();
    this.#drawCut();
    this.#drawDay();
    this.#drawHead();
  }

  #setWindow(scale) {
    if (scale.fromUs === this.scale.fromUs && scale.toUs === this.scale.toUs) return;
    this.scale = scale;
    this.draw();
    this.handlers.onWindow(scale);
  }

  #pageFor(us) {
    const { lengthUs } = this.scale;
    const isNextPage = us >= this.scale.fromUs && us < this.scale.toUs + lengthUs * 0.1;
    if (!isNextPage) return windowAround(us, lengthUs);
    return this.scale.moved(lengthUs * 0.75);
  }

  #label({ id, label, name }) {
    const row = make("div", "tl-lab", make("b", "", label), make("span", "cutoff", name));
    row.dataset.camera = id;
    return row;
  }

  #drawHead() {
    const { head, headTime, dayWindow, dayNow, dayHead } = this.#parts;
    head.hidden = !this.scale.holds(this.#us);
    head.style.setProperty("left", this.scale.percent(this.#us));
    setText(headTime, exactTime(this.#us));
    if (!this.#day || this.#us < this.#day.fromUs || this.#us >= this.#day.toUs) this.#drawDay();
    const day = new Scale(this.#day.fromUs, this.#day.toUs);
    placeSpan(dayWindow, day, this.scale.fromUs, this.scale.toUs);
    dayNow.hidden = !day.holds(nowUs());
    dayNow.style.setProperty("left", day.percent(nowUs()));
    dayHead.style.setProperty("left", day.percent(this.#us));
  }

  #drawHolds() {
    const { holds, holdShades } = this.#parts;
    const found = this.#cameras.flatMap(({ id }) => this.#coverage.of(id, this.scale.fromUs, this.scale.toUs).holds);
    const unique = [...new Map(found.map((hold) => [hold.id, hold])).values()];
    const inside = unique.filter((hold) => hold.end_us > this.scale.fromUs && hold.start_us < this.scale.toUs);
    holds.replaceChildren(
      ...inside.map((hold) => {
        const span = make("span", "hold", hold.reason);
        span.title = `${hold.reason}, ${timeOf(hold.start_us)}–${timeOf(hold.end_us)}`;
        span.classList.toggle("run", hold.end_us > this.scale.toUs);
        return placeSpan(span, this.scale, hold.start_us, hold.end_us);
      }),
    );
    holdShades.replaceChildren(
      ...inside.map((hold) => placeSpan(make("div", "tl-hold"), this.scale, hold.start_us, hold.end_us)),
    );
  }

  #drawCut() {
    const { cut, cutShade, cutLength, cutSize, cutIn, cutOut } = this.#parts;
    const { inUs, outUs, bytes } = this.#cut;
    const fromUs = inUs ?? outUs;
    const toUs = outUs ?? inUs;
    const isShown = fromUs !== null && toUs >= this.scale.fromUs && fromUs <= this.scale.toUs;
    cut.hidden = cutShade.hidden = !isShown;
    if (!isShown) return;
    placeSpan(cut, this.scale, fromUs, toUs);
    placeSpan(cutShade, this.scale, fromUs, toUs);
    cutIn.hidden = inUs === null || inUs < this.scale.fromUs;
    cutOut.hidden = outUs === null || outUs > this.scale.toUs;
    cut.classList.toggle("open", inUs === null || outUs === null);
    setText(cutLength, toUs > fromUs ? durationText((toUs - fromUs) / 1e6) : "");
    setText(cutSize, bytes ? bytesText(bytes) : "");
  }

  #drawDay() {
    this.#day = dayAround(this.#us);
    drawDay(this.#parts, this.#day, this.#coverage, this.#active);
    const day = new Scale(this.#day.fromUs, this.#day.toUs);
    drawMarks(this.#parts.dayBand, day, this.#marks.of(this.#active, day.fromUs, day.toUs));
  }

  #listen() {
    const { tracks, day } = this.#parts;
    tracks.addEventListener("pointerdown", (event) => this.#onDown(event));
    tracks.addEventListener("pointermove", (event) => this.#onMove(event));
    tracks.addEventListener("pointerup", (event) => this.#onUp(event));
    tracks.addEventListener("pointercancel", () => (this.#drag = null));
    tracks.addEventListener("pointerleave", () => this.handlers.onHover(0, null));
    tracks.addEventListener("wheel", (event) => this.#onWheel(event), { passive: false });
    day.addEventListener("pointerdown", (event) => this.#onDay(event));
    day.addEventListener("pointermove", (event) => event.buttons === 1 && this.#onDay(event, true));
  }

  #usUnder(event) {
    const box = this.#parts.tracks.getBoundingClientRect();
    return this.scale.usAt((event.clientX - box.left) / box.width);
  }

  #onDown(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    const mark = event.target.closest("[data-mark-us]");
    if (mark) return this.handlers.onSeek(Number(mark.dataset.markUs), false);
    this.#parts.tracks.setPointerCapture(event.pointerId);
    const handle = event.target.closest("[data-tl=cutIn], [data-tl=cutOut]");
    this.#drag = handle?.dataset.tl ?? "head";
    this.handlers.onHover(0, null);
    if (!handle) this.handlers.onSeek(this.#usUnder(event), false);
  }

  #onMove(event) {
    const us = this.#usUnder(event);
    if (!this.#drag) {
      this.handlers.onHover(this.#cameraUnder(event), us);
      return;
    }
    if (this.#drag !== "head") return this.#moveHandle(us);
    if (performance.now() - this.#lastScrub < SCRUB_MS) return;
    this.#lastScrub = performance.now();
    this.handlers.onSeek(us, true);
  }

  #onUp(event) {
    const dragged = this.#drag;
    this.#drag = null;
    if (dragged === "head" && this.#lastScrub) this.handlers.onSeek(this.#usUnder(event), false);
    this.#lastScrub = 0;
  }

  #moveHandle(us) {
    const { inUs, outUs } = this.#cut;
    if (this.#drag === "cutIn") this.handlers.onCut(Math.min(us, (outUs ?? Infinity) - 40_000), outUs);
    else this.handlers.onCut(inUs, Math.max(us, (inUs ?? 0) + 40_000));
  }

  #cameraUnder(event) {
    const lane = document.elementsFromPoint(event.clientX, event.clientY).find((one) => one.dataset?.camera);
    return Number(lane?.dataset.camera ?? this.#active);
  }

  #onWheel(event) {
    event.preventDefault();
    const isSideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (isSideways) {
      const by = Math.sign(event.deltaX || event.deltaY) * this.scale.lengthUs * 0.1;
      this.#setWindow(this.scale.moved(by));
    } else this.zoom(Math.sign(event.deltaY), this.#usUnder(event));
  }

  #onDay(event, isScrub = false) {
    if (event.button > 0 || !this.#day) return;
    if (isScrub && performance.now() - this.#lastScrub < SCRUB_MS) return;
    this.#lastScrub = performance.now();
    const box = this.#parts.day.getBoundingClientRect();
    const day = new Scale(this.#day.fromUs, this.#day.toUs);
    this.handlers.onSeek(day.usAt((event.clientX - box.left) / box.width), isScrub);
  }
}

/** "1 ч", "10 мин" */
function lengthText(us) {
  const minutes = Math.round(us / 60e6);
  return minutes >= 60
    ? interpolate(gettext("%s h"), [minutes / 60])
    : interpolate(gettext("%s min"), [minutes]);
}
