// The seconds around an alarm, from the archive, again and again; its picture until they are there.
import { CameraPlayer } from "../archive/camera_player.js";
import { make, setText } from "../archive/text.js";
import { exactTime, nowUs } from "../archive/town_time.js";
import { BoxLayer } from "../overlay.js";

const BEFORE_US = 8e6;
const AFTER_US = 2e6;
const RETRY_MS = 1500;
const TICK_MS = 80;
const BOX_US = 1.5e6; // the box is of the moment of the alarm, not of the whole loop

export class AlarmLoop {
  #player = null;
  #isSeeking = false;

  constructor(figure, alarm) {
    this.figure = figure;
    this.alarm = alarm;
    // A drill shows another moment as its own.
    this.momentUs = alarm.footage_us ?? alarm.raised_us;
    this.fromUs = this.momentUs - BEFORE_US;
    this.toUs = this.momentUs + AFTER_US;
    this.still = make("img", "still");
    this.still.alt = "";
    if (alarm.picture_url) this.still.src = alarm.picture_url;
    else this.still.hidden = true;
    this.video = make("video");
    this.video.muted = this.video.playsInline = true;
    this.image = make("img");
    this.image.alt = "";
    this.figure.prepend(this.video, this.image, this.still);
    this.layer = new BoxLayer(figure);
    this.bar = figure.querySelector("[data-loop-bar]");
    this.clock = figure.querySelector("[data-loop-time]");
    this.#player = new CameraPlayer({ camera: alarm.camera, video: this.video, image: this.image, onChange: () => {} });
    this.timer = setInterval(() => this.#tick(), TICK_MS);
    this.#begin();
  }

  close() {
    clearInterval(this.timer);
    clearTimeout(this.retry);
    this.#player.close();
    this.layer.remove();
    for (const element of [this.video, this.image, this.still]) element.remove();
    this.isClosed = true;
  }

  async #begin() {
    this.#isSeeking = true;
    await this.#player.seek(this.fromUs);
    this.#isSeeking = false;
    if (this.isClosed) return;
    if (this.#player.state === "film") this.#player.run();
    // Not written yet, or a gap: the picture stays, and the footage may follow.
    else this.retry = setTimeout(() => this.#begin(), RETRY_MS);
  }

  #tick() {
    const isFilm = this.#player.state === "film";
    this.still.hidden = isFilm || !this.alarm.picture_url;
    const us = isFilm ? this.#player.frameUs : this.momentUs;
    const share = Math.min(1, Math.max(0, (us - this.fromUs) / (this.toUs - this.fromUs)));
    this.bar.style.setProperty("width", `${(share * 100).toFixed(1)}%`);
    setText(this.clock, exactTime(us - this.momentUs + this.alarm.raised_us).slice(0, -2));
    this.layer.draw(Math.abs(us - this.momentUs) <= BOX_US ? boxOf(this.alarm) : [], { isAlarm: true });
    const isOver = isFilm && (this.#player.clockUs >= Math.min(this.toUs, nowUs()) || this.#player.isAtEnd);
    if (isOver && !this.#isSeeking) this.#begin();
  }
}

/** The box of an alarm in thousandths; none: the whole picture. */
export function boxOf({ box }) {
  if (!box) return [];
  const [left, top, right, bottom] = box.map((side) => side * 1000);
  return [{ identity: 0, label: "", left, top, width: right - left, height: bottom - top }];
}
