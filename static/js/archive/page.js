// Entry of the archive page: cameras, players in step, time line, fragment, exports, keys.

import { BoxSwitch } from "../overlay.js";
import { ArchiveBoxes } from "./boxes.js";
import { Calendar } from "./calendar.js";
import { Coverage } from "./coverage.js";
import { Exports } from "./exports.js";
import { Fragment, errorText } from "./fragment.js";
import { sendJson } from "./http.js";
import { startKeys } from "./keys.js";
import { Marks } from "./marks.js";
import { Pictures } from "./pictures.js";
import { FilmStrip, HoverPreview } from "./previews.js";
import { SyncGroup } from "./sync.js";
import { Timeline } from "./timeline.js";
import { dateOf, dayAround, momentOf, nowUs } from "./town_time.js";
import { Transport } from "./transport.js";

const MOST_CAMERAS = 4;
const URL_MS = 600;
const NEAR_US = 1e6; // a frame this close to the moment asked for is the one that was asked for
const START_BEHIND_US = 60e6; // the page opens a minute ago

const page = document.querySelector("[data-archive]");
const find = (name) => page.querySelector(`[data-area="${name}"]`);

class ArchivePage {
  cameras = readCameras();
  chosen = [];
  active = 0;

  constructor() {
    this.coverage = new Coverage(() => this.onCoverage());
    this.marks = new Marks(page.dataset.marksUrl ?? "", () => this.timeline.draw());
    this.pictures = new Pictures({ root: find("pictures"), onChoose: (camera) => this.setActive(camera) });
    this.pictures.onFrame = () => this.refresh();
    this.boxes = new ArchiveBoxes(page.dataset.boxesUrl, this.pictures);
    this.group = new SyncGroup({
      now: nowUs,
      holeAt: (camera, us) => this.holeAt(camera, us),
      onChange: () => this.refresh(),
    });
    this.timeline = new Timeline({
      root: find("timeline"),
      coverage: this.coverage,
      marks: this.marks,
      onSeek: (us, isScrub) => this.seek(us, isScrub),
      onCut: (inUs, outUs) => this.fragment.set(inUs, outUs),
      onWindow: () => this.onWindow(),
      onHover: (camera, us) => this.onHover(camera, us),
    });
    this.hover = new HoverPreview(find("hover"));
    this.strip = new FilmStrip(find("film"));
    this.fragment = new Fragment({
      panel: find("fragment"),
      sizeOf: (camera, inUs, outUs) => this.footageOf(camera)?.sizeOf(inUs, outUs) ?? 0,
      onChange: () => this.onFragment(),
      onSaved: (kind) => (kind === "hold" ? this.coverage.reload() : this.exports?.load()),
    });
    const exportsArea = find("exports");
    this.exports = exportsArea ? new Exports({ root: exportsArea, url: exportsArea.dataset.url }) : null;
    this.calendar = new Calendar({
      root: find("calendar"),
      range: find("calendar-range"),
      onChoose: (date) => this.goToDay(date),
    });
    this.transport = new Transport({ root: page, page: this, group: this.group });
  }

  async start() {
    const asked = new URLSearchParams(location.search);
    const wanted = (asked.get("camera") ?? "").split(",").map(Number);
    const known = wanted.filter((id) => this.cameras.some((camera) => camera.id === id));
    const first = this.cameras.filter(({ place }) => place === this.cameras[0]?.place);
    const chosen = known.length ? known : first.map(({ id }) => id);
    const us = Number(asked.get("at_us"));
    startKeys(this);
    fitPictures();
    new BoxSwitch(page.querySelector("[data-boxes]"), (isOn) => this.boxes.set(isOn));
    find("cameras").addEventListener("change", () => this.onBoxes());
    this.exports?.load();
    await this.setCameras(chosen.slice(0, MOST_CAMERAS), us > 0 ? us : await this.lastMoment(chosen));
  }

  /** Where to open: a minute ago if that is recorded, else at the footage next to it. */
  async lastMoment(chosen) {
    const us = nowUs() - START_BEHIND_US;
    if (!chosen.length) return us;
    const hole = await this.coverage.holeAt(chosen[0], us).catch(() => null);
    if (hole?.endUs) return hole.endUs;
    return hole?.startUs ? hole.startUs - 10e6 : us;
  }

