// A video element fed with fragments: one MediaSource, one SourceBuffer, operations one after another.

const DURATION_S = 1e6;

/** Media time is counted from an epoch near the footage, so that seconds as doubles stay exact. */
export class MediaFeed {
  #video;
  #buffer = null;
  #mime = "";
  #initialization = null;
  #queue = Promise.resolve();
  #url = "";

  constructor(video) {
    this.#video = video;
  }

  static canPlay(codecs) {
    return Boolean(globalThis.MediaSource) && MediaSource.isTypeSupported(mimeOf(codecs));
  }

  /**
   * Forget what is buffered and make ready for footage of this format; the element and its
   * MediaSource stay. Resolves when the element takes a new position.
   */
  prepare({ codecs, initialization, isCurrent }) {
    return this.#enqueue(async () => {
      if (!isCurrent()) return;
      if (this.#initialization) {
        this.#buffer.abort();
        await this.#run(() => this.#buffer.remove(0, Infinity));
      }
      await this.#initialize(codecs, initialization);
      while (this.#video.readyState < HTMLMediaElement.HAVE_METADATA && isCurrent()) await nextTurn();
    });
  }

  /** Append fragments of a file whose time zero lies at `offset` seconds of media time. */
  append(bytes, { codecs, initialization, offset, isCurrent }) {
    return this.#enqueue(async () => {
      if (!isCurrent()) return;
      await this.#initialize(codecs, initialization);
      if (this.#buffer.timestampOffset !== offset) this.#buffer.timestampOffset = offset;
      await this.#run(() => this.#buffer.appendBuffer(bytes));
    });
  }

  remove(from, to) {
    return this.#enqueue(async () => {
      if (this.#initialization && to > from) await this.#run(() => this.#buffer.remove(Math.max(0, from), to));
    });
  }

  /** Begin anew after a decode error. */
  reset() {
    this.#queue = Promise.resolve();
    this.#close();
  }

  close() {
    this.#close();
    this.#video.removeAttribute("src");
    this.#video.load();
  }

  #close() {
    URL.revokeObjectURL(this.#url);
    this.#buffer = this.#initialization = null;
    this.#mime = this.#url = "";
  }

  async #initialize(codecs, initialization) {
    const mime = mimeOf(codecs);
    if (!this.#buffer) await this.#open(mime);
    if (this.#initialization === initialization) return;
    if (this.#mime !== mime) this.#buffer.changeType(mime);
    this.#mime = mime;
    await this.#run(() => this.#buffer.appendBuffer(initialization));
    this.#initialization = initialization;
  }

  async #open(mime) {
    const source = new MediaSource();
    this.#url = URL.createObjectURL(source);
    const opened = new Promise((resolve) => source.addEventListener("sourceopen", resolve, { once: true }));
    this.#video.src = this.#url;
    await opened;
    // Finite, else nothing can be sought before it is buffered.
    source.duration = DURATION_S;
    this.#buffer = source.addSourceBuffer(mime);
    this.#mime = mime;
  }

  #run(operation) {
    const buffer = this.#buffer;
    return new Promise((resolve, reject) => {
      const done = () => finish(resolve);
      const failed = () => finish(() => reject(new Error("the browser refused the footage")));
      const finish = (act) => {
        buffer.removeEventListener("updateend", done);
        buffer.removeEventListener("error", failed);
        act();
      };
      buffer.addEventListener("updateend", done);
      buffer.addEventListener("error", failed);
      try {
        operation();
      } catch (error) {
        finish(() => reject(error));
      }
    });
  }

  #enqueue(task) {
    const result = this.#queue.then(task);
    this.#queue = result.catch(() => {});
    return result;
  }
}

function nextTurn() {
  return new Promise((resolve) => setTimeout(resolve, 5));
}

function mimeOf(codecs) {
  return `video/mp4; codecs="${codecs}"`;
}
