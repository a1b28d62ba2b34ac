// The list of exports: progress, SHA-256, who and when, download, cancel.

import { durationText } from "../clock.js";
import { errorText } from "./fragment.js";
import { getJson, sendJson } from "./http.js";
import { redactedLine } from "./redacted.js";
import { bytesText, icon, make, percentText, setText } from "./text.js";
import { dateText, exactTime, nowUs, timeOf } from "./town_time.js";

const BUSY_MS = 1000;
const IDLE_MS = 15_000;
const SHOWN = 30;
const ACTIVE = new Set(["WAITING", "RUNNING"]);

const usOf = (text) => {
  const [, fraction = ""] = /\.(\d+)/.exec(text) ?? [];
  return Math.floor(Date.parse(text) / 1000) * 1e6 + Number(fraction.padEnd(6, "0").slice(0, 6));
};

export class Exports {
  #root;
  #rows = new Map();
  #speeds = new Map();
  #timer = 0;

  constructor({ root, url }) {
    this.#root = root;
    this.url = url;
    this.list = root.querySelector("ul");
    this.count = root.querySelector("[data-count]");
    this.list.addEventListener("click", (event) => {
      const button = event.target.closest("[data-cancel]");
      if (button) this.#cancel(button.dataset.cancel);
    });
    document.addEventListener("visibilitychange", () => document.hidden || this.load());
  }

  /** Ask now, then each second while something runs. */
  async load() {
    clearTimeout(this.#timer);
    try {
      const { results } = await getJson(`${this.url}?limit=${SHOWN}`);
      this.#draw(results);
      this.#trouble("");
      this.isBusy = results.some(({ state }) => ACTIVE.has(state));
    } catch (error) {
      this.#trouble(errorText(error));
    }
    if (!document.hidden) this.#timer = setTimeout(() => this.load(), this.isBusy ? BUSY_MS : IDLE_MS);
  }

  #trouble(text) {
    const place = this.#root.querySelector("[data-error]");
    place.hidden = !text;
    setText(place, text);
  }

  async #cancel(id) {
    try {
      await sendJson("DELETE", `${this.url}${id}/`);
    } catch (error) {
      if (error.status !== 409) this.#trouble(errorText(error));
    }
    await this.load();
  }

  #draw(rows) {
    const running = rows.filter(({ state }) => ACTIVE.has(state)).length;
    const done = rows.filter(({ state }) => state === "DONE").length;
    setText(this.count, countText(running, done));
    this.#root.querySelector("[data-empty]").hidden = rows.length > 0;
    const kept = new Map();
    for (const row of rows) {
      const text = JSON.stringify(row);
      const old = this.#rows.get(row.id);
      kept.set(row.id, old?.text === text ? old : { text, element: this.#item(row) });
    }
    this.#rows = kept;
    const wanted = [...kept.values()].map(({ element }) => element);
    const isSame = wanted.length === this.list.children.length && wanted.every((one, i) => one === this.list.children[i]);
    if (!isSame) this.list.replaceChildren(...wanted);
  }

  #item(row) {
    const body = make("div", "grow", this.#head(row));
    if (ACTIVE.has(row.state)) body.append(...this.#progress(row));
    else body.append(...ended(row));
    if (row.state === "DONE" && row.kind === "MP4") body.append(redactedLine(`${this.url}${row.id}/`));
    const item = make("li", "", icon(row.kind === "JPG" ? "image" : "film"), body);
    item.title = [row.location_name, row.reason, row.file_name].filter(Boolean).join("\n");
    return item;
  }

  #head(row) {
    const title = make("b", "cutoff", titleOf(row));
    if (ACTIVE.has(row.state)) {
      const share = row.total_bytes ? row.done_bytes / row.total_bytes : 0;
      return make("div", "x1", title, make("span", "end", percentText(share)), row.can_cancel ? cancelButton(row) : null);
    }
    if (row.state !== "DONE") return make("div", "x1", title, make("span", "end t3", row.state_text));
    const link = make("a", "end done", icon("check"), bytesText(row.size_bytes));
    link.href = row.url;
    link.download = row.file_name;
    link.setAttribute("aria-label", interpolate(gettext("Download %s"), [row.file_name]));
    return make("div", "x1", title, link);
  }

  #progress(row) {
    const fill = make("i");
    const share = row.total_bytes ? row.done_bytes / row.total_bytes : 0;
    fill.style.setProperty("width", `${share * 100}%`);
    const sizes = row.total_bytes
      ? interpolate(gettext("%s of %s"), [bytesText(row.done_bytes), bytesText(row.total_bytes)])
      : row.state_text;
    return [
      make("span", "bar", fill),
      make("div", "x2", make("span", "", sizes), make("span", "end", this.#rest(row))),
    ];
  }

  /** "ещё 4 с", from the speed since the first answer that showed progress. */
  #rest(row) {
    const now = performance.now();
    const first = this.#speeds.get(row.id) ?? { at: now, bytes: row.done_bytes };
    this.#speeds.set(row.id, first);
    const speed = (row.done_bytes - first.bytes) / (now - first.at);
    if (!(speed > 0)) return "";
    const seconds = Math.ceil((row.total_bytes - row.done_bytes) / speed / 1000);
    return seconds < 60
      ? interpolate(gettext("%s s left"), [seconds])
      : interpolate(gettext("%s left"), [durationText(seconds)]);
  }
}