  async setCameras(ids, us = this.group.us) {
    this.chosen = ids.map((id) => this.cameras.find((camera) => camera.id === id));
    if (!ids.includes(this.active)) this.active = ids[0] ?? 0;
    for (const box of find("cameras").querySelectorAll("input")) {
      box.checked = ids.includes(Number(box.value));
      box.disabled = !box.checked && ids.length >= MOST_CAMERAS;
    }
    page.classList.toggle("nothing", !ids.length);
    this.coverage.setCameras(ids);
    this.marks.setCameras(ids);
    this.timeline.setCameras(this.chosen, this.active);
    this.fragment.setCameras(this.chosen, this.active);
    const members = this.pictures.show(this.chosen);
    this.markActive();
    this.calendar.setCameras(ids).catch(() => {}); // loaded again each minute
    this.group.setMembers(members, this.active);
    this.transport.setCount(ids.length);
    fitPictures();
    this.timeline.setTime(us);
    const shown = this.group.seek(us);
    await this.showWindow();
    await shown;
  }

  setActive(camera) {
    if (camera === this.active || !this.chosen.some(({ id }) => id === camera)) return;
    this.active = camera;
    this.group.setActive(camera);
    this.timeline.setActive(camera);
    this.fragment.setCameras(this.chosen, camera);
    this.markActive();
    this.onWindow();
  }

  markActive() {
    this.pictures.setActive(this.active);
    for (const item of find("cameras").querySelectorAll("[data-camera]")) {
      item.classList.toggle("on", Number(item.dataset.camera) === this.active);
    }
    const camera = this.chosen.find(({ id }) => id === this.active);
    for (const place of page.querySelectorAll("[data-active-label]")) place.textContent = camera?.label ?? "";
  }

  async seek(us, isScrub = false) {
    const target = Math.min(us, nowUs());
    this.timeline.setTime(target);
    this.calendar.choose(dateOf(target));
    // While the hand still moves, the pictures follow as fast as they come.
    if (isScrub && this.isSeeking) {
      this.nextScrub = target;
      return;
    }
    this.nextScrub = null;
    this.isSeeking = true;
    await this.group.seek(target);
    this.isSeeking = false;
    if (isScrub && this.nextScrub) await this.seek(this.nextScrub, true);
    this.keepUrl();
  }

  shift(seconds) {
    return this.seek(this.group.us + seconds * 1e6);
  }

  goToDay(date) {
    const fromUs = momentOf(date);
    const timeOfDay = this.group.us - momentOf(dateOf(this.group.us));
    return this.seek(fromUs + timeOfDay);
  }

  async step(direction) {
    await this.group.step(direction);
    this.timeline.setTime(this.group.us);
    this.keepUrl();
  }

  toggle() {
    return this.group.isRunning ? this.group.pause() : this.group.play();
  }

  setIn() {
    this.fragment.setIn(this.showsItsFrame ? this.player.frameUs : this.group.us);
  }

  /** The frame that is shown belongs to the fragment: it ends where the next frame begins. */
  setOut() {
    this.fragment.setOut(this.showsItsFrame ? this.player.frameEndUs : this.group.us);
  }

  /** Whether the frame on the screen is the one asked for: just after a seek it is an old one, or none. */
  get showsItsFrame() {
    const { player, group } = this;
    return player?.state === "film" && !group.isRunning && Math.abs(player.frameUs - group.us) < NEAR_US;
  }

  async saveFrame() {
    if (this.player?.state !== "film" || !this.exports) return;
    try {
      const saved = await sendJson("POST", page.dataset.framesUrl, {
        camera: this.active,
        at_us: this.player.frameRequestUs,
      });
      download(saved.url, saved.file_name);
      this.exports.load();
    } catch (error) {
      this.transport.say(errorText(error));
    }
  }

  /** Offer the faces of the frame that is shown, on the page of searches by a face. */
  searchFaces(url) {
    if (this.player?.state !== "film") return;
    location.assign(`${url}?camera=${this.active}&at_us=${Math.round(this.player.frameRequestUs)}`);
  }

  get player() {
    return this.pictures.playerOf(this.active);
  }

