// Measures the archive page from inside, for bench_playback_page.py.
// The number of each frame stands in the picture as 32 black and white cells, high bit first.
(() => {
  const probe = { seeks: [], wanted: null };

  probe.counter = (video) => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [video.videoWidth, 40];
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(video, 0, 0);
    const row = context.getImageData(0, 20, canvas.width, 1).data;
    let number = 0;
    for (let cell = 0; cell < 32; cell += 1) {
      number = number * 2 + (row[Math.round(((cell + 0.5) * canvas.width) / 32) * 4] > 128 ? 1 : 0);
    }
    return number;
  };

  /** Resolves with milliseconds from `begun` to the frame of the moment on every video. */
  probe.shown = (videos, begun, isThere) =>
    Promise.all(
      videos.map(
        (video) =>
          new Promise((resolve) => {
            const seen = (_now, { mediaTime }) => {
              if (isThere(video, mediaTime)) resolve(performance.now() - begun);
              else video.requestVideoFrameCallback(seen);
            };
            video.requestVideoFrameCallback(seen);
          }),
      ),
    ).then((times) => Math.max(...times));

  globalThis.probe = probe;
})();
