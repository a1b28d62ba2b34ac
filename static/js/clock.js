// The server's clock in the town's zone: the PC's own clock is never shown, whatever it says or does.
// It starts from <meta name="server-time"> and is put right by every later message of the server.
// Built on performance.now(), which never jumps.
const zone = document.querySelector('meta[name="time-zone"]')?.content ?? "UTC";
const language = document.documentElement.lang;

// A message is only ever late, so of the last ones the largest offset is best.
const SAMPLES = 8;
const offsets = [];
let offsetMs = performance.timeOrigin;
const rendered = document.querySelector('meta[name="server-time"]');
if (rendered) syncClock(Number(rendered.content));

const formats = {
  time: new Intl.DateTimeFormat("ru", { timeZone: zone, hour: "2-digit", minute: "2-digit", second: "2-digit" }),
  weekday: new Intl.DateTimeFormat(language, { timeZone: zone, weekday: "short" }),
  date: new Intl.DateTimeFormat("ru", { timeZone: zone, day: "2-digit", month: "2-digit", year: "numeric" }),
  hour: new Intl.DateTimeFormat("en", { timeZone: zone, hour: "numeric", hourCycle: "h23" }),
};

/** Milliseconds since the epoch by the server's clock. */
export function serverNowMs() {
  return performance.now() + offsetMs;
}

/** Take over the server's time (microseconds since the epoch), just received. */
export function syncClock(serverUs) {
  offsets.push(serverUs / 1000 - performance.now());
  if (offsets.length > SAMPLES) offsets.shift();
  offsetMs = Math.max(...offsets);
}

/** "21:48:07" in the town's zone. */
export function timeText(ms) {
  return formats.time.format(ms);
}

/** Hour of the day in the town's zone, 0 to 23. */
export function townHour() {
  return Number(formats.hour.format(serverNowMs()));
}

/** "пт 10.07.2026" */
function dateText(ms) {
  return `${formats.weekday.format(ms)} ${formats.date.format(ms)}`;
}

/** "0:24", "12:07", "3:05:40" */
export function durationText(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

function show() {
  const now = serverNowMs();
  for (const element of document.querySelectorAll("[data-clock]")) element.textContent = timeText(now);
  for (const element of document.querySelectorAll("[data-date]")) element.textContent = dateText(now);
  for (const element of document.querySelectorAll("[data-since-us]")) {
    element.textContent = durationText((now - Number(element.dataset.sinceUs) / 1000) / 1000);
  }
  setTimeout(show, 1000 - (serverNowMs() % 1000) + 5);
}

export function startClock() {
  show();
}
