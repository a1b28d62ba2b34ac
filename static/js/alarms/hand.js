// The alarm in hand: what happened beside what happens now, and what a person says of it.
import { errorText } from "../archive/fragment.js";
import { RequestError, sendJson } from "../archive/http.js";
import { icon, make, setText } from "../archive/text.js";
import { timeText } from "../clock.js";
import { BoxLayer } from "../overlay.js";
import { acceptedText, ageOf, ageTime, escalationText, groupText, isEscalated, isGroup, isJudged, isNew, NORMS_S, placeText, verdictText } from "./cards.js";
import { showFrames } from "./frames.js";
import { AlarmLoop, boxOf } from "./loop.js";
import { showMembers } from "./members.js";

export class AlarmHand {
  #root;
  #wall;
  #loop = null;
  #figures = [];
  #layer = null;
  alarm = null;

  /** `onJudged(alarm)`: a verdict was given, here is the alarm with it. `onClose()`. */
  constructor(root, wall, { onJudged, onClose, onAccept }) {
    this.#root = root;
    this.#wall = wall;
    this.handlers = { onJudged, onClose, onAccept };
    root.addEventListener("click", (event) => this.#onClick(event));
    setInterval(() => this.#tick(), 1000);
  }

  get isOpen() {
    return this.alarm !== null;
  }

  /** `neighbors`: [{camera, label, name}] of the same place. */
  open(alarm, me, neighbors) {
    const isSame = this.alarm?.id === alarm.id;
    this.me = me;
    if (!isSame) this.#leave();
    this.alarm = alarm;
    this.#root.hidden = false;
    this.#write();
    this.#frames();
    if (isSame) return;
    this.#members(false);
    // Nobody said which camera: those of the place are below.
    this.#part("pictures").hidden = alarm.camera === null;
    if (alarm.camera !== null) {
      this.#loop = new AlarmLoop(this.#part("loop"), alarm);
      this.#attach(this.#part("live"), alarm.camera, "main");
      this.#layer = new BoxLayer(this.#part("live"));
    }
    this.#second();
    this.#showNeighbors(neighbors);
  }

  close() {
    if (!this.isOpen) return;
    this.#leave();
    this.alarm = null;
    this.#root.hidden = true;
    this.handlers.onClose();
  }

  #part(name) {
    return this.#root.querySelector(`[data-hand="${name}"]`);
  }

  #leave() {
    this.#loop?.close();
    this.#loop = null;
    this.#layer?.remove();
    this.#layer = null;
    for (const figure of this.#figures) this.#wall.detach(figure);
    this.#figures = [];
    this.#part("neighbors").replaceChildren();
  }

  #attach(figure, camera, quality) {
    this.#wall.attach(figure, { camera, quality });
    this.#figures.push(figure);
  }

