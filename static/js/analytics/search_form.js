// What to search: time, cameras, situations; and what of it has footage, told before the start.

import { RequestError, sendJson } from "../archive/http.js";
import { percentText } from "../archive/text.js";
import { dateOf, isoOf, momentOf, nowUs, shortTime } from "../archive/town_time.js";
import { lengthText } from "./search_text.js";

const HOUR_US = 3600e6;
const MINUTE_US = 60e6;
const NIGHT = ["22:00", "06:00"];
const WAIT_MS = 300;

export class SearchForm {
  #timer = 0;
  #turn = 0;

  /** `speed()`: seconds of footage per second of the last searches, or null. `onStart(asked)`. */
  constructor(root, { url, say, speed, onStart }) {
    Object.assign(this, { root, url, say, speed, onStart });
    this.plan = root.querySelector('[data-part="plan"]');
    this.button = root.querySelector('[data-part="start"]');
    root.addEventListener("submit", (event) => this.#submit(event));
    root.addEventListener("change", (event) => this.#onChange(event.target));
    root.addEventListener("click", (event) => this.#onClick(event.target));
  }

  /** Fill in the last night, or what the address names: camera=3&from_us=…&to_us=…&kind=fall */
  begin(query) {
    for (const name of ["camera", "kind"]) {
      const named = new Set(query.getAll(name));
      for (const box of this.#boxes(name)) box.checked = named.has(box.value);
    }
    const [from, to] = ["from_us", "to_us"].map((name) => Number(query.get(name)));
    if (from && to > from) this.#setRange(from, to);
    else this.#setUsual("night");
    this.#drawPlaces();
    this.#look();
  }

  /** Null while a date or a time is missing. */
  get asked() {
    const { elements } = this.root;
    const [from, to] = ["from", "to"].map((name) => {
      const [date, time] = [elements[`${name}-date`].value, elements[`${name}-time`].value];
      return date && time ? momentOf(date, time) : null;
    });
    if (from === null || to === null) return null;
    const values = (name) => this.#boxes(name).filter((box) => box.checked).map((box) => box.value);
    return { started_at: isoOf(from), ended_at: isoOf(to), cameras: values("camera").map(Number), kinds: values("kind") };
  }

  #boxes(name) {
    return [...this.root.querySelectorAll(`[name=${name}]`)];
  }

  #setRange(from, to) {
    const { elements } = this.root;
    for (const [name, us] of [["from", from], ["to", to]]) {
      elements[`${name}-date`].value = dateOf(us);
      elements[`${name}-time`].value = shortTime(us);
    }
  }

  #setUsual(name) {
    const now = Math.floor(nowUs() / MINUTE_US) * MINUTE_US;
    if (name === "night") {
      const today = dateOf(now);
      const evening = momentOf(dateOf(momentOf(today) - HOUR_US), NIGHT[0]);
      this.#setRange(evening, Math.min(momentOf(today, NIGHT[1]), now));
    } else {
      this.#setRange(now - (name === "hour" ? 1 : 24) * HOUR_US, now);
    }
    this.#press(name);
  }

  #press(name) {
    for (const button of this.root.querySelectorAll("[data-range]")) {
      button.setAttribute("aria-pressed", String(button.dataset.range === name));
    }
  }

  #onClick(target) {
    const button = target.closest("[data-range], [data-part=all-cameras]");
    if (!button) return;
    if (button.dataset.range) this.#setUsual(button.dataset.range);
    else this.#chooseAll();
    this.#look();
  }

  #chooseAll() {
    const boxes = this.#boxes("camera");
    const all = boxes.every((box) => box.checked);
    for (const box of boxes) box.checked = !all;
    this.#drawPlaces();
  }

  #onChange(target) {
    const { place } = target.dataset;
    if (place) for (const box of this.#of(place)) box.checked = target.checked;
    if (target.matches("[type=date], [type=time]")) this.#press(null);
    this.#drawPlaces();
    this.#look();
  }

  #of(place) {
    return [...this.root.querySelectorAll(`[data-of-place="${place}"]`)];
  }

  #drawPlaces() {
    for (const box of this.root.querySelectorAll("[data-place]")) {
      const chosen = this.#of(box.dataset.place).filter((camera) => camera.checked).length;
      box.checked = chosen > 0 && chosen === this.#of(box.dataset.place).length;
      box.indeterminate = chosen > 0 && !box.checked;
    }
  }

  /** Ask how much footage there is, once the person has paused. */
  #look() {
    clearTimeout(this.#timer);
    this.say("");
    this.#timer = setTimeout(() => this.#ask(), WAIT_MS);
  }

  async #ask() {
    const { asked } = this;
    const turn = (this.#turn += 1);
    if (!asked?.cameras.length) {
      this.#show(gettext("Choose at least one camera."), false);
      return;
    }
    try {
      const plan = await sendJson("POST", `${this.url}plan/`, asked);
      if (turn === this.#turn) this.#show(this.#sentence(plan), plan.footage_seconds > 0);
    } catch (error) {
      if (!(error instanceof RequestError) && !(error instanceof TypeError)) throw error;
      if (turn === this.#turn) this.#show(error instanceof RequestError && error.message ? error.message : gettext("The portal does not answer."), false);
    }
  }

  #show(text, canStart) {
    this.plan.textContent = text;
    this.button.disabled = !canStart;
  }

  #sentence(plan) {
    const { footage_seconds: footage, length_seconds: length } = plan;
    if (!footage) return gettext("There is no footage of this range.");
    const share = footage / length;
    const words = [
      share > 0.995
        ? interpolate(gettext("Footage: %s, without gaps."), [lengthText(footage)])
        : interpolate(gettext("Footage: %s of %s (%s)."), [lengthText(footage), lengthText(length), percentText(share)]),
    ];
    const bare = plan.cameras_without_footage.map((camera) => this.#label(camera));
    if (bare.length) words.push(interpolate(gettext("None at all: %s."), [bare.join(", ")]));
    const speed = this.speed();
    if (speed) words.push(interpolate(gettext("Takes about %s."), [lengthText(footage / speed)]));
    for (const { title, cameras } of plan.unwatched) words.push(this.#lack(title, cameras));
    return words.join(" ");
  }

  #lack(title, cameras) {
    const labels = cameras.map((camera) => this.#label(camera)).join(", ");
    if (!title) return interpolate(gettext("No rules, nothing is looked for: %s."), [labels]);
    return interpolate(gettext("“%s” is not looked for where nothing is drawn for it: %s."), [title, labels]);
  }

  #label(camera) {
    return this.root.querySelector(`[name=camera][value="${camera}"]`)?.dataset.label ?? String(camera);
  }

  async #submit(event) {
    event.preventDefault();
    if (!this.asked) return;
    this.button.disabled = true;
    this.say("");
    await this.onStart(this.asked);
    this.button.disabled = false;
  }
}
