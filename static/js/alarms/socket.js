// The alarms' line: reads on after the last change it was told, so that nothing is lost or doubled.
import { JsonSocket } from "../socket.js";

const PATH = "/ws/alarms/";

export class AlarmSocket {
  /** The number of the last change; null: nothing is known yet. */
  revision = null;

  /** `onOpen(alarms, count)`: what is open now. `onAlarms(alarms)`: those new or changed. */
  constructor({ onOpen, onAlarms, onLink }) {
    this.handlers = { onOpen, onAlarms };
    this.line = new JsonSocket(PATH, {
      greeting: () => this.#readOn(),
      onMessage: (message) => this.#take(message),
      onLink,
    });
  }

  #readOn() {
    const language = document.documentElement.lang || "ru";
    const after = this.revision;
    return { type: "read_on", language, ...(after === null ? {} : { after }) };
  }

  #take(message) {
    if (message.type === "open") {
      this.revision = message.revision;
      this.handlers.onOpen(message.alarms, message.open_count);
    } else if (message.type === "alarms") {
      // Told twice, after the line broke off: each counts once.
      const fresh = message.alarms.filter(({ revision }) => revision > (this.revision ?? -1));
      this.revision = Math.max(this.revision ?? -1, message.revision);
      if (fresh.length) this.handlers.onAlarms(fresh);
    }
  }
}
