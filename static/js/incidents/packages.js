// The packages of an incident: make one and fetch it in one click, see how far it is, call it off.
//
// Fills each [data-packages] of the page; the police seat has the list without the form.

import { durationText } from "../clock.js";
import { getJson, sendJson } from "../archive/http.js";
import { bytesText, icon, make, percentText, setText } from "../archive/text.js";
import { dateOf, dateText, isoOf, momentOf, timeOf } from "../archive/town_time.js";

const BUSY_MS = 1000;
const IDLE_MS = 15_000;
const OPEN = new Set(["PREPARING", "READY"]);
const COPYING = new Set(["WAITING", "RUNNING"]);

const fieldValue = (us) => `${dateOf(us)}T${timeOf(us)}`;

function fieldMoment(value) {
  const [date, time] = value.split("T");
  return momentOf(date, time);
}

export class Packages {
  #root;
  #form;
  #timer = 0;
  #shown = "";

  constructor(root) {
    this.#root = root;
    this.url = root.dataset.url;
    this.incident = Number(root.dataset.incident);
    this.isPolice = "isPolice" in root.dataset;
    this.#form = root.querySelector("[data-make]");
    if (this.#form) this.#prepareForm();
    root.addEventListener("click", (event) => this.#onClick(event));
    document.addEventListener("visibilitychange", () => document.hidden || this.load());
    this.load();
  }

  #prepareForm() {
    const { fromUs, untilUs } = this.#root.dataset;
    this.#form.elements.from.value = fieldValue(Number(fromUs));
    this.#form.elements.until.value = fieldValue(Number(untilUs));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#make(false);
    });
  }

  #onClick({ target }) {
    const cancelled = target.closest("[data-cancel]");
    if (cancelled) this.#try(() => sendJson("DELETE", `${this.url}${cancelled.dataset.cancel}/`));
    if (target.closest("[data-accept]")) this.#make(true);
    if (target.closest("[data-dismiss]")) this.#tellMissing(null);
    if (target.closest("[data-copy]")) this.#makeCopies();
    // What was just begun shows how far it is at once.
    if (target.closest("a[download]")) setTimeout(() => this.load(), BUSY_MS);
  }

  get #asked() {
    const { from, until, reason } = this.#form.elements;
    return {
      incident: this.incident,
      started_at: isoOf(fieldMoment(from.value)),
      ended_at: isoOf(fieldMoment(until.value)),
      reason: reason.value,
    };
  }

  async #make(acceptsMissing) {
    const button = this.#form.querySelector("[data-submit]");
    button.disabled = true;
    this.#tellMissing(null);
    await this.#try(async () => {
      const made = await this.#request({ ...this.#asked, accepts_missing: acceptsMissing });
      if (made) fetchFile(made);
    });
    button.disabled = false;
  }

  /** The package, or null where footage is gone and the person has to say what to do. */
  async #request(body) {
    const token = this.#form.elements.csrfmiddlewaretoken.value;
    const answer = await fetch(this.url, {
      method: "POST",
      credentials: "same-origin",
      headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": token },
      body: JSON.stringify(body),
    });
    const told = await answer.json();
    if (answer.status === 409 && told.missing_lines) {
      this.#tellMissing(told);
      return null;
    }
    if (!answer.ok) throw new Error(told.detail ?? Object.values(told).flat().join(" "));
    return told;
  }

  #tellMissing(told) {
    const place = this.#root.querySelector("[data-missing]");
    place.hidden = told === null;
    if (!told) return;
    setText(place.querySelector("[data-missing-text]"), told.detail);
    place.querySelector("[data-missing-list]").replaceChildren(...told.missing_lines.map((line) => make("li", "", line)));
    place.querySelector("[data-accept]").hidden = told.is_all;
    (told.is_all ? place.querySelector("[data-dismiss]") : place.querySelector("[data-accept]")).focus();
  }

  async #makeCopies() {
    const { started_at, ended_at } = this.#asked;
    const hides = this.#form.elements.hides_faces.checked;
    await this.#try(() => sendJson("POST", this.#root.dataset.copiesUrl, {
      incident: this.incident, started_at, ended_at, hides_faces: hides,
    }));
  }

  async #try(act) {
    try {
      await act();
      this.#trouble("");
    } catch (error) {
      this.#trouble(error.message || gettext("No connection to the portal."));
    }
    await this.load({ keepsTrouble: true });
  }

  #trouble(text) {
    const place = this.#root.querySelector("[data-trouble]");
    place.hidden = !text;
    setText(place, text);
  }

  /** Ask now; then each second while something is being made. */
  async load({ keepsTrouble = false } = {}) {
    clearTimeout(this.#timer);
    let isBusy = false;
    try {
      const { results } = await getJson(`${this.url}?incident=${this.incident}`);
      const copies = await this.#copies();
      const text = JSON.stringify([results, copies]);
      if (text !== this.#shown) this.#draw(results, copies);
      this.#shown = text;
      isBusy = results.some(({ state }) => OPEN.has(state)) || copies.some(({ state }) => COPYING.has(state));
      if (!keepsTrouble) this.#trouble("");
    } catch (error) {
      this.#trouble(error.message || gettext("No connection to the portal."));
    }
    if (!document.hidden) this.#timer = setTimeout(() => this.load({ keepsTrouble: true }), isBusy ? BUSY_MS : IDLE_MS);
  }

  async #copies() {
    const url = this.#root.dataset.copiesUrl;
    return url ? getJson(`${url}?incident=${this.incident}`) : [];
  }

  #draw(rows, copies) {
    this.#root.querySelector("[data-list]").replaceChildren(...rows.map((row) => this.#item(row)));
    this.#root.querySelector("[data-copies]")?.replaceChildren(...copies.map(copyItem));
    this.#root.querySelector("[data-empty]").hidden = rows.length > 0;
  }

  #item(row) {
    const body = make("div", "grow", this.#head(row));
    if (OPEN.has(row.state)) body.append(...progress(row));
    body.append(make("div", "x2", make("span", "", `${row.camera_labels.join(", ")} · ${row.created_by}, ${dateText(row.created_us)} ${timeOf(row.created_us)}`)));
    if (row.error) body.append(make("p", "trouble", row.error));
    for (const line of row.missing_lines) body.append(make("p", "x2 warn", line));
    if (row.manifest_sha256) body.append(hashLine(row));
    for (const receipt of row.receipts) body.append(receiptLine(receipt));
    const item = make("li", "", icon("package"), body);
    item.dataset.package = row.id;
    item.dataset.state = row.state;
    item.title = [row.name, row.reason].filter(Boolean).join("\n");
    return item;
  }

  #head(row) {
    const range = `${timeOf(row.started_us)} – ${timeOf(row.ended_us)}, ${durationText((row.ended_us - row.started_us) / 1e6)}`;
    const title = make("b", "cutoff", range);
    if (!row.url) return make("div", "x1", title, make("span", "end t3", row.state_text));
    const link = make("a", "btn bare end", icon("download", "s"), row.size_bytes ? bytesText(row.size_bytes) : row.state_text);
    link.href = row.url;
    link.download = `${row.name}.zip`;
    link.setAttribute("aria-label", interpolate(gettext("Download %s"), [`${row.name}.zip`]));
    return make("div", "x1", title, link, row.can_cancel && !this.isPolice ? cancelButton(row) : null);
  }
}

