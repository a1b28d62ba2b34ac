// State of the post: health in the head, alarms, marks of cameras. Asked of the server each few
// seconds, and at once when the live socket tells of a camera ("portal:camera-state").
// Tells the page by the event "portal:status" on document, detail: the server's answer.
import { syncClock } from "./clock.js";
import { playAlarm } from "./sound.js";

const PERIOD_MS = 5000;
const url = document.querySelector('meta[name="status-url"]')?.content;

let timer = 0;
let known = null;

function swap(name, html) {
  const slot = document.querySelector(`[data-status="${name}"]`);
  if (!slot || slot.dataset.drawn === html) return;
  slot.dataset.drawn = html;
  // Our own template's output, escaped by the server.
  slot.innerHTML = html;
}

function soundNew(alarms) {
  if (known && alarms.some((key) => !known.has(key))) playAlarm();
  known = new Set(alarms);
}

function showLink(isUp) {
  const cell = document.querySelector("[data-clock-cell]");
  const text = cell?.querySelector("[data-link-text]");
  if (!text) return;
  text.dataset.zone ??= text.textContent;
  cell.classList.toggle("warn", !isUp);
  text.textContent = isUp ? text.dataset.zone : gettext("no link to the server");
}

async function ask() {
  const response = await fetch(url, { headers: { Accept: "application/json" }, cache: "no-store" });
  // The session has ended: the server shows the way in.
  if (response.redirected || response.status === 403) location.reload();
  if (!response.ok) throw new Error(`status ${response.status}`);
  return response.json();
}

function take(status) {
  syncClock(status.server_us);
  for (const [name, html] of Object.entries(status.html)) swap(name, html);
  soundNew(status.alarms);
  document.dispatchEvent(new CustomEvent("portal:status", { detail: status }));
}

async function refresh() {
  clearTimeout(timer);
  try {
    take(await ask());
    showLink(true);
  } catch (error) {
    // Network trouble is shown and tried again; anything else is a fault of ours and must be seen.
    if (!(error instanceof TypeError) && !/^status 5/.test(error.message)) console.error(error);
    showLink(false);
  }
  timer = setTimeout(refresh, PERIOD_MS);
}

export function startStatus() {
  if (!url) return;
  document.addEventListener("portal:camera-state", refresh);
  document.addEventListener("visibilitychange", () => document.hidden || refresh());
  refresh();
}
