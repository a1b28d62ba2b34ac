// Rows that hang on a card: people, damage, services, steps of the checklist, calls, links, reminders.
import { card } from "./fields.js";
import { LostError, sendForm, sentenceOf } from "./http.js";
import { refresh } from "./parts.js";
import { tell, untell } from "./told.js";

function say(form, text) {
  const slot = form.querySelector("[data-error]");
  if (slot) {
    slot.textContent = text;
    slot.hidden = !text;
  } else if (text) {
    tell("row", text, [{ text: gettext("Understood"), act: () => untell("row") }]);
  }
}

async function post(url, data, form) {
  try {
    const { status, data: answer } = await sendForm(url, data);
    if (status === 200 && answer.url) location.assign(answer.url);
    if (status === 200) return true;
    const stale = gettext("Somebody else changed the card meanwhile: look at it and try again.");
    say(form, status === 409 ? stale : sentenceOf(answer));
    if (status === 409) await refresh();
  } catch (error) {
    if (!(error instanceof LostError)) throw error;
    say(form, gettext("No link to the server. What you typed stays here: try again."));
  }
  return false;
}

async function submit(form, submitter) {
  const data = new FormData(form, submitter);
  if ("versioned" in form.dataset) data.set("version", card.version);
  say(form, "");
  if (!(await post(form.action, data, form))) return;
  delete form.dataset.touched;
  if (form.closest("[data-fold$='-new']")) form.closest("details").open = false;
  form.reset();
  await refresh();
}

async function tick(box) {
  const data = new FormData();
  data.set("item", box.dataset.stepItem);
  if (box.checked) data.set("is_done", "on");
  if (!(await post(box.dataset.url, data, box.closest("section")))) box.checked = !box.checked;
  await refresh();
}

export function startRows() {
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-row]")) return;
    event.preventDefault();
    submit(event.target, event.submitter);
  });
  document.addEventListener("input", ({ target }) => {
    const form = target.closest("[data-row]");
    if (form) form.dataset.touched = "";
  });
  document.addEventListener("change", ({ target }) => target.matches("[data-step-item]") && tick(target));
  // An opened row is written in at once.
  document.addEventListener(
    "toggle",
    ({ target }) => target.open && target.matches?.(".add") && target.querySelector("input, select")?.focus(),
    true,
  );
}
