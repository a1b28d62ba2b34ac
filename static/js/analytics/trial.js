// Rules that are not saved yet, tried on the last hour: pictures of what they would have raised.

import { getJson, RequestError, sendJson } from "../archive/http.js";
import { icon, make, percentText } from "../archive/text.js";
import { timeOf } from "../archive/town_time.js";
import { element } from "./shapes.js";

const ASK_EVERY_MS = 1000;
const OPEN = new Set(["WAITING", "RUNNING"]);

export class TrialStrip {
  constructor(parts, { trialsUrl, archiveUrl, camera, seesArchive }, draft) {
    Object.assign(this, { ...parts, trialsUrl, archiveUrl, camera, seesArchive, draft, trial: null, timer: 0 });
    this.start.addEventListener("click", () => this.run());
    this.stop.addEventListener("click", () => this.cancel());
  }

  async run() {
    clearTimeout(this.timer);
    this.show([]);
    this.report(gettext("Asking…"), 0);
    this.setRunning(true);
    await this.guarded(async () => {
      this.trial = await sendJson("POST", this.trialsUrl, this.draft.payload());
      this.follow();
    });
  }

  async cancel() {
    await this.guarded(async () => {
      await sendJson("DELETE", this.trialUrl());
      await this.ask();
    });
  }

  trialUrl() {
    return `/api/trials/${this.trial.id}/`;
  }

  follow() {
    this.timer = setTimeout(() => this.guarded(() => this.ask()), ASK_EVERY_MS);
  }

  async ask() {
    clearTimeout(this.timer);
    this.trial = await getJson(this.trialUrl());
    this.show(this.trial.hits);
    this.report(this.sentence(), this.trial.progress);
    const isOpen = OPEN.has(this.trial.state);
    this.setRunning(isOpen);
    if (isOpen) this.follow();
  }

  async guarded(act) {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof RequestError) && !(error instanceof TypeError)) throw error;
      this.setRunning(false);
      this.report(error instanceof RequestError && error.message ? error.message : gettext("The portal does not answer."), 0);
    }
  }

  sentence() {
    const { state, hits, problems, progress, error } = this.trial;
    const found = interpolate(ngettext("%s event", "%s events", hits.length), [hits.length]);
    const words = {
      WAITING: () => gettext("Waiting for a free worker…"),
      RUNNING: () => interpolate(gettext("%s of the hour seen: %s"), [percentText(progress), found]),
      DONE: () => (hits.length ? interpolate(gettext("The last hour: %s"), [found]) : gettext("These rules would have raised nothing.")),
      CANCELLED: () => interpolate(gettext("Stopped: %s so far"), [found]),
      FAILED: () => error,
    };
    return [words[state](), ...problems].join(" ");
  }

  report(text, progress) {
    this.say.textContent = text;
    this.say.title = text;
    this.bar.firstElementChild.style.width = `${Math.round(progress * 100)}%`;
  }

  setRunning(isRunning) {
    this.bar.hidden = this.stop.hidden = !isRunning;
    this.start.hidden = isRunning;
  }

  show(hits) {
    // Those that are there stay: pictures must not blink with every question.
    for (const hit of hits.slice(this.hits.children.length)) this.hits.append(this.shot(hit));
    if (!hits.length) this.hits.replaceChildren();
  }

  shot(hit) {
    const us = Date.parse(hit.at) * 1000;
    const picture = make("img");
    Object.assign(picture, { src: hit.picture_url, alt: "", loading: "lazy" });
    const frame = make("div", "pic", picture, ...(hit.box ? [boxOver(hit.box)] : []));
    frame.append(make("span", "tag tl", icon(hit.grade === "ALARM" ? "attention" : "info"), make("b", "", timeOf(us))));
    const text = make("span", "cutoff", hit.sentence);
    text.title = hit.sentence;
    const inner = [frame, text];
    if (!this.seesArchive) return make("li", "shot", ...inner);
    const link = make("a", "", ...inner);
    Object.assign(link, { href: `${this.archiveUrl}?camera=${this.camera}&at_us=${us}`, target: "_blank", rel: "noopener" });
    return make("li", "shot", link);
  }
}

/** The place in the picture; the frame has the picture's own proportions only by chance. */
function boxOver([left, top, right, bottom]) {
  const box = element("rect", { class: "det", x: left, y: top, width: right - left, height: bottom - top });
  return element("svg", { class: "over", viewBox: "0 0 1 1", preserveAspectRatio: "none", "aria-hidden": "true" }, box);
}
