// The live socket's messages; the table of them is docs/design/live.md.

export const Kind = Object.freeze({ initialization: 1, keyframe: 2, delta: 3, picture: 4 });

const VERSION = 1;
const HEADER_BYTES = 16;
const VIDEO_CLOCK = 90_000;

/** A binary message: { kind, tile, sequence, capturedMs, payload }; null when it is not ours. */
export function parseMedia(buffer) {
  const view = new DataView(buffer);
  if (buffer.byteLength < HEADER_BYTES || view.getUint8(0) !== VERSION) return null;
  return {
    kind: view.getUint8(1),
    tile: view.getUint16(2, true),
    sequence: view.getUint32(4, true),
    capturedMs: Number(view.getBigUint64(8, true)) / 1000,
    payload: new Uint8Array(buffer, HEADER_BYTES),
  };
}

/** Times of a fragment in seconds, read from the fixed layout of cameras/engine/fragments.py. */
export function fragmentTimes(payload) {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const decode = Number(view.getBigUint64(60)) / VIDEO_CLOCK;
  return {
    decode,
    presentation: decode + view.getInt32(100) / VIDEO_CLOCK,
    duration: view.getUint32(88) / VIDEO_CLOCK,
  };
}
