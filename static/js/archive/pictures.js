// The pictures of the page: up to four, each with its player, time and what it has to say.

import { CameraPlayer } from "./camera_player.js";
import { holeText } from "./lanes.js";
import { icon, make, setText } from "./text.js";
import { exactTime } from "./town_time.js";

export class Pictures {
  #root;
  #shown = new Map();

  /** @param {{onChoose: (camera: number) => void}} handlers */
  constructor({ root, onChoose }) {
    this.#root = root;
    root.addEventListener("pointerdown", (event) => {
      const figure = event.target.closest("[data-camera]");
      if (figure) onChoose(Number(figure.dataset.camera));
    });
    root.addEventListener("dblclick", () => root.classList.toggle("solo"));
  }

  /** Show these cameras; players of those that stay are kept. */
  show(cameras) {
    for (const [id, picture] of this.#shown) {
      if (cameras.some((camera) => camera.id === id)) continue;
      picture.player.close();
      picture.figure.remove();
      this.#shown.delete(id);
    }
    for (const camera of cameras) {
      if (!this.#shown.has(camera.id)) this.#shown.set(camera.id, this.#build(camera));
    }
    const order = cameras.map(({ id }) => this.#shown.get(id));
    this.#root.append(...order.map(({ figure }) => figure));
    this.#root.dataset.count = cameras.length;
    this.#shown = new Map(cameras.map(({ id }, i) => [id, order[i]]));
    return cameras.map(({ id }) => ({ camera: id, player: this.#shown.get(id).player }));
  }

  playerOf(camera) {
    return this.#shown.get(camera)?.player;
  }

  /** @returns {Iterable<[number, {figure: HTMLElement, player: CameraPlayer}]>} by camera */
  figures() {
    return this.#shown.entries();
  }

  setActive(camera) {
    for (const [id, { figure }] of this.#shown) figure.classList.toggle("on", id === camera);
  }

  /** Write times, gaps and troubles; called for each frame and each tick. */
  update(us, holeOf) {
    for (const [id, picture] of this.#shown) {
      const { player, figure, time } = picture;
      const state = player.state;
      figure.dataset.state = state;
      setText(time, state === "film" ? exactTime(player.frameUs || us) : "");
      time.hidden = state !== "film";
      setText(picture.hint, hintOf(player));
      picture.hintTag.hidden = !picture.hint.textContent;
      this.#veil(picture, state === "gap" ? holeOf(id) : null);
    }
  }

  #veil({ veil, title, detail, player }, hole) {
    const text = veilText(player, hole);
    veil.hidden = !text;
    if (!text) return;
    setText(title, text[0]);
    setText(detail, text[1]);
  }

  #build(camera) {
    const video = make("video");
    video.muted = video.playsInline = video.disablePictureInPicture = true;
    const image = make("img");
    image.alt = `${camera.label} ${camera.name}`;
    const time = make("span", "tag br when");
    const hint = make("span");
    const hintTag = make("span", "tag bl", icon("attention"), hint);
    const title = make("b");
    const detail = make("span");
    const veil = make("div", "veil quiet", title, detail);
    const label = make("figcaption", "tag tl", make("b", "", camera.label), make("span", "", camera.name));
    const figure = make("figure", "pic", video, image, label, hintTag, time, veil);
    figure.dataset.camera = camera.id;
    const picture = { figure, time, hint, hintTag, veil, title, detail };
    picture.player = new CameraPlayer({ camera: camera.id, video, image, onChange: () => this.onFrame?.(camera.id) });
    return picture;
  }
}

function hintOf(player) {
  if (player.isRetrying) return gettext("no link, trying again");
  if (player.source === "sub") return gettext("small stream: the browser can't play the large one");
  if (player.source === "pictures") return gettext("pictures: the browser can't play this video");
  return "";
}

/** Title and line under it, or null for a picture. */
function veilText(player, hole) {
  if (player.state === "failed") return [gettext("The footage can't be shown"), gettext("the file may be damaged; choose another moment")];
  if (player.state !== "gap") return null;
  if (!hole) return [gettext("No footage"), ""];
  if (hole.isFuture) return [gettext("This has not happened yet"), ""];
  if (hole.endUs === null) return [gettext("No footage after this moment"), hole.text];
  if (hole.startUs === null) return [gettext("No footage before this moment"), hole.text];
  const [title, ...rest] = holeText(hole).split(", ");
  return [title, rest.join(", ")];
}