function ended(row) {
  const lines = [];
  if (row.error) lines.push(make("div", "x2 wrap", row.error));
  if (row.sha256) {
    const hash = make("span", "mono", `${row.sha256.slice(0, 8)}…${row.sha256.slice(-8)}`);
    hash.title = row.sha256;
    const gap = row.gap_seconds >= 0.5 ? interpolate(gettext("gaps %s"), [durationText(Math.ceil(row.gap_seconds))]) : "";
    lines.push(make("div", "x2", "SHA-256", hash, make("span", "end warnt", gap)));
  }
  const asked = usOf(row.requested_at);
  const isToday = dateText(asked) === dateText(nowUs());
  const when = isToday ? timeOf(asked) : `${dateText(asked)} ${timeOf(asked)}`;
  const reason = make("span", "end cutoff t3", row.reason);
  lines.push(make("div", "x2 t3", make("span", "", `${row.requested_by}, ${when}`), reason));
  if (row.state === "DONE") lines.push(make("div", "x2", paperLink(row)));
  return lines;
}

/** The PDF for the case file, which is made when it is asked for. */
function paperLink(row) {
  const link = make("a", "", icon("print"), gettext("Reference paper"));
  link.href = row.manifest_url.replace(/[^/]*$/, "spravka.pdf");
  link.download = "";
  return link;
}

/** "К03 20:40:00–21:40:00", "К03 кадр 21:12:11,480"; another day's with its date. */
function titleOf(row) {
  const from = usOf(row.started_at);
  const date = dateText(from) === dateText(nowUs()) ? "" : ` ${dateText(from)}`;
  if (row.kind === "JPG") return [row.camera_label, gettext("frame") + date, exactTime(from)].join(" ");
  return `${row.camera_label}${date} ${timeOf(from)}–${timeOf(usOf(row.ended_at))}`;
}

function cancelButton(row) {
  const button = make("button", "btn bare sq cancel", icon("x"));
  button.type = "button";
  button.dataset.cancel = row.id;
  button.title = gettext("Cancel the export");
  button.setAttribute("aria-label", button.title);
  return button;
}

function countText(running, done) {
  const words = [];
  if (running) words.push(interpolate(ngettext("%s runs", "%s run", running), [running]));
  if (done) words.push(interpolate(ngettext("%s ready", "%s ready", done), [done]));
  return words.join(", ");
}
