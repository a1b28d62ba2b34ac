// Entry of the shift's page: the sound test, and the ruler of the hand-over.
import { playTest } from "../sound.js";
import { serverNowMs } from "../clock.js";

const test = document.querySelector("[data-sound-test]");
const answers = document.querySelector("[data-sound-answers]");
const hint = document.querySelector("[data-sound-hint]");

async function play() {
  const isPlayed = await playTest();
  answers.hidden = !isPlayed;
  hint.hidden = isPlayed;
  if (!isPlayed) hint.textContent = gettext("The browser does not let this page sound.");
}

function showLimit() {
  const ruler = document.querySelector("[data-since-limit]");
  if (!ruler) return;
  const begun = Number(ruler.querySelector("[data-since-us]").dataset.sinceUs) / 1000;
  ruler.classList.toggle("over", serverNowMs() - begun > Number(ruler.dataset.sinceLimit) * 1000);
}

test?.addEventListener("click", play);
showLimit();
setInterval(showLimit, 1000);