  footageOf(camera) {
    return this.pictures.playerOf(camera)?.footage;
  }

  async holeAt(camera, us) {
    const hole = us > nowUs() ? { startUs: null, endUs: null, text: "", isFuture: true } : await this.coverage.holeAt(camera, us);
    this.holes = new Map(this.holes).set(camera, hole);
    return hole;
  }

  refresh() {
    if (this.isDrawing) return;
    this.isDrawing = true;
    requestAnimationFrame(() => {
      this.isDrawing = false;
      const { state } = this.group;
      this.pictures.update(state.us, (camera) => this.holes?.get(camera));
      this.boxes.update();
      if (!this.isSeeking) this.timeline.setTime(state.us);
      this.transport.update(state);
      this.calendar.choose(dateOf(state.us || nowUs()));
      this.keepUrl();
    });
  }

  onCoverage() {
    this.timeline.draw();
    this.drawStrip();
  }

  onWindow() {
    this.hover.hide();
    this.showWindow();
    this.drawStrip();
  }

  async showWindow() {
    const { fromUs, toUs } = this.timeline.scale;
    const day = dayAround(this.timeline.us);
    const known = [Math.min(fromUs, day.fromUs), Math.max(toUs, day.toUs)];
    try {
      await Promise.all([this.coverage.show(...known), this.marks.show(...known)]);
      // The index of the window, so that a click needs the footage only.
      if (toUs - fromUs <= 2 * 3600e6) {
        await Promise.all(this.chosen.map(({ id }) => this.footageOf(id)?.ensure(fromUs, Math.min(toUs, nowUs()))));
      }
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // the network: coverage asks again each 5 s
    }
    this.fragment.draw();
  }

  drawStrip() {
    const { scale } = this.timeline;
    const { spans } = this.coverage.of(this.active, scale.fromUs, scale.toUs);
    this.strip.show(this.active, scale, (us) => spans.some(([from, to]) => from <= us && us < to));
  }

  onFragment() {
    const { inUs, outUs, bytes } = this.fragment;
    this.timeline.setCut({ inUs, outUs, bytes });
  }

  onHover(camera, us) {
    if (us === null) return this.hover.hide();
    const shown = this.cameras.find(({ id }) => id === camera);
    const { spans } = this.coverage.of(camera, us - 1e6, us + 1e6);
    this.hover.show(shown, us, this.timeline.scale, spans.some(([from, to]) => from <= us && us < to));
  }

  onBoxes() {
    const ids = [...find("cameras").querySelectorAll("input:checked")].map((box) => Number(box.value));
    this.setCameras(ids.slice(0, MOST_CAMERAS));
  }

  keepUrl() {
    clearTimeout(this.urlTimer);
    this.urlTimer = setTimeout(() => {
      const query = `?camera=${this.chosen.map(({ id }) => id).join(",")}&at_us=${Math.round(this.group.us)}`;
      if (location.search !== query) history.replaceState(null, "", query);
    }, URL_MS);
  }
}

function readCameras() {
  return [...page.querySelectorAll('[data-area="cameras"] [data-camera]')].map((item) => ({
    id: Number(item.dataset.camera),
    label: item.dataset.label,
    name: item.dataset.name,
    place: item.dataset.place,
  }));
}

function download(url, name) {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
}

/** Pictures as large as the place above the time line allows, the right column kept readable. */
function fitPictures() {
  const quad = find("pictures");
  const style = getComputedStyle(quad);
  const pad = parseFloat(style.paddingTop) * 2;
  const gap = parseFloat(style.rowGap) || 8;
  const left = page.querySelector(".arch-left").offsetWidth;
  const right = innerWidth < 1600 ? 400 : 560;
  const byHeight = (quad.clientHeight - pad - gap) / 2;
  const byWidth = ((page.clientWidth - left - right - pad - gap) / 2) * (9 / 16);
  quad.style.setProperty("--quad-h", `${Math.floor(Math.max(120, Math.min(byHeight, byWidth)))}px`);
}

if (page) {
  const archive = new ArchivePage();
  window.addEventListener("resize", fitPictures);
  archive.start();
  // For the page's own tests and measurements.
  window.archivePage = archive;
}
