// Spans of time that run: how long a card has been where it is, against its norm.
import { durationText, serverNowMs } from "../clock.js";

function show() {
  for (const element of document.querySelectorAll("[data-since]")) {
    const seconds = (serverNowMs() - Number(element.dataset.since) / 1000) / 1000;
    const norm = Number(element.dataset.norm) || 0;
    const output = element.matches("output") ? element : element.querySelector("output");
    if (output) output.textContent = durationText(seconds);
    if (!element.matches("li")) continue;
    element.classList.toggle("over", norm > 0 && seconds > norm);
    if (norm) element.style.setProperty("--f", `${Math.min(100, (100 * seconds) / norm)}%`);
  }
}

/** Draw the shares that the server has named; positions are set here, the policy allows no style attributes. */
export function drawFills() {
  for (const element of document.querySelectorAll("[data-fill]")) {
    element.style.setProperty("--f", `${element.dataset.fill}%`);
  }
  show();
}

export function startRunning() {
  drawFills();
  setInterval(show, 1000);
}
