// Desk: one place on the screen, its spot picture and neighbors; the tour goes from place to place.
import { startAlarms } from "../alarms/desk.js";
import { durationText } from "../clock.js";
import { startImportant } from "../incidents/important.js";
import { LiveBoxes } from "../live/boxes.js";
import { LiveWall } from "../live/wall.js";
import { layPlans } from "../plan.js";
import { markCameras } from "../marks.js";
import { BoxSwitch } from "../overlay.js";

const TOUR_MS = Number(document.body.dataset.tourSeconds) * 1000;
// After a choice by hand the tour waits, then goes on by itself.
const HOLD_MS = 120_000;
const ROW_ATTRIBUTE = "aria-current";

const stages = [...document.querySelectorAll("[data-stage]")];
const wall = new LiveWall();

let stage = null;
let spotCamera = null;
let waiting = null; // the stage and its spot camera while an alarm is in hand
let alarms = null;
const tour = { isPaused: false, heldUntil: 0, endsAt: 0 };

const neighborsOf = (place) => [...place.querySelectorAll("[data-neighbor]")];
const placeLink = (number) => document.querySelector(`[data-place="${number}"]`);

function showSpot(figure) {
  const camera = Number(figure.dataset.neighbor);
  const spot = stage.querySelector("[data-spot]");
  if (camera === spotCamera) return;
  for (const neighbor of neighborsOf(stage)) {
    const isSpot = neighbor === figure;
    if (isSpot) wall.detach(neighbor);
    else if (neighbor.hidden) wall.attach(neighbor, { camera: Number(neighbor.dataset.neighbor), quality: "sub" });
    neighbor.hidden = isSpot;
  }
  spot.querySelector("[data-spot-label]").textContent = figure.dataset.label;
  spot.querySelector("[data-spot-name]").textContent = figure.dataset.name;
  if (spotCamera !== null) wall.detach(spot);
  wall.attach(spot, { camera, quality: "main" });
  spotCamera = camera;
  markSpot();
}

function markSpot() {
  for (const link of document.querySelectorAll("[data-show-camera]")) {
    const isSpot = Number(link.dataset.showCamera) === spotCamera;
    if (isSpot) link.setAttribute(ROW_ATTRIBUTE, "true");
    else link.removeAttribute(ROW_ATTRIBUTE);
  }
  for (const cone of document.querySelectorAll("[data-cone]")) {
    cone.classList.toggle("on", Number(cone.dataset.cone) === spotCamera);
  }
}

function leave() {
  if (!stage) return;
  wall.detach(stage.querySelector("[data-spot]"));
  for (const figure of neighborsOf(stage)) if (!figure.hidden) wall.detach(figure);
  stage.hidden = true;
  spotCamera = null;
}

/** An alarm takes the stage; the tour waits until it is given back. */
function giveStage() {
  if (!stage) return;
  waiting = { stage, camera: spotCamera };
  leave();
  stage = null;
  markSpot();
}

function takeStage() {
  if (!waiting) return;
  const { stage: back, camera } = waiting;
  waiting = null;
  showPlace(back, back.querySelector(`[data-neighbor="${camera}"]`) ?? undefined);
}

/** The cameras of a place, as their figures name them. */
function camerasOf(location) {
  const place = document.querySelector(`[data-location="${location}"]`);
  return place ? neighborsOf(place).map(({ dataset }) => ({ camera: Number(dataset.neighbor), label: dataset.label, name: dataset.name })) : [];
}

/** What is looked at, for a mark of this moment. */
function whereNow() {
  return stage ? { place: Number(stage.dataset.location), camera: spotCamera } : { place: null, camera: null };
}

function showPlace(next, figure = neighborsOf(next)[0]) {
  if (stage !== next) {
    leave();
    stage = next;
    stage.hidden = false;
    for (const neighbor of neighborsOf(stage)) neighbor.hidden = true;
    for (const section of document.querySelectorAll("[data-place]")) {
      section.classList.toggle("now", section.dataset.place === stage.dataset.stage);
    }
    placeLink(stage.dataset.stage)?.scrollIntoView({ block: "nearest" });
    layPlans(stage);
  }
  showSpot(figure);
  tour.endsAt = performance.now() + TOUR_MS;
  showTour();
}

function showCamera(camera) {
  const figure = document.querySelector(`[data-neighbor="${camera}"]`);
  if (figure) showPlace(figure.closest("[data-stage]"), figure);
}

function nextStage() {
  return stages[(stages.indexOf(stage) + 1) % stages.length];
}

/** A choice by hand: the page stays where it is for a while, and a link to it can be kept. */
function hold() {
  tour.heldUntil = performance.now() + HOLD_MS;
  const number = document.querySelector(`[data-show-camera="${spotCamera}"]`)?.dataset.number;
  history.replaceState(null, "", `?camera=${number}`);
  showTour();
}

