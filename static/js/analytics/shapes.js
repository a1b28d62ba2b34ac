// Drawings as SVG elements, in pixels of the field.

import { arrowAcross, center, isTwoPointed } from "./geometry.js";

const SVG = "http://www.w3.org/2000/svg";
const ARROW_PX = 34;
const HEAD_PX = 9;

export function element(name, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const toPixels = (points, { width, height }) => points.map(([x, y]) => [x * width, y * height]);
const text = (points) => points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");

/** One drawing with its name; handles only on the one that is chosen. */
export function drawRegion(region, size, { isChosen, pointIndex }) {
  const group = element("g", { class: `shape ${region.shape.toLowerCase()}${isChosen ? " on" : ""}` });
  const pixels = toPixels(region.points, size);
  // A dark rim below the line keeps it visible on any picture.
  for (const layer of ["rim", "edge"]) {
    group.append(element(isTwoPointed(region.shape) ? "polyline" : "polygon", { class: layer, points: text(pixels) }));
  }
  if (region.shape === "LINE") group.append(...drawArrow(region, size));
  if (region.shape === "SCALE") group.append(...drawTicks(pixels));
  if (isChosen) group.append(...drawHandles(region, pixels, pointIndex));
  return group;
}

/** Names lie above all drawings. */
export function drawName(region, size, { isChosen }) {
  const [x, y] = toPixels([labelPoint(region)], size)[0];
  const label = element("text", { class: `shape-name${isChosen ? " on" : ""}`, x: x.toFixed(1), y: y.toFixed(1) });
  const length = region.shape === "SCALE" && region.length_m;
  const meters = length ? interpolate(gettext("%s m"), [length.toLocaleString(document.documentElement.lang)]) : "";
  label.textContent = [region.name, meters].filter(Boolean).join(", ");
  return label;
}

function labelPoint({ shape, points }) {
  if (!isTwoPointed(shape)) return center(points);
  // Beside the middle of a line stands its arrow: the name is above its upper end.
  const [x, y] = shape === "LINE" ? points.toSorted((a, b) => a[1] - b[1])[0] : center(points);
  return [x, Math.max(0.03, y - 0.035)];
}

function drawArrow(region, size) {
  const { middle, right, left } = arrowAcross(region.points, size, ARROW_PX);
  const tips = { TO_RIGHT: [right], TO_LEFT: [left], BOTH: [right, left] }[region.direction];
  return tips.flatMap((tip) => [
    element("path", { class: "rim", d: arrowPath(middle, tip) }),
    element("path", { class: "edge arrow", d: arrowPath(middle, tip) }),
  ]);
}

function arrowPath([fromX, fromY], [toX, toY]) {
  const angle = Math.atan2(toY - fromY, toX - fromX);
  const wing = (turn) => [toX - HEAD_PX * Math.cos(angle + turn), toY - HEAD_PX * Math.sin(angle + turn)].join(" ");
  return `M${fromX} ${fromY}L${toX} ${toY}M${wing(0.5)}L${toX} ${toY}L${wing(-0.5)}`;
}

function drawTicks([start, end]) {
  const angle = Math.atan2(end[1] - start[1], end[0] - start[0]) + Math.PI / 2;
  const [dx, dy] = [7 * Math.cos(angle), 7 * Math.sin(angle)];
  return [start, end].map(([x, y]) => element("path", { class: "edge", d: `M${x - dx} ${y - dy}L${x + dx} ${y + dy}` }));
}

function drawHandles(region, pixels, pointIndex) {
  const handles = pixels.map(([x, y], index) =>
    element("circle", { class: `handle${index === pointIndex ? " on" : ""}`, cx: x, cy: y, r: index === pointIndex ? 8 : 6 }),
  );
  return isTwoPointed(region.shape) ? handles : [...drawMiddles(pixels), ...handles];
}

/** Small handles between the corners: dragged, they become corners. */
function drawMiddles(pixels) {
  return pixels.map(([x, y], index) => {
    const [nextX, nextY] = pixels[(index + 1) % pixels.length];
    return element("circle", { class: "handle between", cx: (x + nextX) / 2, cy: (y + nextY) / 2, r: 4 });
  });
}

/** What is being drawn: the points so far, and a thread to the pointer. */
export function drawSketch(shape, points, tip, size) {
  const pixels = toPixels(tip ? [...points, tip] : points, size);
  const group = element("g", { class: `shape sketch ${shape.toLowerCase()} on` });
  group.append(element("polyline", { class: "rim", points: text(pixels) }), element("polyline", { class: "edge", points: text(pixels) }));
  for (const [x, y] of toPixels(points, size)) group.append(element("circle", { class: "handle", cx: x, cy: y, r: 5 }));
  return group;
}

export function drawCross([x, y], { width, height }) {
  const [px, py] = [x * width, y * height];
  const d = `M${px - 14} ${py}H${px - 4}M${px + 4} ${py}H${px + 14}M${px} ${py - 14}V${py - 4}M${px} ${py + 4}V${py + 14}`;
  return element("g", { class: "cross" }, element("path", { class: "rim", d }), element("path", { class: "edge", d }));
}
