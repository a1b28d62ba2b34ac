// Overview: every tile live; arrows choose a tile, Enter or a click opens it on the desk.
import { LiveBoxes } from "../live/boxes.js";
import { LiveWall } from "../live/wall.js";
import { markCameras } from "../marks.js";
import { BoxSwitch } from "../overlay.js";
import { layPlans } from "../plan.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const tiles = [...document.querySelectorAll("[data-tile]")];

function centerOf(tile) {
  const box = tile.getBoundingClientRect();
  return [box.left + box.width / 2, box.top + box.height / 2];
}

function choose(tile) {
  for (const other of tiles) {
    other.classList.toggle("on", other === tile);
    other.tabIndex = other === tile ? 0 : -1;
  }
  tile.focus({ preventScroll: true });
}

/** The nearest tile in the arrow's direction; what lies aside counts three times. */
function neighborOf(tile, [right, down]) {
  const [x, y] = centerOf(tile);
  let best = null;
  let least = Infinity;
  for (const other of tiles) {
    const [otherX, otherY] = centerOf(other);
    const ahead = (otherX - x) * right + (otherY - y) * down;
    const aside = Math.abs((otherX - x) * down) + Math.abs((otherY - y) * right);
    if (ahead > 10 && ahead + 3 * aside < least) {
      least = ahead + 3 * aside;
      best = other;
    }
  }
  return best;
}

function open(tile) {
  const brand = document.querySelector('.nav a[data-code="F2"]');
  if (brand) location.assign(`${brand.href}?camera=${tile.dataset.number}`);
}

function onKeyDown(event) {
  if (event.altKey || event.ctrlKey || event.metaKey || !tiles.length) return;
  const chosen = document.querySelector("[data-tile].on");
  if (ARROWS[event.code]) {
    event.preventDefault();
    const next = chosen ? neighborOf(chosen, ARROWS[event.code]) : tiles[0];
    if (next) choose(next);
  } else if (event.code === "Enter" && chosen && event.target === chosen) {
    open(chosen);
  }
}

document.addEventListener("keydown", onKeyDown);
document.addEventListener("click", (event) => {
  const tile = event.target.closest("[data-tile]");
  if (tile) open(tile);
});
document.addEventListener("portal:camera", ({ detail: { number } }) => {
  const tile = tiles.find((item) => Number(item.dataset.number) === number);
  if (tile) open(tile);
});
document.addEventListener("portal:status", ({ detail }) => markCameras(detail.cameras));
layPlans(document);
const boxes = new LiveBoxes(LiveWall.start(document));
new BoxSwitch(document.querySelector("[data-boxes]"), (isOn) => (isOn ? boxes.start() : boxes.stop()));
