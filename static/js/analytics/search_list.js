// The searches: who asked for what, how far each is, how fast, what is new; cancelling.

import { icon, make, percentText, setText } from "../archive/text.js";
import { dateText, shortTime } from "../archive/town_time.js";
import { lengthText, rangeText, usOf } from "./search_text.js";

const LEAST_WINDOW_S = 4; // below, a speed is chance
const FEW = 6;

export const isOpen = ({ state }) => state === "WAITING" || state === "RUNNING";

export class SearchList {
  #rows = new Map();
  #searches = new Map();
  #first = new Map();
  chosen = null;

  /** `choose(id)`, `cancel(search)`. */
  constructor(parts, handlers) {
    Object.assign(this, { ...parts, handlers });
    this.list.addEventListener("click", (event) => this.#onClick(event));
  }

  get(id) {
    return this.#searches.get(id);
  }

  get isBusy() {
    return [...this.#searches.values()].some(isOpen);
  }

  /** Seconds of footage per second, over the searches that ran to their end; null: none has. */
  get usualSpeed() {
    const done = [...this.#searches.values()].filter(({ state, footage_seconds: seen }) => state === "DONE" && seen > 0);
    const sum = (name) => done.reduce((total, search) => total + search[name], 0);
    return done.length ? sum("footage_seconds") / Math.max(sum("elapsed_seconds"), 1) : null;
  }

  choose(id) {
    this.chosen = id;
    for (const [key, row] of this.#rows) row.classList.toggle("on", key === id);
  }

  show(searches) {
    this.#searches = new Map(searches.map((search) => [search.id, search]));
    for (const [id, row] of this.#rows) {
      if (this.#searches.has(id)) continue;
      row.remove();
      this.#rows.delete(id);
    }
    searches.forEach((search, index) => {
      const row = this.#rows.get(search.id) ?? this.#make(search);
      this.#rows.set(search.id, row);
      this.#write(row, search);
      if (this.list.children[index] !== row) this.list.insertBefore(row, this.list.children[index] ?? null);
    });
    const open = searches.filter(isOpen).length;
    setText(this.count, open ? interpolate(ngettext("%s is running", "%s are running", open), [open]) : "");
    this.empty.hidden = searches.length > 0;
    this.choose(this.chosen);
  }

  #make(search) {
    const range = make("b", "cutoff", rangeText(search.started_at, search.ended_at));
    const what = make("span", "cutoff t2", this.#what(search));
    const pick = make("button", "seek-pick", range, what);
    pick.type = "button";
    pick.title = what.textContent;
    const asked = usOf(search.requested_at);
    const who = make("span", "seek-who t2", make("span", "cutoff", search.requested_by ?? gettext("the portal itself")), make("span", "", `${dateText(asked)} ${shortTime(asked)}`));
    const bar = make("span", "bar", make("i"));
    const state = make("span", "seek-state", make("span", "cutoff"), bar);
    const count = make("span", "seek-new");
    const cancel = make("button", "btn bare sq", icon("x"));
    cancel.type = "button";
    cancel.dataset.cancel = "";
    cancel.title = gettext("Call the search off");
    cancel.setAttribute("aria-label", cancel.title);
    const row = make("li", "seek-row", pick, who, state, count, cancel);
    row.dataset.search = search.id;
    return row;
  }

  #what({ cameras, titles }) {
    const label = (camera) => document.querySelector(`[name=camera][value="${camera}"]`)?.dataset.label ?? camera;
    const labels = cameras.slice(0, FEW).map(label).join(", ");
    const more = cameras.length > FEW ? ` ${interpolate(gettext("and %s more"), [cameras.length - FEW])}` : "";
    const kinds = titles.length ? titles.join(", ") : gettext("by the cameras' rules");
    return `${labels}${more} · ${kinds}`;
  }

  #write(row, search) {
    const text = row.querySelector(".seek-state > .cutoff");
    setText(text, this.#stateText(search));
    text.title = search.error || text.textContent; // the error is for whoever mends it
    row.classList.toggle("failed", search.state === "FAILED");
    const bar = row.querySelector(".bar");
    bar.hidden = !isOpen(search);
    bar.firstElementChild.style.setProperty("width", `${Math.round(search.progress * 100)}%`);
    const { new_count: count } = search;
    setText(row.querySelector(".seek-new"), interpolate(ngettext("%s new", "%s new", count), [count]));
    row.querySelector("[data-cancel]").hidden = !search.may_cancel;
  }

  #stateText(search) {
    const { state, progress, footage_seconds: seen, elapsed_seconds: elapsed } = search;
    if (state === "RUNNING") {
      const { speed, left } = this.#pace(search);
      const words = [percentText(progress), speed >= 1 ? `${speed.toFixed(0)}×` : null, left ? interpolate(gettext("%s left"), [lengthText(left)]) : null];
      return words.filter(Boolean).join(" · ");
    }
    if (state === "DONE") return interpolate(gettext("ready: %s in %s"), [lengthText(seen), lengthText(elapsed)]);
    if (state === "FAILED") return gettext("not all could be searched");
    return state === "CANCELLED" ? gettext("called off") : search.state_text;
  }

  /** Speed and time left by what was done since the page first saw it run. */
  #pace({ id, progress, footage_seconds: seen, elapsed_seconds: elapsed }) {
    const first = this.#first.get(id) ?? { progress, seen, elapsed };
    this.#first.set(id, first);
    const isLong = elapsed - first.elapsed >= LEAST_WINDOW_S && progress > first.progress;
    const base = isLong ? first : { progress: 0, seen: 0, elapsed: 0 };
    const time = Math.max(elapsed - base.elapsed, 1);
    const rate = (progress - base.progress) / time;
    return { speed: (seen - base.seen) / time, left: rate > 0 ? (1 - progress) / rate : null };
  }

  #onClick(event) {
    const row = event.target.closest("[data-search]");
    if (!row) return;
    const search = this.#searches.get(row.dataset.search);
    if (event.target.closest("[data-cancel]")) this.handlers.cancel(search);
    else this.handlers.choose(search.id);
  }
}
