// Shows JPEG pictures one after another: for streams whose codec the browser can not play.

export class PicturePlayer {
  /** `onFrame(capturedMs)`: this picture is on the screen. */
  constructor(image, { onFrame }) {
    this.image = image;
    this.onFrame = onFrame;
    this.next = null;
    this.isLoading = false;
  }

  append(media) {
    this.next = media; // a picture that was not shown yet is out of date
    if (!this.isLoading) this.show();
  }

  destroy() {
    this.isDestroyed = true;
    this.image.removeAttribute("src");
    URL.revokeObjectURL(this.url);
  }

  async show() {
    const { payload, capturedMs } = this.next;
    this.next = null;
    this.isLoading = true;
    const old = this.url;
    this.url = URL.createObjectURL(new Blob([payload], { type: "image/jpeg" }));
    this.image.src = this.url;
    try {
      await this.image.decode();
      if (!this.isDestroyed) this.onFrame(capturedMs);
    } catch (error) {
      // One bad picture of a camera: the next one comes.
      if (!this.isDestroyed) console.warn("picture", error);
    }
    URL.revokeObjectURL(old);
    this.isLoading = false;
    if (this.next && !this.isDestroyed) this.show();
  }
}
