// Reads the page of the card anew and changes the parts that differ; what a person is typing in stays.
import { card, takeFields } from "./fields.js";
import { getJson, getPage, LostError, root } from "./http.js";
import { drawFills } from "./running.js";

const PERIOD_MS = 4000;
const listeners = [];
let seen = "";
const stateOf = (page) => page.querySelector("[data-part=head]")?.dataset.state ?? "";

const openKeys = (part) => [...part.querySelectorAll("details[open][data-fold]")].map((element) => element.dataset.fold);
const isTouched = (part) =>
  [...part.querySelectorAll("form[data-touched]")].length > 0 || part.querySelector(".dirty") !== null;

function focusName() {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const form = element.closest("form")?.getAttribute("action");
  return { part: element.closest("[data-part]")?.dataset.part, field: element.dataset.field, name: element.name, form };
}

function refocus(part, was) {
  const found = [...part.querySelectorAll("input, select, textarea, button")].find(
    (element) =>
      (was.field && element.dataset.field === was.field) ||
      (was.name && element.name === was.name && element.closest("form")?.getAttribute("action") === was.form),
  );
  found?.focus({ preventScroll: true });
}

function swap(part, fresh) {
  if (part.innerHTML === fresh.innerHTML && part.className === fresh.className) return;
  // A step that somebody else has taken must be seen, whatever is being typed: drafts keep that.
  const hasMoved = part.dataset.part === "act" && part.dataset.awaits !== fresh.dataset.awaits;
  if (isTouched(part) && !hasMoved) return;
  const open = openKeys(part);
  const was = focusName();
  for (const { name, value } of fresh.attributes) part.setAttribute(name, value);
  part.replaceChildren(...[...fresh.childNodes].map((node) => document.importNode(node, true)));
  for (const key of open) part.querySelector(`details[data-fold="${key}"]`)?.setAttribute("open", "");
  if (was?.part === part.dataset.part) refocus(part, was);
}

/** Read the page anew. */
export async function refresh() {
  const page = await getPage(location.href).catch((error) => {
    if (error instanceof LostError) return null;
    throw error;
  });
  if (!page) return;
  const before = card.status;
  seen = stateOf(page);
  takeFields(page);
  for (const fresh of page.querySelectorAll("[data-part]")) {
    const part = document.querySelector(`[data-part="${fresh.dataset.part}"]`);
    if (part) swap(part, fresh);
  }
  root.className = page.querySelector(".inc")?.className ?? root.className;
  drawFills();
  for (const listener of listeners) listener(before !== card.status);
}

/** `listener(hasMoved)` after each reading; `hasMoved`: the status is another. */
export const onRefresh = (listener) => listeners.push(listener);

async function look() {
  if (!document.hidden) {
    const state = await getJson(root.dataset.stateUrl).catch((error) => {
      if (error instanceof LostError) return null;
      throw error;
    });
    if (state && `${state.version}.${state.line}` !== seen) await refresh();
  }
  setTimeout(look, PERIOD_MS);
}

export function startParts() {
  // What was changed while this page was on its way is read at the first look.
  seen = stateOf(document);
  look();
}
