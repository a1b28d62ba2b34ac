// A month of days: how much of each is recorded, and what is held.

import { getJson } from "./http.js";
import { icon, make, percentText } from "./text.js";
import { DAY_US, dateOf, dayName, momentOf, nowUs, weekdayNames } from "./town_time.js";

const REFRESH_MS = 60_000;
const WEEKS = 5;

export class Calendar {
  #root;
  #range;
  #cameras = [];
  #chosen = "";
  #days = new Map();

  constructor({ root, range, onChoose }) {
    this.#root = root;
    this.#range = range;
    root.addEventListener("click", (event) => {
      const day = event.target.closest("[data-day]");
      if (day) onChoose(day.dataset.day);
    });
    setInterval(() => document.hidden || this.load(), REFRESH_MS);
  }

  async setCameras(cameras) {
    this.#cameras = cameras;
    await this.load();
  }

  choose(date) {
    if (date === this.#chosen) return;
    this.#chosen = date;
    this.#draw();
  }

  async load() {
    if (!this.#cameras.length) return this.#draw();
    const named = this.#cameras.map((camera) => `camera=${camera}`).join("&");
    const { days } = await getJson(`/archive/days/?${named}`);
    this.#days = new Map(days.map((day) => [day.date, day]));
    this.#draw();
  }

  #draw() {
    const today = dateOf(nowUs());
    const dates = shownDates(today);
    const names = weekdayNames().map((name) => make("span", "dow", name.slice(0, 2)));
    this.#root.replaceChildren(...names, ...dates.map((date) => this.#day(date, today)));
    const known = [...this.#days.keys()].sort();
    if (known.length) this.#range.textContent = `${brief(known[0])} – ${brief(known.at(-1))}`;
  }

  #day(date, today) {
    const known = this.#days.get(date);
    const isFuture = date > today;
    const hasFootage = known && (known.share > 0 || known.held);
    const cell = make(hasFootage ? "button" : "span", "d", String(Number(date.slice(8))));
    cell.setAttribute("aria-label", spoken(date, known, isFuture));
    cell.classList.toggle("future", isFuture);
    cell.classList.toggle("none", !hasFootage && !isFuture);
    cell.classList.toggle("full", Boolean(hasFootage));
    cell.classList.toggle("sel", date === this.#chosen);
    cell.classList.toggle("m1", date.endsWith("-01"));
    if (!hasFootage) return cell;
    cell.type = "button";
    cell.dataset.day = date;
    if (known.held) {
      cell.classList.add("held");
      cell.append(icon("lock"));
    }
    const bar = make("i");
    bar.style.setProperty("width", `${Math.max(8, known.share * 100)}%`);
    cell.append(bar);
    return cell;
  }
}

/** Whole weeks, the last of them holds today. */
function shownDates(today) {
  const weekday = (new Date(`${today}T00:00:00Z`).getUTCDay() + 6) % 7;
  const count = WEEKS * 7;
  const noon = momentOf(today, "12:00:00") + (6 - weekday) * DAY_US;
  return Array.from({ length: count }, (_, i) => dateOf(noon - (count - 1 - i) * DAY_US));
}

const brief = (date) => `${date.slice(8)}.${date.slice(5, 7)}`;

function spoken(date, known, isFuture) {
  const words = [dayName(date)];
  if (!isFuture && !known?.share) words.push(gettext("no footage"));
  else if (known) words.push(interpolate(gettext("recorded: %s of the day"), [percentText(known.share)]));
  if (known?.held) words.push(gettext("hold"));
  return words.join(", ");
}