  #write() {
    const { alarm } = this;
    const section = this.#part("section");
    section.className = `hand p${alarm.priority}`;
    this.#part("mark").replaceChildren(icon(`p${alarm.priority}`, "pmark"));
    setText(this.#part("title"), alarm.title);
    setText(this.#part("priority"), alarm.priority_text);
    setText(this.#part("place"), placeText(alarm));
    setText(this.#part("sentence"), alarm.sentence);
    setText(this.#part("certainty"), alarm.certainty_text);
    this.#part("age").replaceChildren(ageTime(alarm));
    this.#part("drill").hidden = !alarm.is_drill;
    const accepted = this.#part("accepted");
    accepted.hidden = isNew(alarm) && !isJudged(alarm);
    accepted.classList.toggle("me", alarm.acknowledged_by_id === this.me && !isJudged(alarm));
    if (!accepted.hidden) setText(accepted.querySelector("span"), isJudged(alarm) ? verdictText(alarm) : acceptedText(alarm, this.me));
    this.#part("accept").hidden = !isNew(alarm);
    this.#group();
    setText(this.#part("when"), timeText(alarm.raised_us / 1000));
    setText(this.#part("live-label"), alarm.camera === null ? "" : `${alarm.camera_label} ${alarm.camera_name}`);
    this.#part("archive").hidden = !alarm.archive_url;
    if (alarm.archive_url) this.#part("archive").href = alarm.archive_url;
    this.say("");
    this.#tick();
  }

  /** How many alarms it stands for, and whether the senior was told. */
  #group() {
    const { alarm } = this;
    const count = this.#part("group");
    count.hidden = !isGroup(alarm);
    if (isGroup(alarm)) setText(count.querySelector("span"), groupText(alarm));
    const told = this.#part("told");
    told.hidden = !isEscalated(alarm);
    if (isEscalated(alarm)) setText(told.querySelector("span"), escalationText(alarm));
    if (!this.#part("members").hidden) this.#members(true);
  }

  #members(isShown) {
    const list = this.#part("members");
    list.hidden = !isShown;
    this.#part("group").setAttribute("aria-pressed", String(isShown));
    list.dataset.alarm = this.alarm.id;
    if (isShown) showMembers(list, this.alarm).catch((error) => this.say(errorText(error)));
    else list.replaceChildren();
  }

  /** What was marked has frames of all cameras of the place, a few seconds later. */
  #frames() {
    const { alarm } = this;
    const row = this.#part("frames");
    const isMarked = alarm.source === "DISPATCHER";
    this.#part("frames-head").hidden = row.hidden = !isMarked;
    row.dataset.alarm = alarm.id;
    if (!isMarked) return row.replaceChildren();
    setText(this.#part("frames-when"), timeText(alarm.raised_us / 1000));
    return showFrames(row, alarm).catch((error) => this.say(errorText(error)));
  }

  /** Who left the bag; the bench as it was. */
  #second() {
    const { second_picture_url: url } = this.alarm;
    const button = this.#part("second");
    button.hidden = !url;
    const figure = this.#part("second-figure");
    figure.hidden = true;
    if (url) figure.querySelector("img").src = url;
    button.setAttribute("aria-pressed", "false");
  }

  #showNeighbors(neighbors) {
    const others = neighbors.filter(({ camera }) => camera !== this.alarm.camera).slice(0, 4);
    this.#part("neighbors-head").hidden = !others.length;
    for (const { camera, label, name } of others) {
      const figure = make("figure", "pic", make("figcaption", "tag tl", make("b", "", label), make("span", "", name)), make("span", "tag br age"));
      this.#part("neighbors").append(figure);
      this.#attach(figure, camera, "sub");
    }
  }

  #tick() {
    if (!this.isOpen) return;
    const age = Math.min(90, ageOf(this.alarm));
    const bar = this.#part("ruler");
    bar.style.setProperty("--v", age.toFixed(0));
    bar.classList.toggle("over", (isNew(this.alarm) && age > NORMS_S[0]) || (!isJudged(this.alarm) && age > NORMS_S[1]));
    this.#layer?.draw(this.alarm.ended_us ? [] : boxOf(this.alarm), { isAlarm: true });
  }

  #onClick(event) {
    const button = event.target.closest("[data-hand-act]");
    if (!button || !this.isOpen) return;
    const act = button.dataset.handAct;
    if (act === "close") this.close();
    else if (act === "accept") this.handlers.onAccept(this.alarm);
    else if (act === "second") this.#toggleSecond(button);
    else if (act === "group") this.#members(this.#part("members").hidden);
    else this.#judge(act);
  }

  #toggleSecond(button) {
    const isShown = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(isShown));
    this.#part("second-figure").hidden = !isShown;
  }

  async #judge(verdict) {
    const { alarm } = this;
    try {
      this.handlers.onJudged(await sendJson("POST", `/api/alarms/${alarm.id}/verdict/`, { verdict }));
    } catch (error) {
      // Another has it in hand: the head says who.
      if (error instanceof RequestError && error.status === 409) this.say(gettext("Another person has it in hand."));
      else this.say(errorText(error));
    }
  }

  say(text) {
    const note = this.#part("note");
    setText(note, text);
    note.hidden = !text;
  }
}
