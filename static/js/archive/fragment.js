// The fragment between in and out: its panel, its export and its hold.

import { durationText } from "../clock.js";
import { sendJson } from "./http.js";
import { bytesText, make, setText } from "./text.js";
import { DAY_US, dateText, exactTime, isoOf, nowUs } from "./town_time.js";

const NOTHING = "–";

export class Fragment {
  #panel;
  #cameras = [];
  #active = 0;
  inUs = null;
  outUs = null;

  /** @param {{sizeOf: (camera: number, inUs: number, outUs: number) => number, onChange: () => void, onSaved: () => void}} handlers */
  constructor({ panel, ...handlers }) {
    this.#panel = panel;
    this.handlers = handlers;
    for (const form of panel.querySelectorAll("form")) {
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        this.#send(form);
      });
      form.addEventListener("keydown", (event) => event.code === "Escape" && this.close());
    }
    panel.addEventListener("click", (event) => {
      if (event.target.closest("[data-close]")) this.close();
      if (event.target.closest("[data-clear]")) this.set(null, null);
    });
  }

  get isWhole() {
    return this.inUs !== null && this.outUs !== null;
  }

  get bytes() {
    return this.isWhole ? this.handlers.sizeOf(this.#active, this.inUs, this.outUs) : 0;
  }

  setCameras(cameras, active) {
    this.#cameras = cameras;
    this.#active = active;
    this.draw();
  }

  set(inUs, outUs) {
    this.inUs = inUs;
    this.outUs = outUs;
    if (inUs !== null && outUs !== null && outUs <= inUs) this.outUs = null;
    this.draw();
    this.handlers.onChange();
  }

  setIn(us) {
    this.set(us, this.outUs !== null && this.outUs > us ? this.outUs : null);
  }

  setOut(us) {
    this.set(this.inUs !== null && this.inUs < us ? this.inUs : null, us);
  }

  draw() {
    const part = (name) => this.#panel.querySelector(`[data-part="${name}"]`);
    setText(part("in"), this.inUs === null ? NOTHING : exactTime(this.inUs));
    setText(part("out"), this.outUs === null ? NOTHING : exactTime(this.outUs));
    setText(part("length"), this.isWhole ? durationText((this.outUs - this.inUs) / 1e6) : NOTHING);
    setText(part("size"), this.bytes ? bytesText(this.bytes) : NOTHING);
    part("hint").hidden = this.isWhole;
    part("ready").hidden = !this.isWhole;
    part("clear").hidden = this.inUs === null && this.outUs === null;
    setText(part("date"), this.inUs === null ? "" : dateText(this.inUs));
  }

  /** Show the form of an export or a hold; without a whole fragment say what is missing. */
  open(kind) {
    this.close();
    if (!this.isWhole) {
      const hint = this.#panel.querySelector('[data-part="hint"]');
      hint.classList.remove("called");
      requestAnimationFrame(() => hint.classList.add("called"));
      return;
    }
    const form = this.#panel.querySelector(`form[data-kind="${kind}"]`);
    if (!form) return;
    form.hidden = false;
    this.#say(form, "");
    form.querySelector("[data-cameras]").replaceChildren(
      ...this.#cameras.map((camera) => {
        const box = make("input");
        box.type = "checkbox";
        box.name = "camera";
        box.value = camera.id;
        box.checked = camera.id === this.#active || this.#cameras.length === 1;
        const label = make("label", "", box, make("b", "", camera.label));
        label.title = camera.name;
        return label;
      }),
    );
    form.elements.reason.focus();
  }

  close() {
    for (const form of this.#panel.querySelectorAll("form")) {
      if (form.contains(document.activeElement)) document.activeElement.blur();
      form.hidden = true;
    }
  }

  async #send(form) {
    const chosen = [...form.querySelectorAll("[name=camera]:checked")].map((box) => Number(box.value));
    if (!chosen.length) return this.#say(form, gettext("Choose a camera."));
    const button = form.querySelector("[type=submit]");
    button.disabled = true;
    try {
      for (const camera of chosen) {
        await sendJson("POST", form.dataset.url, this.#body(form, camera));
        form.querySelector(`[name=camera][value="${camera}"]`).checked = false;
      }
      form.reset();
      this.close();
      this.handlers.onSaved(form.dataset.kind);
    } catch (error) {
      this.#say(form, errorText(error));
    } finally {
      button.disabled = false;
    }
  }

  #body(form, camera) {
    const body = {
      camera,
      started_at: isoOf(this.inUs),
      ended_at: isoOf(this.outUs),
      reason: form.elements.reason.value.trim(),
    };
    const days = Number(form.elements.days?.value ?? 0);
    if (form.dataset.kind === "hold") body.expires_at = days ? isoOf(nowUs() + days * DAY_US) : null;
    return body;
  }

  #say(form, text) {
    const place = form.querySelector("[data-error]");
    place.hidden = !text;
    setText(place, text);
  }
}

/** What went wrong, in words a dispatcher can act on. */
export function errorText(error) {
  if (error instanceof TypeError) return gettext("No link to the server. Try again.");
  if (error.status === 403) return gettext("You may not do this.");
  if (error.status === 429) return gettext("Too many requests. Wait a minute.");
  return error.message || gettext("The server could not do this. Try again.");
}