function fetchFile(row) {
  const link = make("a");
  link.href = row.url;
  link.download = `${row.name}.zip`;
  document.body.append(link);
  link.click();
  link.remove();
}

function progress(row) {
  const share = row.size_bytes ? row.done_bytes / row.size_bytes : 0;
  const fill = make("i");
  fill.style.setProperty("width", `${share * 100}%`);
  const text = row.size_bytes
    ? interpolate(gettext("made: %s of %s"), [bytesText(row.done_bytes), bytesText(row.size_bytes)])
    : row.state_text;
  return [make("span", "bar", fill), make("div", "x2", make("span", "", text), make("span", "end", percentText(share)))];
}

function hashLine(row) {
  const hash = make("span", "mono", `${row.manifest_sha256.slice(0, 16)}…${row.manifest_sha256.slice(-8)}`);
  hash.title = row.manifest_sha256;
  return make("div", "x2", make("span", "", gettext("manifest, SHA-256:"), " ", hash));
}

function receiptLine(receipt) {
  const when = `${dateText(receipt.started_us)} ${timeOf(receipt.started_us)}`;
  const size = receipt.is_whole ? gettext("whole") : interpolate(gettext("%s of it"), [bytesText(receipt.bytes_sent)]);
  const who = receipt.is_police ? interpolate(gettext("%s, police"), [receipt.person]) : receipt.person;
  const text = interpolate(gettext("fetched by %s, %s, from %s: %s"), [who, when, receipt.address ?? "–", size]);
  return make("div", "x2", icon(receipt.is_whole ? "check" : "clock", "s"), make("span", "", text));
}

function copyItem(row) {
  const state = row.state === "DONE" ? bytesText(row.size_bytes) : COPYING.has(row.state) ? percentText(row.progress) : row.state_text;
  const kind = row.hides_faces ? gettext("working copy, faces covered") : gettext("working copy");
  const body = make("div", "grow", make("div", "x1", make("b", "cutoff", `${row.camera_label} · ${kind}`), make("span", "end t2", state)));
  if (COPYING.has(row.state)) {
    const fill = make("i");
    fill.style.setProperty("width", `${row.progress * 100}%`);
    body.append(make("span", "bar", fill));
  }
  if (row.error) body.append(make("p", "trouble", row.error));
  return make("li", "", icon("film"), body);
}

function cancelButton(row) {
  const button = make("button", "btn bare sq", icon("x", "s"));
  button.type = "button";
  button.dataset.cancel = row.id;
  button.setAttribute("aria-label", gettext("Cancel"));
  return button;
}

for (const root of document.querySelectorAll("[data-packages]")) new Packages(root);
