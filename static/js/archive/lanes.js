// Draws the bands of the time line. Positions are shares of the window, set through the CSSOM.

import { Scale } from "./scale.js";
import { make } from "./text.js";
import { durationText } from "../clock.js";
import { nowUs, shortTime, timeOf } from "./town_time.js";

/** Lay an element from one moment to another, cut at the edges of the window. */
export function placeSpan(element, scale, fromUs, toUs) {
  const left = Math.max(0, scale.share(fromUs));
  const right = Math.min(1, scale.share(toUs));
  element.style.setProperty("left", `${(left * 100).toFixed(4)}%`);
  element.style.setProperty("right", `${((1 - right) * 100).toFixed(4)}%`);
  return element;
}

export function drawRuler(ruler, grid, scale) {
  const ticks = scale.ticks();
  ruler.replaceChildren(
    ...ticks.map(({ us, isMajor, label }) => {
      const tick = make("span", isMajor ? "major" : "minor", label);
      tick.style.setProperty("left", scale.percent(us));
      tick.classList.toggle("tight", scale.share(us) > 0.965);
      return tick;
    }),
  );
  grid.replaceChildren(
    ...ticks
      .filter(({ isMajor }) => isMajor)
      .map(({ us }) => {
        const line = make("i");
        line.style.setProperty("left", scale.percent(us));
        return line;
      }),
  );
}

/** Coverage as a line, gaps as a hatch with their cause. */
export function drawLane(lane, scale, coverage, camera) {
  const { spans } = coverage.of(camera, scale.fromUs, scale.toUs);
  const holes = coverage.holes(camera, scale.fromUs, scale.toUs);
  const inside = (fromUs, toUs) => toUs > scale.fromUs && fromUs < scale.toUs;
  const film = spans
    .filter(([fromUs, toUs]) => inside(fromUs, toUs))
    .map(([fromUs, toUs]) => placeSpan(make("i", "cover"), scale, fromUs, toUs));
  const gaps = holes.filter(({ startUs, endUs }) => inside(startUs, endUs)).map((hole) => drawGap(hole, scale));
  lane.replaceChildren(...film, ...gaps);
}

function drawGap(hole, scale) {
  const gap = placeSpan(make("i", "gap"), scale, hole.startUs, hole.endUs);
  gap.title = holeText(hole);
  return gap;
}

/** "Нет записи 21:28:10–21:30:51, 2:41, камера недоступна" */
export function holeText({ startUs, endUs, text }) {
  const known = startUs !== null && endUs !== null;
  const words = known
    ? interpolate(gettext("No footage %s–%s, %s"), [
        timeOf(startUs),
        timeOf(endUs),
        durationText((endUs - startUs) / 1e6),
      ])
    : gettext("No footage");
  return text ? `${words}, ${text}` : words;
}

export function drawDay({ hours, dayBand }, { fromUs, toUs }, coverage, camera) {
  const day = new Scale(fromUs, toUs);
  const marks = [];
  for (let us = fromUs; us < toUs; us += 3600e6) {
    const mark = make("span", "", shortTime(us).slice(0, 2));
    mark.style.setProperty("left", day.percent(us));
    marks.push(mark);
  }
  hours.replaceChildren(...marks);
  drawLane(dayBand, day, coverage, camera);
  const { holds } = coverage.of(camera, fromUs, toUs);
  dayBand.append(...holds.map((hold) => placeSpan(make("i", "held"), day, hold.start_us, hold.end_us)));
  if (toUs > nowUs()) dayBand.append(placeSpan(make("i", "ahead"), day, Math.max(fromUs, nowUs()), toUs));
}
