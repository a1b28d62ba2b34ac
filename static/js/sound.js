// Sounds of the portal: an earcon for each priority. M mutes them for three minutes, counted down.
import { durationText } from "./clock.js";

const MUTE_MS = 3 * 60_000;
const PAUSE_MS = 2_000; // so that two never mix
/** Told apart without looking: five quick, three falling, two soft. All end within 1.5 s. */
const EARCONS = {
  1: [0, 0.16, 0.32, 0.56, 0.72].map((at, index) => ({ at, hertz: index < 3 ? 1046 : 1568, lasts: 0.13 })),
  2: [0, 0.24, 0.48].map((at, index) => ({ at, hertz: [1174, 932, 740][index], lasts: 0.2 })),
  3: [0, 0.3].map((at, index) => ({ at, hertz: [659, 523][index], lasts: 0.26 })),
  card: [{ at: 0, hertz: 587, lasts: 0.4 }],
};
/** By the level of escalation: as it is, louder, louder again. */
const VOLUMES = [0.25, 0.5, 0.9];
/** Asks for no haste. */
const QUIET = { card: 0.1 };
const KEY = "atomgrad.muted-until";

let context = null;
let lastPlayed = 0;

function mutedUntil() {
  return Number(sessionStorage.getItem(KEY) ?? 0);
}

function note({ hertz, at, lasts }, loudest) {
  const tone = context.createOscillator();
  const volume = context.createGain();
  const begin = context.currentTime + at;
  tone.type = "triangle";
  tone.frequency.value = hertz;
  volume.gain.setValueAtTime(0.0001, begin);
  volume.gain.exponentialRampToValueAtTime(loudest, begin + 0.02);
  volume.gain.setValueAtTime(loudest, begin + lasts - 0.06);
  volume.gain.exponentialRampToValueAtTime(0.0001, begin + lasts);
  tone.connect(volume).connect(context.destination);
  tone.start(begin);
  tone.stop(begin + lasts + 0.02);
}

/**
 * Play the earcon of a priority, or of an important "card"; true: it is heard. Not while it is muted, while another one sounds,
 * or while the browser still waits for a click.
 */
export function playEarcon(priority, level = 0) {
  const now = Date.now();
  if (context?.state !== "running" || now < mutedUntil() || now - lastPlayed < PAUSE_MS) return false;
  lastPlayed = now;
  for (const one of EARCONS[priority] ?? []) note(one, QUIET[priority] ?? VOLUMES[level] ?? VOLUMES.at(-1));
  document.dispatchEvent(new CustomEvent("portal:earcon", { detail: { priority, level } }));
  return true;
}

/** A fault of the portal itself. */
export const playAlarm = () => playEarcon(2);

/** Play the most urgent sound for the test at the beginning of a shift, muted or not; true: it could. */
export async function playTest() {
  context ??= new AudioContext();
  if (context.state === "suspended") await context.resume();
  if (context.state !== "running") return false;
  for (const one of EARCONS[1]) note(one, VOLUMES[0]);
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
