// Buttons and words above the time line.

import { durationText } from "../clock.js";
import { icon, setText } from "./text.js";
import { dateText, longDate, millisecondsOf, momentOf, nowUs, timeOf } from "./town_time.js";

export const RATES = [1, 2, 4, 8, 16];
const SAY_MS = 6000;

export class Transport {
  #root;
  #group;
  #sayTimer = 0;
  #drawn = "";

  constructor({ root, page, group }) {
    this.#root = root;
    this.#group = group;
    this.page = page;
    const act = (name, action) => this.#part(name)?.addEventListener("click", action);
    act("play", () => page.toggle());
    act("back", () => page.step(-1));
    act("forward", () => page.step(1));
    act("live", () => group.goLive());
    act("in", () => page.setIn());
    act("out", () => page.setOut());
    act("jpg", () => page.saveFrame());
    act("mp4", () => page.fragment.open("export"));
    act("hold", () => page.fragment.open("hold"));
    act("faces", (event) => page.searchFaces(event.currentTarget.dataset.url));
    act("slower", () => this.#shiftRate(-1));
    act("faster", () => this.#shiftRate(1));
    act("goto", () => this.#openGoTo());
    for (const button of root.querySelectorAll("[data-rate]")) {
      button.addEventListener("click", () => group.setRate(Number(button.dataset.rate)));
    }
    this.#listenGoTo();
  }

  setCount(count) {
    const text = interpolate(ngettext("%s camera in step", "%s cameras in step", count), [count]);
    setText(this.#part("count"), text);
    this.#part("chip").hidden = count < 2;
  }

  /** @param {import("./sync.js").GroupState} state */
  update(state) {
    setText(this.#part("time"), timeOf(state.us));
    setText(this.#part("milliseconds"), millisecondsOf(state.us));
    setText(this.#part("date"), longDate(state.us));
    for (const button of this.#root.querySelectorAll("[data-rate]")) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.rate) === state.rate));
    }
    this.#part("live").setAttribute("aria-pressed", String(state.isLive));
    this.#drawPlay(state.isRunning);
    if (!this.#sayTimer) setText(this.#part("note"), noteOf(state));
  }

  /** Something went wrong, said for some seconds. */
  say(text) {
    clearTimeout(this.#sayTimer);
    setText(this.#part("note"), text);
    this.#sayTimer = setTimeout(() => (this.#sayTimer = 0), SAY_MS);
  }

  #drawPlay(isRunning) {
    const sign = isRunning ? "pause" : "play";
    if (this.#drawn === sign) return;
    this.#drawn = sign;
    const button = this.#part("play");
    button.replaceChildren(icon(sign, "s"));
    button.setAttribute("aria-label", isRunning ? gettext("Stop") : gettext("Run"));
  }

  #shiftRate(by) {
    const at = RATES.indexOf(this.#group.rate) + by;
    if (RATES[at]) this.#group.setRate(RATES[at]);
  }

  #openGoTo() {
    const form = this.#part("goto-form");
    form.hidden = !form.hidden;
    if (form.hidden) return;
    const us = this.#group.us || nowUs();
    form.elements.date.value = dateText(us).split(".").reverse().join("-");
    form.elements.time.value = timeOf(us);
    form.elements.time.focus();
  }

  #listenGoTo() {
    const form = this.#part("goto-form");
    const close = () => {
      document.activeElement?.blur();
      form.hidden = true;
    };
    form.addEventListener("keydown", (event) => event.code === "Escape" && close());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const { date, time } = form.elements;
      if (!date.value || !time.value) return;
      close();
      this.page.seek(momentOf(date.value, time.value));
    });
  }

  #part(name) {
    return this.#root.querySelector(`[data-transport="${name}"]`);
  }
}

function noteOf({ jumped, isBuffering, isAtEdge, isSparse }) {
  if (jumped) return interpolate(gettext("Skipped %s without footage"), [durationText((jumped.endUs - jumped.startUs) / 1e6)]);
  if (isBuffering) return gettext("Loading…");
  if (isAtEdge) return gettext("The footage ends here");
  return isSparse ? gettext("Keyframes only") : "";
}

