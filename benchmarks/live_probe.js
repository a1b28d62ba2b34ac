// Measures live tiles: reads the wall clock back from the pixels, see clock_camera.py.
import { LiveWall } from "/static/js/live/wall.js";

const CELLS = 24;
// Reading pixels is dear, and not what is measured: every fifth frame is enough.
const EVERY = 5;
const count = Number(new URLSearchParams(location.search).get("count"));
const results = { latencies: [], first: {}, stalls: 0, startedAt: performance.now() };
window.results = results;

document.body.style.setProperty("--columns", count === 1 ? 1 : 4);
for (let camera = 1; camera <= count; camera++) {
  const figure = document.createElement("figure");
  figure.className = "pic";
  Object.assign(figure.dataset, { liveCamera: camera, liveQuality: "main" });
  document.body.append(figure);
}

const canvas = new OffscreenCanvas(CELLS * 4, 4);
const context = canvas.getContext("2d", { willReadFrequently: true });

function latency(video, shownAt) {
  const { videoWidth: width, videoHeight: height } = video;
  context.drawImage(video, 0, height * 0.02, width, height * 0.06, 0, 0, CELLS * 4, 4);
  const { data } = context.getImageData(0, 2, CELLS * 4, 1);
  let stamp = 0;
  for (let cell = 0; cell < CELLS; cell++) if (data[(cell * 4 + 2) * 4] > 128) stamp |= 1 << cell;
  return ((Math.floor(shownAt) & 0xffffff) - stamp + 0x1000000) & 0xffffff;
}

function follow(video, number) {
  let frames = 0;
  video.addEventListener("waiting", () => results.stalls++);
  const onFrame = (now, { expectedDisplayTime }) => {
    // The clock at the moment the frame is expected on the screen.
    const shownAt = Date.now() + Math.max(0, expectedDisplayTime - performance.now());
    results.first[number] ??= performance.now();
    if (frames++ % EVERY === 0) results.latencies.push(latency(video, shownAt));
    video.requestVideoFrameCallback(onFrame);
  };
  video.requestVideoFrameCallback(onFrame);
}

let number = 0;
new MutationObserver((records) => {
  for (const { addedNodes } of records)
    for (const node of addedNodes) if (node.nodeName === "VIDEO") follow(node, number++);
}).observe(document.body, { childList: true, subtree: true });

LiveWall.start(document);
