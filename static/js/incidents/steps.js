// The next step of a card: sent once more after a lost network, done once whatever was sent.
// What the step asks for (KUSP number, officer) is kept in the browser while it is typed.
import { dropDraft, draftOf, keepDraft } from "./drafts.js";
import { card, save } from "./fields.js";
import { LostError, root, sendJson, sentenceOf } from "./http.js";
import { onRefresh, refresh } from "./parts.js";
import { tell, untell } from "./told.js";

const RETRY_MS = 3000;
const TYPED = ["kusp_number", "kusp_time", "kusp_officer", "false_reason"];
const WAITING = "step";
let timer = 0;

const form = () => document.querySelector("[data-step]");
const input = (name) => form()?.elements.namedItem(name);

function restoreTyped() {
  for (const name of TYPED) {
    const draft = draftOf(`step.${name}`);
    const element = input(name);
    if (element && draft !== undefined && element.value !== draft) element.value = draft;
  }
}

function spokenText() {
  const text = document.querySelector('[data-field="told_text"]');
  return text && !text.hidden ? text.value : document.querySelector("[data-spoken]")?.textContent.trim() ?? "";
}

/** The day of the hand-over with the time of the officer's clock, as the town writes it. */
function kuspMoment(time) {
  const moments = document.querySelectorAll(".steps time[datetime]");
  const day = moments[moments.length - 1]?.getAttribute("datetime").slice(0, 10);
  const [, hours, minutes] = /^(\d{1,2})[:.]?(\d{2})$/.exec(time.trim()) ?? [];
  return day && hours ? `${day}T${hours.padStart(2, "0")}:${minutes}` : null;
}

function bodyOf(to) {
  const body = { version: card.version, to };
  if (to === "HANDED_OVER") body.told_text = spokenText();
  if (to === "FALSE_ALARM") body.false_reason = input("false_reason")?.value.trim() ?? "";
  if (to === "ACCEPTED") {
    body.kusp_number = input("kusp_number").value.trim();
    body.kusp_officer = input("kusp_officer").value.trim();
    const moment = kuspMoment(input("kusp_time").value);
    if (moment) body.kusp_at = moment;
  }
  return body;
}

function say(text) {
  const slot = form()?.querySelector("[data-error]");
  if (!slot) return;
  slot.textContent = text;
  slot.hidden = !text;
}

async function send(body) {
  clearTimeout(timer);
  keepDraft(WAITING, body);
  let answer;
  try {
    answer = await sendJson("POST", root.dataset.statusApi, body);
  } catch (error) {
    if (!(error instanceof LostError)) throw error;
    tell(WAITING, gettext("No link to the server. The step is kept here and is sent as soon as the link is back."));
    timer = setTimeout(() => send(body), RETRY_MS);
    return;
  }
  untell(WAITING);
  await take(body, answer);
}

async function take(body, { status, data }) {
  if (status === 409) {
    const moved = data.changes.find((change) => change.field === "status");
    // Somebody wrote a field meanwhile: the step is still the one that was meant.
    if (!moved) return send({ ...body, version: data.incident.version });
    tell("moved", interpolate(gettext("%(who)s was first: the card is “%(after)s” now. What you typed is kept."), moved, true), [
      { text: gettext("Understood"), act: () => untell("moved") },
    ]);
  } else if (status !== 200) {
    say(sentenceOf(data));
  } else {
    say("");
    dropDraft(...TYPED.map((name) => `step.${name}`));
    form()?.removeAttribute("data-touched");
  }
  dropDraft(WAITING);
  await refresh();
  if (status === 200) focusNext();
}

async function submit(to) {
  say("");
  // A step does not wait for fields that wait for the network: it waits itself.
  if ((await save()) === "open") say(gettext("First decide on the fields that are marked."));
  else await send(bodyOf(to));
}

export function focusNext() {
  document.querySelector("[data-focus]")?.focus({ preventScroll: true, focusVisible: true });
}

function resumeWaiting() {
  const body = draftOf(WAITING);
  if (body) send(body);
}

export function startSteps() {
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-step]")) return;
    event.preventDefault();
    // Enter in the reason means the reason's own button, not the first one of the form.
    const reason = document.activeElement?.closest(".reason");
    const to = reason?.querySelector("button").value || event.submitter?.value || event.target.dataset.to;
    if (to) submit(to);
  });
  document.addEventListener("input", ({ target }) => {
    if (!target.closest("[data-step]") || !TYPED.includes(target.name)) return;
    target.form.dataset.touched = "";
    keepDraft(`step.${target.name}`, target.value);
  });
  document.addEventListener("toggle", ({ target }) => target.matches?.(".false") && target.open && target.querySelector("input").focus(), true);
  onRefresh(restoreTyped);
  restoreTyped();
  resumeWaiting();
  window.addEventListener("online", resumeWaiting);
  if (root.hasAttribute("data-can-handle")) focusNext();
}
