// What a search came upon: picture, sentence, time, camera; its verdict; the moment in the archive.

import { getJson, RequestError, sendJson } from "../archive/http.js";
import { icon, make, setText } from "../archive/text.js";
import { dateText, timeOf } from "../archive/town_time.js";
import { isOpen } from "./search_list.js";

const PAGE = 50;
const VERDICTS = ["REAL", "FALSE"];

export class Found {
  #rows = new Map();
  #limit = PAGE;
  #search = null;
  #told = ""; // of which the rows are
  #turn = 0;

  constructor(parts, { url, canJudge }) {
    Object.assign(this, { parts, url, canJudge });
    parts.more.addEventListener("click", () => this.#showMore());
    parts.list.addEventListener("click", (event) => this.#onClick(event));
  }

  /** Draw the finds of a search; asked again with each turn while it runs. */
  async show(search) {
    if (this.#search?.id !== search.id) this.#begin();
    this.#search = search;
    const state = `${search.id} ${search.state} ${this.#limit}`;
    if (isOpen(search) || state !== this.#told) await this.#ask();
    this.#told = state;
  }

  #begin() {
    this.#limit = PAGE;
    this.#rows.clear();
    this.parts.list.replaceChildren();
  }

  async #ask() {
    const search = this.#search;
    const turn = (this.#turn += 1);
    const page = await getJson(`${this.url}${search.id}/found/?limit=${this.#limit}`);
    if (turn !== this.#turn) return;
    this.#draw(page, search);
  }

  async #showMore() {
    this.#limit += PAGE;
    await this.show(this.#search);
  }

  #draw({ results, count }, search) {
    results.forEach((found, index) => {
      const row = this.#rows.get(found.id) ?? this.#make(found);
      this.#rows.set(found.id, row);
      this.#write(row, found);
      // One that lies earlier may be found later.
      if (this.parts.list.children[index] !== row) this.parts.list.insertBefore(row, this.parts.list.children[index] ?? null);
    });
    while (this.parts.list.children.length > results.length) this.parts.list.lastElementChild.remove();
    this.parts.list.hidden = !count;
    this.parts.head.hidden = false;
    this.parts.nothing.hidden = true;
    this.parts.more.hidden = count <= results.length;
    setText(this.parts.say, this.#summary(count, search));
  }

  #summary(count, search) {
    if (!count) return isOpen(search) ? gettext("nothing so far") : gettext("nothing");
    const events = interpolate(ngettext("%s event", "%s events", count), [count]);
    return interpolate(gettext("%s, new among them: %s"), [events, search.new_count]);
  }

  #make(found) {
    const picture = make("a", "ev-pic");
    Object.assign(picture, { href: found.archive_url, tabIndex: -1, ariaHidden: "true" });
    if (found.picture_url) picture.append(Object.assign(make("img"), { src: found.picture_url, alt: "", loading: "lazy" }));
    const time = make("time", "", make("b", "", timeOf(found.raised_us)), make("span", "", dateText(found.raised_us)));
    time.dateTime = found.raised_at;
    const sentence = make("p", "", found.sentence);
    sentence.title = found.sentence;
    const place = make("div", "", make("p", "", make("b", "", found.camera_label), ` ${found.location_name}`), make("p", "t2", found.camera_name));
    const news = found.is_new ? make("span", "chip", gettext("new")) : make("span", "t3", gettext("known before"));
    const row = make("article", found.grade === "HINT" ? "ev hint" : "ev", picture, time, make("div", "", make("h2", "", found.title), sentence), place, make("div", "seek-news", news), this.#acts(found));
    row.dataset.detection = found.id;
    return row;
  }

  #acts(found) {
    const open = make("a", "btn sq", icon("archive", "s"));
    Object.assign(open, { href: found.archive_url, title: gettext("In the archive") });
    open.setAttribute("aria-label", open.title);
    if (!this.canJudge) return make("div", "acts", open);
    const words = { REAL: gettext("Real"), FALSE: gettext("False") };
    const buttons = VERDICTS.map((verdict) => {
      const button = make("button", "", words[verdict]);
      button.type = "button";
      button.dataset.verdict = verdict;
      return button;
    });
    const group = make("div", "seg", ...buttons);
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", gettext("Verdict"));
    return make("div", "acts", group, open);
  }

  #write(row, { verdict, judged_by: who }) {
    for (const button of row.querySelectorAll("[data-verdict]")) {
      const isSaid = button.dataset.verdict === verdict;
      button.setAttribute("aria-pressed", String(isSaid));
      button.title = isSaid && who ? who : "";
    }
  }

  /** The verdict that is said already, pressed again, is taken back. */
  async #onClick(event) {
    const button = event.target.closest("[data-verdict]");
    if (!button) return;
    const row = button.closest("[data-detection]");
    const verdict = button.getAttribute("aria-pressed") === "true" ? "" : button.dataset.verdict;
    try {
      const said = await sendJson("POST", `/api/detections/${row.dataset.detection}/verdict/`, { verdict });
      this.#write(row, { verdict: said.verdict, judged_by: null });
    } catch (error) {
      if (!(error instanceof RequestError) && !(error instanceof TypeError)) throw error;
      setText(this.parts.say, error.message || gettext("The portal does not answer."));
    }
  }
}
