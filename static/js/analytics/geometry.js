// Points of drawings: shares of the picture, 0 to 1 from its upper left corner.

export const isTwoPointed = (shape) => shape === "LINE" || shape === "SCALE";

const clamp = (value) => Math.min(1, Math.max(0, value));

export const inside = ([x, y]) => [clamp(x), clamp(y)];

/** Move all points alike, no farther than the picture's edge. */
export function moved(points, dx, dy) {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const allowedX = Math.min(1 - Math.max(...xs), Math.max(-Math.min(...xs), dx));
  const allowedY = Math.min(1 - Math.max(...ys), Math.max(-Math.min(...ys), dy));
  return points.map(([x, y]) => inside([x + allowedX, y + allowedY]));
}

/** The rectangle over two corners, clockwise from the upper left. */
export function rectangle([ax, ay], [bx, by]) {
  const [left, right] = [Math.min(ax, bx), Math.max(ax, bx)];
  const [top, bottom] = [Math.min(ay, by), Math.max(ay, by)];
  return [[left, top], [right, top], [right, bottom], [left, bottom]];
}

/** Pixels between two points of a picture of this size. */
export const distance = ([ax, ay], [bx, by], { width, height }) => Math.hypot((ax - bx) * width, (ay - by) * height);

/** The index of the nearest point within `reach` pixels; -1. */
export function pointNear(points, at, size, reach) {
  const distances = points.map((point) => distance(point, at, size));
  const nearest = distances.indexOf(Math.min(...distances));
  return nearest >= 0 && distances[nearest] <= reach ? nearest : -1;
}

export function center(points) {
  const sum = points.reduce(([x, y], [px, py]) => [x + px, y + py], [0, 0]);
  return sum.map((value) => value / points.length);
}

/** Is a point inside the polygon, or within `reach` pixels of the line? */
export function isHit(shape, points, at, size, reach) {
  if (isTwoPointed(shape)) return points.length === 2 && distanceToStretch(points, at, size) <= reach;
  let isInside = false;
  for (let i = 0, j = points.length - 1; i < points.length; j = i, i += 1) {
    const [[ax, ay], [bx, by]] = [points[i], points[j]];
    if (ay > at[1] !== by > at[1] && at[0] < ((bx - ax) * (at[1] - ay)) / (by - ay) + ax) isInside = !isInside;
  }
  return isInside;
}

function distanceToStretch([start, end], at, { width, height }) {
  const [alongX, alongY] = [(end[0] - start[0]) * width, (end[1] - start[1]) * height];
  const [awayX, awayY] = [(at[0] - start[0]) * width, (at[1] - start[1]) * height];
  const squared = alongX ** 2 + alongY ** 2 || 1;
  const share = Math.min(1, Math.max(0, (awayX * alongX + awayY * alongY) / squared));
  return Math.hypot(awayX - share * alongX, awayY - share * alongY);
}

/** What may stay as it is drawn, and what lacks points. */
export const isComplete = (shape, points) => (isTwoPointed(shape) ? points.length === 2 : points.length >= 3);

/** Pixels: the tips of the arrow across a line that points where crossing is watched. */
export function arrowAcross([start, end], { width, height }, length) {
  const middle = [((start[0] + end[0]) / 2) * width, ((start[1] + end[1]) / 2) * height];
  const [alongX, alongY] = [(end[0] - start[0]) * width, (end[1] - start[1]) * height];
  const whole = Math.hypot(alongX, alongY) || 1;
  // The picture's y points down: to the right of the line is (-y, x).
  const [toX, toY] = [(-alongY / whole) * length, (alongX / whole) * length];
  return { middle, right: [middle[0] + toX, middle[1] + toY], left: [middle[0] - toX, middle[1] - toY] };
}
