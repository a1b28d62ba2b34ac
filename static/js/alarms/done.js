// What was said last: the card that was made of it, or why it was false, for one more key.
import { sendJson } from "../archive/http.js";
import { errorText } from "../archive/fragment.js";
import { icon, make, setText } from "../archive/text.js";

const STAYS_MS = 20_000;

export class DoneBox {
  #root;
  #alarm = null;
  #timer = 0;

  constructor(root) {
    this.#root = root;
    root.addEventListener("click", (event) => this.#onClick(event));
    document.addEventListener("keydown", (event) => this.#onKey(event), { capture: true });
  }

  show(alarm) {
    this.#alarm = alarm;
    this.#root.hidden = false;
    this.#part("reasons").hidden = alarm.verdict !== "FALSE";
    this.#write();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.close(), STAYS_MS);
  }

  close() {
    this.#root.hidden = true;
    this.#alarm = null;
  }

  #part(name) {
    return this.#root.querySelector(`[data-done="${name}"]`);
  }

  #write() {
    const { verdict, title, reason_text: reason, incident_name: name, incident_url: url } = this.#alarm;
    const words = { REAL: gettext("Confirmed"), FALSE: gettext("False alarm"), WATCH: gettext("Watched for 5 min") };
    this.#part("text").replaceChildren(icon("check"), make("b", "", words[verdict]), make("span", "cutoff", reason || title));
    const card = this.#part("card");
    card.hidden = !name;
    if (name) setText(card.querySelector("span"), interpolate(gettext("Card %s"), [name]));
    if (url) card.href = url;
    for (const button of this.#root.querySelectorAll("[data-reason]")) {
      button.setAttribute("aria-pressed", String(button.dataset.reason === this.#alarm.verdict_reason));
    }
  }

  #onClick(event) {
    const button = event.target.closest("[data-reason]");
    if (button) this.#choose(button.dataset.reason);
  }

  /** The digits name the reason while it is asked for, not a place. */
  #onKey(event) {
    if (!this.#alarm || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (event.target instanceof Element && event.target.closest("input, textarea, select")) return;
    const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1];
    const button = digit && this.#alarm.verdict === "FALSE" && this.#root.querySelectorAll("[data-reason]")[digit - 1];
    if (!button) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.#choose(button.dataset.reason);
  }

  async #choose(reason) {
    const { id } = this.#alarm;
    try {
      const alarm = await sendJson("POST", `/api/alarms/${id}/verdict/`, { verdict: "FALSE", reason });
      if (this.#alarm?.id === id) this.show(alarm);
    } catch (error) {
      setText(this.#part("text"), errorText(error));
    }
  }
}
