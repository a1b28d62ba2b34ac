// The field on which staff draw: mouse, touch and keyboard do the same things.

import { distance, inside, isComplete, isHit, isTwoPointed, moved, pointNear, rectangle } from "./geometry.js";
import { drawCross, drawName, drawRegion, drawSketch } from "./shapes.js";

const REACH_PX = { mouse: 10, pen: 14, touch: 22 };
const DRAG_PX = 6; // less is a click
const STEP = 0.01; // of the picture, by an arrow key
const FINE_STEP = 0.002; // with Shift
const MOST_POINTS = 60;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Editor {
  /**
   * @param {SVGElement} svg
   * @param {import("./draft.js").Draft} draft
   * @param {{say: Function, choose: Function, toolChanged: Function, nameFor: Function}} page
   */
  constructor(svg, draft, page) {
    Object.assign(this, { svg, draft, page, tool: null, sketch: [], tip: null, chosen: null, pointIndex: -1 });
    Object.assign(this, { drag: null, isCarrying: false, cross: [0.5, 0.5], isCrossShown: false });
    this.size = { width: 1, height: 1 };
    new ResizeObserver(() => this.resize()).observe(svg);
    svg.addEventListener("pointerdown", (event) => this.onDown(event));
    svg.addEventListener("pointermove", (event) => this.onMove(event));
    svg.addEventListener("pointerup", (event) => this.onUp(event));
    svg.addEventListener("pointercancel", () => this.leaveDrag());
    svg.addEventListener("pointerleave", () => this.hover(null));
    svg.addEventListener("dblclick", () => this.finish());
    svg.addEventListener("keydown", (event) => this.onKey(event));
    svg.addEventListener("blur", () => this.showCross(false));
    draft.onChange((what) => this.onDraft(what));
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.svg;
    this.size = { width: width || 1, height: height || 1 };
    this.svg.setAttribute("viewBox", `0 0 ${this.size.width} ${this.size.height}`);
    this.render();
  }

  onDraft(what) {
    if (what === "load") this.leave();
    if (!this.draft.region(this.chosen)) this.choose(null);
    this.render();
  }

  // --- what is chosen and drawn ---------------------------------------------------------

  /** Draw with this tool; null: choose and move. */
  setTool(tool) {
    this.tool = tool;
    this.sketch = [];
    this.isCarrying = false;
    if (tool) this.choose(null);
    this.page.toolChanged(tool);
    this.page.say(tool ? this.advice() : "");
    this.render();
  }

  advice() {
    if (isTwoPointed(this.tool)) return gettext("Set the two ends, or draw from one to the other. Esc leaves.");
    return gettext("Set the corners; close at the first one, by Enter or a double click. Or draw a rectangle. Esc leaves.");
  }

  choose(ref, pointIndex = -1) {
    const isOther = ref !== this.chosen;
    this.chosen = ref;
    this.pointIndex = pointIndex;
    if (isOther) this.page.choose(ref);
    this.render();
  }

  addPoint(point) {
    const last = this.sketch.at(-1);
    const closes = last && this.sketch.length >= 3 && distance(this.sketch[0], point, this.size) <= REACH_PX.mouse;
    const isSame = last && distance(last, point, this.size) < 2;
    if (!isTwoPointed(this.tool) && (closes || isSame)) return this.finish();
    if (isSame || this.sketch.length >= MOST_POINTS) return undefined;
    this.sketch.push(point);
    this.page.say(interpolate(gettext("Point %s is set."), [this.sketch.length]));
    if (isTwoPointed(this.tool) && this.sketch.length === 2) this.finish();
    return undefined;
  }

  finish() {
    if (!this.tool || !this.sketch.length) return;
    if (!isComplete(this.tool, this.sketch)) {
      this.page.say(gettext("A zone needs at least three points."));
      return;
    }
    const region = this.draft.addRegion(this.tool, this.sketch, this.page.nameFor(this.tool));
    this.setTool(null);
    this.choose(region.ref);
    this.page.say(interpolate(gettext("“%s” is drawn: drag its points, name it on the right."), [region.name]));
  }

  leave() {
    this.drag = null;
    if (this.tool) this.setTool(null);
    else this.choose(null);
    this.isCarrying = false;
    this.page.say("");
  }

  removeChosen() {
    const region = this.draft.region(this.chosen);
    if (!region) return;
    const mayLosePoint = this.pointIndex >= 0 && !isTwoPointed(region.shape) && region.points.length > 3;
    if (mayLosePoint) {
      region.points = region.points.filter((_, index) => index !== this.pointIndex);
      this.pointIndex = -1;
      this.draft.tell();
    } else {
      this.page.remove(region);
    }
  }

  // --- pointer --------------------------------------------------------------------------

  at(event) {
    const frame = this.svg.getBoundingClientRect();
    return inside([(event.clientX - frame.left) / frame.width, (event.clientY - frame.top) / frame.height]);
  }

  onDown(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    this.svg.focus({ preventScroll: true });
    this.svg.setPointerCapture(event.pointerId);
    this.showCross(false);
    const at = this.at(event);
    this.drag = this.tool ? { kind: "sketch", from: at } : this.grab(at, REACH_PX[event.pointerType] ?? REACH_PX.mouse);
    this.cross = at;
  }

  /** What lies below the pointer: a corner, the middle of an edge, a drawing, nothing. */
  grab(at, reach) {
    const chosen = this.draft.region(this.chosen);
    if (chosen) {
      const index = pointNear(chosen.points, at, this.size, reach);
      if (index >= 0) return this.grabPoint(chosen, index);
      const between = isTwoPointed(chosen.shape) ? -1 : pointNear(middles(chosen.points), at, this.size, reach);
      if (between >= 0 && chosen.points.length < MOST_POINTS) {
        chosen.points = chosen.points.toSpliced(between + 1, 0, at);
        return this.grabPoint(chosen, between + 1);
      }
    }
    const hits = this.draft.regions.filter((region) => isHit(region.shape, region.points, at, this.size, reach));
    // Of those above each other the smallest: the others can be reached beside it.
    const hit = hits.includes(chosen) ? chosen : hits.sort((a, b) => extent(a.points) - extent(b.points))[0];
    this.choose(hit?.ref ?? null);
    return hit ? { kind: "shape", from: at, region: hit, points: hit.points } : null;
  }

  grabPoint(region, index) {
    this.choose(region.ref, index);
    return { kind: "point", region, index };
  }

  onMove(event) {
    const at = this.at(event);
    if (!this.drag) return this.hover(at);
    if (this.drag.kind === "point") this.movePoint(this.drag.region, this.drag.index, at);
    if (this.drag.kind === "shape") {
      this.drag.region.points = moved(this.drag.points, at[0] - this.drag.from[0], at[1] - this.drag.from[1]);
      this.draft.tell("points");
    }
    if (this.drag.kind === "sketch") this.hover(at);
    return undefined;
  }

  movePoint(region, index, at) {
    region.points = region.points.with(index, at);
    this.draft.tell("points");
  }

  hover(at) {
    this.tip = this.tool ? at : null;
    if (this.tool) this.render();
  }

  onUp(event) {
    const { drag } = this;
    this.drag = null;
    if (!drag) return;
    const at = this.at(event);
    if (drag.kind !== "sketch") {
      this.draft.tell();
    } else if (distance(drag.from, at, this.size) < DRAG_PX) {
      this.addPoint(at);
    } else if (isTwoPointed(this.tool)) {
      this.sketch = [drag.from, at];
      this.finish();
    } else if (this.sketch.length) {
      this.addPoint(at);
    } else {
      this.sketch = rectangle(drag.from, at);
      this.finish();
    }
    this.render();
  }

  leaveDrag() {
    if (this.drag?.kind === "shape") this.drag.region.points = this.drag.points;
    this.drag = null;
    this.draft.tell();
  }

  // --- keyboard -------------------------------------------------------------------------

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (ARROWS[event.key]) this.moveCross(ARROWS[event.key], event.shiftKey ? FINE_STEP : STEP);
    else if (event.key === "Enter") this.enter();
    else if (event.key === "Escape") this.leave();
    else if (event.key === "Delete" || event.key === "Backspace") this.removeChosen();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  moveCross([x, y], step) {
    this.showCross(true);
    this.cross = inside([this.cross[0] + x * step, this.cross[1] + y * step]);
    const region = this.draft.region(this.chosen);
    if (this.isCarrying && region && this.pointIndex >= 0) this.movePoint(region, this.pointIndex, this.cross);
    else if (this.isCarrying && region) {
      region.points = moved(region.points, x * step, y * step);
      this.draft.tell("points");
    }
    this.tip = this.tool ? this.cross : null;
    this.render();
  }

  /** Set a point; without a tool take up what lies below the cross, or put it down. */
  enter() {
    this.showCross(true);
    if (this.tool) {
      this.addPoint(this.cross);
      this.render();
      return;
    }
    if (this.isCarrying) {
      this.isCarrying = false;
      this.draft.tell();
      this.page.say(gettext("Put down."));
      return;
    }
    const taken = this.grab(this.cross, REACH_PX.touch);
    this.isCarrying = taken !== null;
    if (taken) this.page.say(gettext("Taken: move it by the arrow keys, put it down by Enter."));
  }

  showCross(isShown) {
    if (this.isCrossShown === isShown) return;
    this.isCrossShown = isShown;
    this.render();
  }

  // --- drawing --------------------------------------------------------------------------

  render() {
    const parts = [];
    const named = [];
    for (const region of this.draft.regions) {
      const state = { isChosen: region.ref === this.chosen, pointIndex: this.pointIndex };
      parts.push(drawRegion(region, this.size, state));
      named.push(drawName(region, this.size, state));
    }
    parts.push(...named);
    if (this.tool && this.drag?.kind === "sketch" && this.tip && !this.sketch.length) parts.push(this.drawDragged());
    else if (this.tool) parts.push(drawSketch(this.tool, this.sketch, this.tip, this.size));
    if (this.isCrossShown) parts.push(drawCross(this.cross, this.size));
    this.svg.replaceChildren(...parts);
    this.svg.classList.toggle("draws", this.tool !== null);
  }

  drawDragged() {
    const corners = isTwoPointed(this.tool) ? [this.drag.from, this.tip] : rectangle(this.drag.from, this.tip);
    const closed = isTwoPointed(this.tool) ? corners : [...corners, corners[0]];
    return drawSketch(this.tool, closed, null, this.size);
  }
}

const middles = (points) =>
  points.map(([x, y], index) => {
    const [nextX, nextY] = points[(index + 1) % points.length];
    return [(x + nextX) / 2, (y + nextY) / 2];
  });

function extent(points) {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  return (Math.max(...xs) - Math.min(...xs)) * (Math.max(...ys) - Math.min(...ys));
}