function tourText(now) {
  if (tour.isPaused) return { long: gettext("tour paused"), short: gettext("paused") };
  if (now < tour.heldUntil) {
    const rest = durationText((tour.heldUntil - now) / 1000);
    return { long: interpolate(gettext("tour goes on in %s"), [rest]), short: rest };
  }
  const rest = durationText(Math.ceil((tour.endsAt - now) / 1000));
  const where = [stages.indexOf(stage) + 1, stages.length, rest];
  return { long: interpolate(gettext("tour, place %s of %s, %s left"), where), short: rest };
}

function showParts(now) {
  const isWaiting = tour.isPaused || now < tour.heldUntil;
  const share = isWaiting ? 0 : 1 - (tour.endsAt - now) / TOUR_MS;
  const current = stages.indexOf(stage);
  document.querySelectorAll("[data-tour-parts] .bar > i").forEach((bar, index) => {
    const filled = index < current ? 1 : index === current ? share : 0;
    bar.style.setProperty("width", `${(filled * 100).toFixed(1)}%`);
  });
}

function showTour() {
  if (stages.length < 2) return;
  const now = performance.now();
  const text = tourText(now);
  document.querySelector("[data-tour-rest]").textContent = text.short;
  stage.querySelector("[data-tour-chip]").hidden = false;
  stage.querySelector("[data-tour-text]").textContent = text.long;
  stage.querySelector("[data-next-place]").textContent = interpolate(gettext("next place: %s"), [nextStage().dataset.placeName]);
  const button = document.querySelector("[data-tour-toggle]");
  const isWaiting = tour.isPaused || now < tour.heldUntil;
  button.setAttribute("aria-pressed", String(isWaiting));
  button.querySelector("[data-tour-verb]").textContent = isWaiting ? gettext("resume the tour") : gettext("pause the tour");
  showParts(now);
}

function toggleTour() {
  if (!stage) return;
  const now = performance.now();
  const isWaiting = tour.isPaused || now < tour.heldUntil;
  tour.isPaused = !isWaiting;
  tour.heldUntil = 0;
  tour.endsAt = now + TOUR_MS;
  showTour();
}

function tick() {
  if (!stage) return;
  const now = performance.now();
  if (tour.heldUntil && now >= tour.heldUntil) {
    tour.heldUntil = 0;
    tour.endsAt = now + TOUR_MS;
    history.replaceState(null, "", location.pathname);
  }
  const isRunning = stages.length > 1 && !tour.isPaused && !tour.heldUntil && !document.hidden;
  if (isRunning && now >= tour.endsAt) showPlace(nextStage());
  else showTour();
}

function onClick(event) {
  const camera = event.target.closest("[data-show-camera]");
  const place = event.target.closest("[data-show-place]");
  const neighbor = event.target.closest("[data-neighbor]");
  if (event.target.closest("[data-tour-toggle]")) return toggleTour();
  if (!camera && !place && !neighbor) return;
  event.preventDefault();
  alarms?.hand.close();
  if (camera) showCamera(camera.dataset.showCamera);
  else if (neighbor) showSpot(neighbor);
  else showPlace(stages.find((item) => item.dataset.stage === place.dataset.showPlace));
  hold();
}

function onKeyDown(event) {
  const neighbor = event.target instanceof Element && event.target.closest("[data-neighbor]");
  if (neighbor && event.code === "Enter") neighbor.click();
}

function onNumber({ detail: { number } }) {
  document.querySelector(`[data-show-camera][data-number="${number}"]`)?.click();
}

function openAsked() {
  const asked = new URLSearchParams(location.search);
  const link = document.querySelector(`[data-show-camera][data-number="${CSS.escape(asked.get("camera") ?? "")}"]`);
  const place = stages.find((item) => item.dataset.stage === asked.get("place"));
  showPlace(place ?? stages[0]);
  if (!link && !place) return;
  if (link) showCamera(link.dataset.showCamera);
  hold();
}

if (stages.length) {
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", onKeyDown);
  document.addEventListener("portal:camera", onNumber);
  document.addEventListener("portal:status", ({ detail }) => markCameras(detail.cameras));
  openAsked();
  setInterval(tick, 1000);
}
alarms = startAlarms({ wall, neighborsOf: camerasOf, onOpen: giveStage, onClose: takeStage, whereNow });
startImportant();
const boxes = new LiveBoxes(wall);
new BoxSwitch(document.querySelector("[data-boxes]"), (isOn) => (isOn ? boxes.start() : boxes.stop()));
// For the page's own tests and measurements.
window.deskAlarms = alarms;
