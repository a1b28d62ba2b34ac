// An alarm as a card of the column.
import { durationText, serverNowMs, timeText } from "../clock.js";
import { icon, make, setText } from "../archive/text.js";

/** Whoever waits longer than this is told so; an alarm should be decided within the second. */
export const NORMS_S = [30, 75];
const RULER_S = 90;
export const WATCHED_US = 300e6;

// A report of something that is long over waits since it came, not since it happened.
const LATE_US = 300e6;
const sinceUs = (alarm) => (alarm.created_us - alarm.raised_us > LATE_US ? alarm.created_us : alarm.raised_us);

export const ageOf = (alarm) => Math.max(0, serverNowMs() / 1000 - sinceUs(alarm) / 1e6);
export const isNew = (alarm) => alarm.state === "NEW";
export const isJudged = (alarm) => alarm.verdict !== "";
export const isWatched = (alarm) => alarm.verdict === "WATCH" && serverNowMs() * 1000 - alarm.judged_us < WATCHED_US;
/** It is on the desk: nobody has said what it is, or it is watched. */
export const isOpen = (alarm) => !isJudged(alarm) || isWatched(alarm);
export const isEscalated = (alarm) => alarm.escalation > 0 && !isJudged(alarm);
export const isGroup = (alarm) => alarm.group_count > 1;
export const placeText = (alarm) => {
  const isWide = isGroup(alarm) && alarm.group_scope === "PLACE";
  return isWide || alarm.camera === null ? alarm.location_name : `${alarm.camera_label} ${alarm.location_name}, ${alarm.camera_name}`;
};

export function acceptedText(alarm, me) {
  const at = timeText(alarm.acknowledged_us / 1000);
  if (alarm.acknowledged_by_id === me) return interpolate(gettext("Accepted by you %s"), [at]);
  return interpolate(gettext("Accepted: %s"), [alarm.acknowledged_by]);
}

/** What somebody said of it, where that was somebody else's desk. */
export function verdictText(alarm) {
  if (alarm.verdict === "WATCH") return interpolate(gettext("Watched by %s"), [alarm.judged_by]);
  const text = alarm.verdict === "REAL" ? gettext("Confirmed: %s") : gettext("False alarm: %s");
  return interpolate(text, [alarm.judged_by]);
}

export function groupText(alarm) {
  return interpolate(gettext("alarms in the group: %s"), [alarm.group_count]);
}

export function escalationText(alarm) {
  return alarm.escalation > 1 ? gettext("Told to the senior again") : gettext("Told to the senior");
}

export function priorityMark(alarm) {
  return make("b", "pri", icon(`p${alarm.priority}`), alarm.priority_text);
}

export function ageTime(alarm) {
  const time = make("time", "", durationText(ageOf(alarm)));
  time.dataset.sinceUs = sinceUs(alarm);
  return time;
}

/** The age on a ruler with the two norms; `tickCard` moves it. */
function ruler() {
  return make("span", "mini", make("i"));
}

export function drawCard(alarm, { me, canAcknowledge }) {
  const card = make("article", `al live p${alarm.priority}`);
  card.dataset.alarmId = alarm.id;
  card.tabIndex = 0;
  card.setAttribute("role", "button");
  fillCard(card, alarm, { me, canAcknowledge });
  return card;
}

/** Write an alarm into its card; a picture that is the same stays, so that nothing flickers. */
export function fillCard(card, alarm, { me, canAcknowledge }) {
  const known = card.querySelector(".al-pic");
  const picture = known && known.getAttribute("src") === alarm.picture_url ? known : thumbnail(alarm);
  const words = make("div", "al-words", line(together(alarm.sentence)), line(placeText(alarm), "t2"));
  const body = make("div", "al-body", words, picture);
  card.replaceChildren(head(alarm), titleRow(alarm), body, foot(alarm, me, canAcknowledge));
  card.dataset.revision = alarm.revision;
  card.classList.toggle("new", isNew(alarm));
  card.classList.toggle("group", isGroup(alarm));
  card.classList.toggle("is-told", isEscalated(alarm));
  card.setAttribute("aria-label", `${alarm.priority_text}. ${alarm.title}. ${alarm.sentence}. ${placeText(alarm)}`);
  tickCard(card, alarm);
}

function head(alarm) {
  return make("div", "al-1", priorityMark(alarm), ageTime(alarm), ruler());
}

function titleRow(alarm) {
  const row = make("div", "al-title", make("h3", "cutoff", alarm.title));
  if (isGroup(alarm)) {
    const count = make("span", "chip count", icon("stack"), String(alarm.group_count));
    count.title = groupText(alarm);
    row.append(count);
  }
  return row;
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
  image.loading = "lazy";
  return image;
}

function foot(alarm, me, canAcknowledge) {
  const row = make("div", "foot");
  if (isWatched(alarm)) {
    const rest = make("span", "t2");
    rest.dataset.watchRest = "";
    row.append(chip("eye", verdictText(alarm)), rest);
  } else if (isJudged(alarm)) row.append(chip("check", verdictText(alarm)));
  else if (!isNew(alarm)) row.append(chip("user", acceptedText(alarm, me), alarm.acknowledged_by_id === me ? "me" : ""));
  else if (canAcknowledge) row.append(acceptButton(), waits());
  if (isEscalated(alarm)) row.append(make("b", "told-word", icon("attention", "s"), escalationText(alarm)));
  return row;
}

const chip = (sign, text, classes = "") => make("span", `chip ${classes}`.trim(), icon(sign), make("span", "cutoff", text));

function acceptButton() {
  const accept = make("button", "btn", make("kbd", "", "Enter"), gettext("Accept"));
  accept.type = "button";
  accept.dataset.accept = "";
  return accept;
}

function waits() {
  const word = make("b", "late-word", interpolate(gettext("waits over %s s"), [NORMS_S[0]]));
  word.hidden = true;
  return word;
}

/** Called each second. */
export function tickCard(card, alarm) {
  const age = ageOf(alarm);
  const mini = card.querySelector(".mini");
  mini.style.setProperty("--v", Math.min(age, RULER_S).toFixed(0));
  const isLate = isNew(alarm) && age > NORMS_S[0];
  mini.classList.toggle("over", isLate || (!isJudged(alarm) && age > NORMS_S[1]));
  // Long ago the ruler says nothing any more.
  mini.hidden = age > RULER_S * 2 || isJudged(alarm);
  const waitsWord = card.querySelector(".late-word");
  if (waitsWord) waitsWord.hidden = !isLate || isEscalated(alarm);
  const rest = card.querySelector("[data-watch-rest]");
  if (rest) setText(rest, interpolate(gettext("%s more"), [durationText((alarm.judged_us + WATCHED_US - serverNowMs() * 1000) / 1e6)]));
}
