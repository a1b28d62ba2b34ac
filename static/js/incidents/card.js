// Entry of the incident card: its fields, its next step, its rows, and the keys of the board.
import { dirtyFields, save, startFields } from "./fields.js";
import { refresh, startParts } from "./parts.js";
import { startRows } from "./rows.js";
import { startRunning } from "./running.js";
import { startSteps } from "./steps.js";

const SIGNS_PER_SECOND = 14.5; // of text read aloud, as the server counts

function press(code) {
  if (code === "KeyS") {
    // What is typed is saved first; with nothing to save it is the next step.
    if (dirtyFields().length) save();
    else document.querySelector("[data-main-act]")?.form.requestSubmit(document.querySelector("[data-main-act]"));
    return true;
  }
  if (code === "KeyV") {
    document.querySelector('[data-field="is_important"]')?.click();
    return true;
  }
  const field = document.querySelector(`[data-alt="${code}"]`);
  field?.focus();
  field?.scrollIntoView({ block: "nearest" });
  return field !== null;
}

function onKey(event) {
  if (event.altKey && !event.ctrlKey && !event.metaKey && press(event.code)) {
    event.preventDefault();
  } else if (event.code === "F6") {
    event.preventDefault();
    const columns = [...document.querySelectorAll(".col")];
    const at = columns.findIndex((column) => column.contains(document.activeElement));
    columns[(at + (event.shiftKey ? columns.length - 1 : 1) + columns.length) % columns.length].focus();
  } else if (event.code === "Escape" && event.target.closest?.("details[open]")) {
    event.target.closest("details").open = false;
  } else if (event.code === "Enter" && event.target.matches?.('textarea[data-field="summary"]')) {
    event.preventDefault();
    event.target.blur();
  }
}

function showReadTime(text) {
  const slot = document.querySelector("[data-read-time]");
  const seconds = Math.round(text.length / SIGNS_PER_SECOND);
  if (slot) slot.textContent = interpolate(gettext("aloud, about %(seconds)s s"), { seconds }, true);
}

function startSpeech() {
  const text = document.querySelector('[data-field="told_text"]');
  document.querySelector("[data-edit-told]")?.addEventListener("click", () => {
    const quote = document.querySelector("[data-spoken]");
    if (!text.value) {
      text.value = quote.textContent.trim();
      text.dataset.filled = text.value;
    }
    text.hidden = !text.hidden;
    quote.closest("[data-part]").hidden = !text.hidden;
    if (!text.hidden) text.focus();
  });
  text?.addEventListener("input", () => showReadTime(text.value));
}

startFields(refresh);
startRows();
startSteps();
startSpeech();
startRunning();
startParts();
document.addEventListener("keydown", onKey);
