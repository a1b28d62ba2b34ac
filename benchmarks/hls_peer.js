// The peer of bench_playback_page.py: hls.js on the portal's own playlist of the same footage.
const video = document.querySelector("video");
const asked = new URLSearchParams(location.search);
const hls = new Hls();
hls.loadSource(`/archive/hls/${asked.get("camera")}.m3u8?from_us=${asked.get("from_us")}&to_us=${asked.get("to_us")}`);
hls.attachMedia(video);

/** Milliseconds from setting the time to the first frame there. */
globalThis.seekTo = (seconds) => {
  const begun = performance.now();
  video.currentTime = seconds;
  return probe.shown([video], begun, (_video, mediaTime) => Math.abs(mediaTime - seconds) < 0.1);
};
