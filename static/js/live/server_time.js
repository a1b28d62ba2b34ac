// The server's time, for the age of frames: exact to a few milliseconds, whatever the PC's clock
// says or does. Built on performance.now(), which never jumps.
import { syncClock } from "../clock.js";

const SAMPLES = 8;
const offsets = [];

/** Take a time message of the server, just received. */
export function learnServerTime(serverUs) {
  offsets.push(serverUs / 1000 - performance.now());
  if (offsets.length > SAMPLES) offsets.shift();
  syncClock(serverUs);
}

/** Milliseconds since the epoch. A message is only ever late, so the largest offset is best. */
export function serverTimeMs() {
  const offset = offsets.length ? Math.max(...offsets) : performance.timeOrigin;
  return performance.now() + offset;
}
