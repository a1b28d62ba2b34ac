// A quiet word in the head after 90 minutes of work in one piece; it forces nobody to anything.
// Work is what hands do in the portal's pages, all tabs together. Ten minutes without a hand are a break.
const WORK_MS = 90 * 60_000;
const BREAK_MS = 10 * 60_000;
const AGAIN_MS = 30 * 60_000;
const NOTE_MS = 5_000;

function read(key) {
  try {
    return { workMs: 0, lastMs: 0, hideUntilMs: 0, ...JSON.parse(localStorage.getItem(key)) };
  } catch {
    return { workMs: 0, lastMs: 0, hideUntilMs: 0 };
  }
}

function noteHand(key) {
  const state = read(key);
  const now = Date.now();
  const gap = now - state.lastMs;
  if (gap >= 0 && gap < NOTE_MS) return;
  // A clock that was set back begins anew, too.
  if (gap < 0 || gap >= BREAK_MS) Object.assign(state, { workMs: 0, hideUntilMs: 0 });
  else state.workMs += gap;
  state.lastMs = now;
  localStorage.setItem(key, JSON.stringify(state));
}

function show(cell, key) {
  const { workMs, lastMs, hideUntilMs } = read(key);
  const isAway = Date.now() - lastMs >= BREAK_MS;
  cell.hidden = isAway || workMs < WORK_MS || workMs < hideUntilMs;
}

export function startBreakHint() {
  const cell = document.querySelector("[data-break]");
  if (!cell) return;
  const key = `atomgrad.work.${cell.dataset.break}`;
  for (const event of ["pointerdown", "pointermove", "keydown", "wheel"]) {
    document.addEventListener(event, () => noteHand(key), { passive: true });
  }
  cell.addEventListener("click", () => {
    const state = read(key);
    state.hideUntilMs = state.workMs + AGAIN_MS;
    localStorage.setItem(key, JSON.stringify(state));
    show(cell, key);
  });
  show(cell, key);
  setInterval(() => show(cell, key), 10_000);
}
