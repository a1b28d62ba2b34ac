// An alarm as a card of the column.
import { durationText, serverNowMs, timeText } from "../clock.js";
import { icon, make } from "../archive/text.js";

/** Whoever waits longer than this is told so; an alarm should be decided within the second. */
export const NORMS_S = [30, 75];
const RULER_S = 90;

export const ageOf = (alarm) => Math.max(0, serverNowMs() / 1000 - alarm.raised_us / 1e6);
export const isNew = (alarm) => alarm.state === "NEW";
export const isJudged = (alarm) => alarm.verdict !== "";
export const placeText = (alarm) => (alarm.camera === null ? alarm.location_name : `${alarm.camera_label} ${alarm.location_name}, ${alarm.camera_name}`);

export function acceptedText(alarm, me) {
  const at = timeText(alarm.acknowledged_us / 1000);
  if (alarm.acknowledged_by_id === me) return interpolate(gettext("Accepted by you %s"), [at]);
  return interpolate(gettext("Accepted: %s"), [alarm.acknowledged_by]);
}

/** What somebody said of it, where that was somebody else's desk. */
export function verdictText(alarm) {
  const text = alarm.verdict === "REAL" ? gettext("Confirmed: %s") : gettext("False alarm: %s");
  return interpolate(text, [alarm.judged_by]);
}

export function priorityMark(alarm) {
  return make("b", "pri", icon(`p${alarm.priority}`), alarm.priority_text);
}

export function ageTime(alarm) {
  const time = make("time", "", durationText(ageOf(alarm)));
  time.dataset.sinceUs = alarm.raised_us;
  return time;
}

/** The age on a ruler with the two norms; `tickCard` moves it. */
function ruler() {
  return make("span", "mini", make("i"));
}

export function drawCard(alarm, { me, canAcknowledge }) {
  const head = make("div", "al-1", priorityMark(alarm), ageTime(alarm), ruler());
  const words = make("div", "al-words", line(together(alarm.sentence)), line(placeText(alarm), "t2"));
  const body = make("div", "al-body", words, thumbnail(alarm));
  const title = make("h3", "cutoff", alarm.title);
  const card = make("article", `al live p${alarm.priority}`, head, title, body, foot(alarm, me, canAcknowledge));
  card.dataset.alarmId = alarm.id;
  card.dataset.revision = alarm.revision;
  card.classList.toggle("new", isNew(alarm));
  card.tabIndex = 0;
  card.setAttribute("role", "button");
  card.setAttribute("aria-label", `${alarm.priority_text}. ${alarm.title}. ${alarm.sentence}. ${placeText(alarm)}`);
  tickCard(card, alarm);
  return card;
}

/** A number stays with its unit when the line breaks. */
const together = (text) => text.replace(/(\d) (?=\p{L})/gu, "$1\u00a0");

function line(text, classes = "") {
  const paragraph = make("p", classes, text);
  paragraph.title = text;
  return paragraph;
}

function thumbnail(alarm) {
  if (!alarm.picture_url) return null;
  const image = make("img", "al-pic");
  image.src = alarm.picture_url;
  image.alt = "";
  return image;
}

function foot(alarm, me, canAcknowledge) {
  if (isJudged(alarm)) return make("div", "foot", make("span", "chip", icon("check"), make("span", "cutoff", verdictText(alarm))));
  if (!isNew(alarm)) {
    const isMine = alarm.acknowledged_by_id === me;
    return make("div", "foot", make("span", isMine ? "chip me" : "chip", icon("user"), make("span", "cutoff", acceptedText(alarm, me))));
  }
  if (!canAcknowledge) return make("div", "foot");
  const accept = make("button", "btn", make("kbd", "", "Enter"), gettext("Accept"));
  accept.type = "button";
  accept.dataset.accept = "";
  const waits = make("b", "late-word", interpolate(gettext("waits over %s s"), [NORMS_S[0]]));
  waits.hidden = true;
  return make("div", "foot", accept, waits);
}

/** Called each second. */
export function tickCard(card, alarm) {
  const age = ageOf(alarm);
  const mini = card.querySelector(".mini");
  mini.style.setProperty("--v", Math.min(age, RULER_S).toFixed(0));
  const isLate = isNew(alarm) && age > NORMS_S[0];
  mini.classList.toggle("over", isLate);
  // Long ago the ruler says nothing any more.
  mini.hidden = age > RULER_S * 2;
  const waits = card.querySelector(".late-word");
  if (waits) waits.hidden = !isLate;
}
