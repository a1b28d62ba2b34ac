// What stands over a live picture: the age of its frame, the veil, the hint.
import { timeText } from "../clock.js";

const LATE_SECONDS = 1;
const VEIL_SECONDS = 3;
const CONNECTING_SECONDS = 1;

const language = document.documentElement.lang || "ru";
const number = (digits) =>
  new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
const hundredths = number(2);
const tenths = number(1);
const whole = number(0);

const STATES = {
  CONNECTING: () => gettext("connecting"),
  NO_FRAMES: () => gettext("the camera sends no frames"),
  AUTH_FAILED: () => gettext("wrong user name or password"),
  UNREACHABLE: () => gettext("the camera is unreachable"),
  UNSUPPORTED: () => gettext("not a usable stream"),
  REFUSED: () => gettext("you may not watch this camera"),
};

function ageText(seconds) {
  if (seconds >= 100) return interpolate(gettext("%s min"), [whole.format(Math.floor(seconds / 60))]);
  const format = seconds < 1 ? hundredths : tenths;
  return interpolate(gettext("%s s"), [format.format(Math.max(0, seconds))]);
}

/** Find a part of the figure, or make it. */
function part(figure, selector, tag, className) {
  const found = figure.querySelector(`:scope > ${selector}`);
  if (found) return found;
  const made = document.createElement(tag);
  made.className = className;
  figure.append(made);
  return made;
}

function icon(name) {
  const sprite = document.querySelector('meta[name="icons"]')?.content;
  if (!sprite) return [];
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "i");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return [svg];
}

export class Overlay {
  constructor(figure) {
    this.age = part(figure, ".age", "span", "tag br age");
    this.veil = part(figure, ".veil", "div", "veil");
    this.hint = part(figure, ".live-hint", "span", "tag bl live-hint");
    this.title = document.createElement("b");
    this.detail = document.createElement("span");
    this.veil.replaceChildren(...icon("camera-off"), this.title, this.detail);
    this.veil.hidden = this.hint.hidden = true;
  }

  /**
   * Draw the state of a moment. `lastMs`: capture time of the frame on the screen, null before
   * the first one; `sinceMs`: when the tile began to wait; `patience`: seconds between frames
   * that are normal for this stream.
   */
  draw({ nowMs, lastMs, sinceMs, state, patience }) {
    const seconds = (nowMs - (lastMs ?? sinceMs)) / 1000;
    this.age.textContent = lastMs === null ? "" : ageText(seconds);
    this.age.classList.toggle("late", lastMs !== null && seconds >= Math.max(LATE_SECONDS, patience));
    const isVeiled = seconds >= (lastMs === null ? CONNECTING_SECONDS : Math.max(VEIL_SECONDS, 2 * patience));
    this.veil.hidden = !isVeiled;
    if (isVeiled) this.say(this.veilTexts(seconds, lastMs, state));
  }

  /** The frame on the screen is old, however young it was when it came. */
  veilTexts(seconds, lastMs, state) {
    const cause = STATES[state]?.();
    if (lastMs === null && seconds < VEIL_SECONDS) return [gettext("Connecting"), ""];
    const title =
      seconds < 100
        ? interpolate(gettext("No frames for %s s"), [whole.format(Math.floor(seconds))])
        : interpolate(gettext("No frames for %s min"), [whole.format(Math.floor(seconds / 60))]);
    const last = lastMs === null ? "" : interpolate(gettext("last at %s"), [timeText(lastMs)]);
    return [title, [last, cause].filter(Boolean).join(" · ")];
  }

  say([title, detail]) {
    if (this.title.textContent !== title) this.title.textContent = title;
    if (this.detail.textContent !== detail) this.detail.textContent = detail;
  }

  showHint(text) {
    this.hint.textContent = text;
    this.hint.hidden = !text;
  }
}
