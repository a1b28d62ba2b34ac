// Fields of the card: written when they are left, kept as they were typed until the server has them.
// Somebody else was first: the person is told who, what it was and what it is, and decides.
import { dropDraft, draftOf, keepDraft } from "./drafts.js";
import { LostError, root, sendJson, sentenceOf } from "./http.js";
import { tell, untell } from "./told.js";

const RETRY_MS = 3000;
const base = new Map();
const conflicts = new Set();
export const card = { version: 0, status: "" };
let running = null;
let isLost = false;
let isAgain = false;
let timer = 0;
let afterSave = () => {};

const fieldOf = (name) => document.querySelector(`[data-field="${name}"]`);
export const read = (element) => {
  if (element.type === "checkbox") return element.checked;
  // The generated message is no one's writing until a word of it is changed.
  if ("generated" in element.dataset && element.value === element.dataset.filled) return base.get(element.dataset.field);
  return element.value;
};
const original = (element) => {
  if (element.type === "checkbox") return element.defaultChecked;
  if (element.tagName === "SELECT") return [...element.options].find((option) => option.defaultSelected)?.value ?? "";
  return element.defaultValue;
};
const isDirty = (element) => base.has(element.dataset.field) && read(element) !== base.get(element.dataset.field);

function write(element, value) {
  if (element.type === "checkbox") element.checked = value;
  else if (document.activeElement !== element || element.value !== value) element.value = value;
  mark(element);
}

function mark(element) {
  element.classList.toggle("dirty", isDirty(element));
  const count = element.closest(".area-wrap")?.querySelector("[data-count]");
  if (count) count.textContent = `${element.value.length} / ${element.maxLength}`;
}

const say = (text) => {
  const slot = document.querySelector("[data-saved]");
  if (slot) slot.textContent = text;
};

export const dirtyFields = () => [...document.querySelectorAll("[data-field]")].filter(isDirty);

/** Take the server's page over: what nobody is typing in gets its new value. */
export function takeFields(page) {
  const isQuiet = dirtyFields().length === 0;
  const head = page.querySelector("[data-part=head]");
  if (isQuiet && head) Object.assign(card, { version: Number(head.dataset.version), status: head.dataset.status });
  for (const fresh of page.querySelectorAll("[data-field]")) {
    const element = fieldOf(fresh.dataset.field);
    if (!element || isDirty(element)) continue;
    base.set(fresh.dataset.field, original(fresh));
    if (read(element) !== original(fresh)) write(element, original(fresh));
  }
}

function bodyOf(elements) {
  const body = { version: card.version };
  for (const element of elements) {
    const { field } = element.dataset;
    body[field] = element.type === "number" ? Number(element.value || 0) : read(element);
  }
  return body;
}

function settle(elements, data) {
  card.version = data.version;
  for (const element of elements) {
    const name = element.dataset.field;
    base.set(name, element.sentValue);
    if (read(element) === element.sentValue) dropDraft(name);
    mark(element);
    if ("generated" in element.dataset) delete element.dataset.filled;
  }
  say(gettext("written"));
}

function meet(data) {
  card.version = data.incident.version;
  for (const change of data.changes) {
    const element = fieldOf(change.field);
    if (element && isDirty(element)) conflict(element, change);
  }
  isAgain = true;
}

function conflict(element, change) {
  const name = change.field;
  conflicts.add(name);
  const text = interpolate(
    gettext("%(who)s was first. %(field)s: “%(before)s” → “%(after)s”. What you typed is still in the field."),
    { who: change.who || gettext("The portal"), field: change.name, before: change.before, after: change.after },
    true,
  );
  const settled = () => (conflicts.delete(name), untell(`field-${name}`));
  tell(`field-${name}`, text, [
    { text: gettext("Write mine"), act: () => (settled(), save()) },
    {
      text: gettext("Take theirs"),
      act: () => {
        settled();
        dropDraft(name);
        base.delete(name);
        afterSave();
      },
    },
  ]);
}

/** What stands after a writing: "written", "waiting" for the network, or "open" to be decided. */
const outcome = () => {
  if (!dirtyFields().length) return "written";
  return isLost ? "waiting" : "open";
};

/** Write all that was changed. */
export async function save() {
  if (running) {
    isAgain = true;
    return running;
  }
  running = writeAll().finally(() => (running = null));
  return running;
}

async function writeAll() {
  clearTimeout(timer);
  do {
    isAgain = false;
    const ready = dirtyFields().filter((element) => !conflicts.has(element.dataset.field) && element.checkValidity());
    if (ready.length) await writeOnce(ready);
  } while (isAgain);
  return outcome();
}

async function writeOnce(elements) {
  for (const element of elements) element.sentValue = read(element);
  try {
    const { status, data } = await sendJson("PATCH", root.dataset.api, bodyOf(elements));
    isLost = false;
    untell("network");
    untell("refused");
    if (status === 200) settle(elements, data);
    else if (status === 409) meet(data);
    else tell("refused", sentenceOf(data));
    if (status === 200) afterSave();
  } catch (error) {
    if (!(error instanceof LostError)) throw error;
    isLost = true;
    tell("network", gettext("No link to the server. What you typed is kept here and is sent as soon as the link is back."));
    timer = setTimeout(save, RETRY_MS);
  }
}

function onInput({ target }) {
  if (!target.matches("[data-field]")) return;
  say("");
  mark(target);
  if (isDirty(target)) keepDraft(target.dataset.field, read(target));
  else dropDraft(target.dataset.field);
}

function restoreDrafts() {
  let count = 0;
  for (const element of document.querySelectorAll("[data-field]")) {
    const draft = draftOf(element.dataset.field);
    if (draft === undefined || draft === base.get(element.dataset.field)) continue;
    write(element, draft);
    count += 1;
  }
  if (count) tell("drafts", gettext("What you had typed before is back in its fields and not yet written."), [
    { text: gettext("Write"), act: () => (untell("drafts"), save()) },
    { text: gettext("Discard"), act: discard },
  ]);
}

function discard() {
  for (const element of dirtyFields()) {
    dropDraft(element.dataset.field);
    write(element, base.get(element.dataset.field));
  }
  untell("drafts");
}

/** `onSaved()`: read the page anew. */
export function startFields(onSaved) {
  afterSave = onSaved;
  takeFields(document);
  for (const element of document.querySelectorAll("[data-field]")) mark(element);
  restoreDrafts();
  document.addEventListener("input", onInput);
  document.addEventListener("change", ({ target }) => target.matches("[data-field]") && save());
  window.addEventListener("online", save);
}
