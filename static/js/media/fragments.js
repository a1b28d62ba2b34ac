// Reads the fixed fragment layout of the recordings (cameras/engine/fragments.py):
// moof of 104 bytes with one sample, head of mdat of 8 bytes, then the packet.

export const HEADER_BYTES = 112;
export const VIDEO_TRACK = 1;

const MOOF = 0x6d6f6f66;
const TRUN = 0x7472756e;
const MDAT = 0x6d646174;
const TRACK_AT = 44;
const DECODE_TIME_AT = 60;
const TRUN_AT = 72;
const DURATION_AT = 88;
const SIZE_AT = 92;
const FLAGS_AT = 96;
const COMPOSITION_AT = 100;
const MDAT_AT = 108;
const SYNC_SAMPLE = 0x02000000;

/**
 * The whole fragments of `bytes` from `offset` on; a cut one at the end is left out.
 * Times are ticks of 1/90000 s from the start of the file.
 *
 * @param {Uint8Array} bytes
 * @returns {{offset: number, end: number, track: number, time: number, duration: number, isKeyframe: boolean}[]}
 */
export function readFragments(bytes, offset = 0) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = [];
  while (isFragment(view, offset)) {
    const end = offset + HEADER_BYTES + view.getUint32(offset + SIZE_AT);
    if (end > bytes.byteLength) break;
    found.push({
      offset,
      end,
      track: view.getUint32(offset + TRACK_AT),
      time: Number(view.getBigUint64(offset + DECODE_TIME_AT)) + view.getInt32(offset + COMPOSITION_AT),
      duration: view.getUint32(offset + DURATION_AT),
      isKeyframe: view.getUint32(offset + FLAGS_AT) === SYNC_SAMPLE,
    });
    offset = end;
  }
  return found;
}

function isFragment(view, offset) {
  return (
    offset + HEADER_BYTES <= view.byteLength &&
    view.getUint32(offset + 4) === MOOF &&
    view.getUint32(offset + TRUN_AT) === TRUN &&
    view.getUint32(offset + MDAT_AT) === MDAT
  );
}

/** Make the fragment at `offset` last `ticks`: what a keyframe shown alone needs. */
export function setDuration(bytes, offset, ticks) {
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).setUint32(offset + DURATION_AT, ticks);
}

/** The first byte behind ftyp and moov; 0 where the bytes begin with a fragment. */
export function initializationEnd(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = 0;
  while (offset + 8 <= bytes.byteLength && view.getUint32(offset + 4) !== MOOF) {
    const size = view.getUint32(offset);
    if (size < 8) break;
    offset += size;
  }
  return offset;
}

/** Drop the fragments of other tracks (sound) from `bytes`. */
export function videoOnly(bytes, fragments) {
  if (fragments.every((fragment) => fragment.track === VIDEO_TRACK)) return bytes;
  const kept = fragments.filter((fragment) => fragment.track === VIDEO_TRACK);
  const result = new Uint8Array(kept.reduce((sum, { offset, end }) => sum + end - offset, 0));
  let at = 0;
  for (const { offset, end } of kept) {
    result.set(bytes.subarray(offset, end), at);
    at += end - offset;
  }
  return result;
}

/** An initialization segment with its sound track turned into a free box: players then ignore it. */
export function videoOnlyInitialization(bytes) {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  for (const moov of boxes(view, 0, copy.length, "moov")) {
    free(view, [...boxes(view, moov.content, moov.end, "trak")].slice(1));
    for (const mvex of boxes(view, moov.content, moov.end, "mvex")) {
      free(view, [...boxes(view, mvex.content, mvex.end, "trex")].slice(1));
    }
  }
  return copy;
}

function* boxes(view, from, to, kind) {
  const code = [...kind].reduce((sum, letter) => sum * 256 + letter.charCodeAt(0), 0);
  for (let at = from; at + 8 <= to; at += Math.max(8, view.getUint32(at))) {
    if (view.getUint32(at + 4) === code) yield { at, content: at + 8, end: at + view.getUint32(at) };
  }
}

function free(view, found) {
  for (const { at } of found) view.setUint32(at + 4, 0x66726565);
}
