// Boxes of what analysis found, drawn over a picture in step with the picture's own time.
// Sides are thousandths of the picture; times are microseconds since the epoch.

const HOLD_US = 1.2e6; // so long a box stays without news
const AHEAD_US = 0.5e6; // and so far it is moved on
const KEY = "atomgrad.boxes";

const NAMES = {
  person: () => gettext("person"),
  bicycle: () => gettext("bicycle"),
  car: () => gettext("car"),
  motorcycle: () => gettext("motorcycle"),
  bus: () => gettext("bus"),
  truck: () => gettext("truck"),
  bird: () => gettext("bird"),
  cat: () => gettext("cat"),
  dog: () => gettext("dog"),
  backpack: () => gettext("backpack"),
  handbag: () => gettext("handbag"),
  suitcase: () => gettext("suitcase"),
  face: () => gettext("face"),
};

/** @typedef {{identity: number, label: string, left: number, top: number, width: number, height: number}} Box */
/** @typedef {{us: number, boxes: Map<number, Box>}} Frame */

/** [at_us, [[identity, label, left, top, width, height], …]] as the server sends it. */
export function frameOf(us, rows) {
  const boxes = rows.map(([identity, label, left, top, width, height]) => [
    identity,
    { identity, label, left, top, width, height },
  ]);
  return { us, boxes: new Map(boxes) };
}

const between = (one, other, share) => one + (other - one) * share;

function moved(box, other, share) {
  return {
    ...box,
    left: between(box.left, other.left, share),
    top: between(box.top, other.top, share),
    width: between(box.width, other.width, share),
    height: between(box.height, other.height, share),
  };
}

/** The last frame not after the moment: its place in the list, or -1. */
function indexAt(frames, us) {
  let low = 0;
  let high = frames.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (frames[middle].us <= us) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/**
 * Where everything is at a moment: between two analyzed frames by interpolation, just after the
 * newest one moved on as it moved last.
 * @param {Frame[]} frames in order of time
 */
export function boxesAt(frames, us) {
  const index = indexAt(frames, us);
  const current = frames[index];
  if (!current || us - current.us > HOLD_US) return [];
  const next = frames[index + 1];
  if (next && next.us - current.us <= HOLD_US) {
    const share = (us - current.us) / (next.us - current.us);
    return [...current.boxes.values()].map((box) => moved(box, next.boxes.get(box.identity) ?? box, share));
  }
  const before = frames[index - 1];
  if (!before || current.us - before.us > HOLD_US) return [...current.boxes.values()];
  const share = Math.min(us - current.us, AHEAD_US) / (current.us - before.us);
  return [...current.boxes.values()].map((box) => {
    const old = before.boxes.get(box.identity);
    return old ? moved(box, moved(old, box, 2), share) : box;
  });
}

/** Where the picture lies in its figure: never cropped, so there may be bars beside it. */
function pictureArea(figure) {
  const media = figure.querySelector(":scope > video:not([hidden]), :scope > img:not([hidden])");
  const width = media?.videoWidth || media?.naturalWidth || 16;
  const height = media?.videoHeight || media?.naturalHeight || 9;
  const scale = Math.min(figure.clientWidth / width, figure.clientHeight / height);
  return {
    left: (figure.clientWidth - width * scale) / 2,
    top: (figure.clientHeight - height * scale) / 2,
    width: width * scale,
    height: height * scale,
  };
}

/** A canvas over one picture. */
export class BoxLayer {
  #figure;
  #canvas = document.createElement("canvas");
  #drawn = "";

  constructor(figure) {
    this.#figure = figure;
    this.#canvas.className = "boxes";
    this.#canvas.setAttribute("aria-hidden", "true");
    // Above the picture, below what is written on it.
    figure.insertBefore(this.#canvas, figure.querySelector(":scope > .tag, :scope > .veil"));
  }

  remove() {
    this.#canvas.remove();
  }

  /** @param {Box[]} boxes @param {{isAlarm?: boolean}} style what the alarm is about, in its own color */
  draw(boxes, { isAlarm = false } = {}) {
    const area = pictureArea(this.#figure);
    const placed = boxes.map((box) => ({
      label: box.label,
      left: Math.round(area.left + (box.left / 1000) * area.width),
      top: Math.round(area.top + (box.top / 1000) * area.height),
      width: Math.round((box.width / 1000) * area.width),
      height: Math.round((box.height / 1000) * area.height),
    }));
    const key = JSON.stringify([placed, this.#figure.clientWidth, this.#figure.clientHeight]);
    if (key === this.#drawn) return;
    this.#drawn = key;
    const context = this.#clear();
    for (const box of placed) (isAlarm ? drawCorners : drawBox)(context, box);
  }

  #clear() {
    const ratio = window.devicePixelRatio || 1;
    const context = this.#canvas.getContext("2d");
    this.#canvas.width = Math.round(this.#figure.clientWidth * ratio);
    this.#canvas.height = Math.round(this.#figure.clientHeight * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const style = getComputedStyle(this.#figure);
    context.ink = style.getPropertyValue("--pic-ink").trim() || "#fff";
    context.chip = style.getPropertyValue("--pic-chip").trim() || "#000";
    context.alarm = style.getPropertyValue("--pic-alarm").trim() || "#f66";
    context.font = `600 14px ${style.fontFamily}`;
    return context;
  }
}

function drawBox(context, { left, top, width, height, label }) {
  context.lineJoin = "round";
  context.strokeStyle = "rgb(0 0 0 / .55)";
  context.lineWidth = 4;
  context.strokeRect(left, top, width, height);
  context.strokeStyle = context.ink;
  context.lineWidth = 2;
  context.strokeRect(left, top, width, height);
  // Far away a name would hide what it names.
  if (width >= 28 && height >= 40) drawName(context, NAMES[label]?.() ?? label, left, top);
}

function drawName(context, name, left, top) {
  const length = context.measureText(name).width + 10;
  const above = top >= 22 ? top - 21 : top + 1;
  context.fillStyle = context.chip;
  context.fillRect(left - 1, above, length, 20);
  context.fillStyle = context.ink;
  context.textBaseline = "middle";
  context.fillText(name, left + 4, above + 11);
}

/** The four corners only: what lies inside stays to be judged. */
function drawCorners(context, { left, top, width, height }) {
  const arm = Math.max(6, Math.min(22, width / 3, height / 3));
  const corners = [
    [left, top, 1, 1],
    [left + width, top, -1, 1],
    [left + width, top + height, -1, -1],
    [left, top + height, 1, -1],
  ];
  for (const [color, thick] of [["rgb(0 0 0 / .5)", 6], [context.alarm, 3]]) {
    context.strokeStyle = color;
    context.lineWidth = thick;
    for (const [x, y, across, down] of corners) {
      context.beginPath();
      context.moveTo(x, y + down * arm);
      context.lineTo(x, y);
      context.lineTo(x + across * arm, y);
      context.stroke();
    }
  }
}

/** The page's switch: off at first, remembered by the browser. `onChange(isOn)`. */
export class BoxSwitch {
  #button;

  constructor(button, onChange) {
    this.#button = button;
    this.onChange = onChange;
    button.addEventListener("click", () => this.set(!this.isOn));
    if (localStorage.getItem(KEY) === "1") this.set(true);
  }

  get isOn() {
    return this.#button.getAttribute("aria-pressed") === "true";
  }

  set(isOn) {
    this.#button.setAttribute("aria-pressed", String(isOn));
    localStorage.setItem(KEY, isOn ? "1" : "0");
    this.onChange(isOn);
  }
}
