// The sound of a new alarm: two notes, at most once in ten seconds. M mutes it for three minutes.
import { durationText } from "./clock.js";

const MUTE_MS = 3 * 60_000;
const PAUSE_MS = 10_000;
const NOTES = [
  { at: 0, hertz: 880 },
  { at: 0.22, hertz: 660 },
];
const KEY = "atomgrad.muted-until";

let context = null;
let lastPlayed = 0;

function mutedUntil() {
  return Number(sessionStorage.getItem(KEY) ?? 0);
}

function note(hertz, at) {
  const tone = context.createOscillator();
  const volume = context.createGain();
  tone.frequency.value = hertz;
  volume.gain.setValueAtTime(0.0001, at);
  volume.gain.exponentialRampToValueAtTime(0.3, at + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.2);
  tone.connect(volume).connect(context.destination);
  tone.start(at);
  tone.stop(at + 0.22);
}

/** Play the alarm's sound, unless it is muted or the browser still waits for a click. */
export function playAlarm() {
  const now = Date.now();
  if (context?.state !== "running" || now < mutedUntil() || now - lastPlayed < PAUSE_MS) return;
  lastPlayed = now;
  for (const { at, hertz } of NOTES) note(hertz, context.currentTime + at);
}

/** Play the sound for the test at the beginning of a shift, muted or not; tell whether it could. */
export async function playTest() {
  context ??= new AudioContext();
  if (context.state === "suspended") await context.resume();
  if (context.state !== "running") return false;
  for (const { at, hertz } of NOTES) note(hertz, context.currentTime + at);
  return true;
}

function show(button) {
  const rest = mutedUntil() - Date.now();
  const text = button.querySelector("[data-sound-text]");
  const icons = document.querySelector('meta[name="icons"]')?.content ?? "";
  const isOff = rest > 0 || context?.state !== "running";
  if (rest > 0) text.textContent = durationText(rest / 1000);
  else text.textContent = isOff ? gettext("click to turn on") : gettext("on");
  button.querySelector("use").setAttribute("href", `${icons}#${isOff ? "mute" : "sound"}`);
  button.setAttribute("aria-label", rest > 0 ? gettext("Sound is muted. Turn it on") : gettext("Sound. Mute for 3 minutes"));
}

// A browser lets a page sound only after its user has touched it.
async function unlock(button) {
  if (!context) {
    context = new AudioContext();
    context.addEventListener("statechange", () => show(button));
  }
  if (context.state === "suspended") await context.resume();
  show(button);
}

export function startSound() {
  const button = document.querySelector("[data-sound]");
  if (!button) return;
  for (const event of ["pointerdown", "keydown"]) {
    document.addEventListener(event, () => unlock(button), { once: true });
  }
  button.addEventListener("click", () => {
    const isMuted = mutedUntil() > Date.now();
    sessionStorage.setItem(KEY, String(isMuted ? 0 : Date.now() + MUTE_MS));
    show(button);
  });
  show(button);
  setInterval(() => show(button), 1000);
}
