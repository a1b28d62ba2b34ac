// A WebSocket of JSON messages that comes back by itself after any loss.

const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 5000;
// The servers of these sockets say something every few seconds: much longer silence means that
// the line is dead.
const SILENCE_MS = 15_000;

export class JsonSocket {
  /** `greeting()`: what is said first on each new line, or null. `onMessage(object)`. */
  constructor(path, { greeting, onMessage, onLink = () => {} }) {
    this.url = new URL(path, location.href).href.replace(/^http/, "ws");
    this.handlers = { greeting, onMessage, onLink };
    this.failures = 0;
    this.isClosed = false;
    this.onOnline = () => this.hurry();
    window.addEventListener("online", this.onOnline);
    this.silence = setInterval(() => this.endSilence(), 3000);
    this.open();
  }

  send(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  close() {
    this.isClosed = true;
    window.removeEventListener("online", this.onOnline);
    clearInterval(this.silence);
    clearTimeout(this.timer);
    this.socket.close();
  }

  open() {
    const socket = new WebSocket(this.url);
    this.socket = socket;
    this.heardAt = performance.now();
    socket.onopen = () => {
      const first = this.handlers.greeting();
      if (first) this.send(first);
    };
    socket.onmessage = ({ data }) => this.receive(data);
    // A socket that was replaced meanwhile has nothing to say any more.
    socket.onclose = ({ code }) => socket === this.socket && this.comeBack(code);
  }

  receive(data) {
    this.heardAt = performance.now();
    this.failures = 0;
    this.handlers.onLink(true);
    this.handlers.onMessage(JSON.parse(data));
  }

  comeBack(code) {
    if (this.isClosed) return;
    this.handlers.onLink(false);
    // 44xx: the server does not want this page; ask again seldom, the session may come back.
    const isRefused = code >= 4400 && code < 4500;
    const pause = isRefused ? MAX_PAUSE_MS : Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.failures);
    this.failures += 1;
    this.timer = setTimeout(() => this.open(), pause * (0.5 + Math.random() / 2));
  }

  hurry() {
    if (this.socket.readyState !== WebSocket.CLOSED || this.isClosed) return;
    clearTimeout(this.timer);
    this.open();
  }

  endSilence() {
    const isUp = this.socket.readyState === WebSocket.OPEN;
    if (!isUp || performance.now() - this.heardAt < SILENCE_MS) return;
    // close() would wait for an answer that may never come
    const dead = this.socket;
    dead.onclose = dead.onmessage = null;
    dead.close();
    this.comeBack(1006);
  }
}
