// The alarms' line: reads on after the last change it was told, so that nothing is lost or doubled.
import { JsonSocket } from "../socket.js";

const PATH = "/ws/alarms/";

export class AlarmSocket {
  /** The number of the last change; null: nothing is known yet. */
  revision = null;

  /** `onOpen(alarms)`: all that is open now. `onAlarm(alarm)`: one that is new or has changed. */
  constructor({ onOpen, onAlarm, onLink }) {
    this.handlers = { onOpen, onAlarm };
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
      this.handlers.onOpen(message.alarms);
    } else if (message.type === "alarm" && message.revision > (this.revision ?? -1)) {
      this.revision = message.revision;
      this.handlers.onAlarm(message);
    }
  }
}
