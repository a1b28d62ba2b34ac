// Keys by their place on the board (event.code), so that the Russian layout works as it is.
// A control names its key: data-code="KeyT" (what presses it), data-key="T" (what Alt shows on it).
// К (the key R), then the camera's number: the event "portal:camera" on document, detail {number}.
const root = document.documentElement;
const NUMBER_WAIT_MS = 1200;

let digits = null;
let timer = 0;

const isField = (element) => element instanceof Element && element.closest("input, textarea, select, [contenteditable]");
const isShown = (element) => !element.closest("[hidden]") && !element.disabled;

function finishNumber() {
  clearTimeout(timer);
  const number = Number(digits);
  digits = null;
  root.removeAttribute("data-number");
  if (number) document.dispatchEvent(new CustomEvent("portal:camera", { detail: { number } }));
}

function takeDigit(digit) {
  digits += digit;
  root.dataset.number = digits;
  clearTimeout(timer);
  // The longest number known on the page ends the wait.
  const longest = Number(document.body.dataset.numberLength ?? 2);
  if (digits.length >= longest) finishNumber();
  else timer = setTimeout(finishNumber, NUMBER_WAIT_MS);
}

function startNumber() {
  digits = "";
  root.dataset.number = "";
  clearTimeout(timer);
  timer = setTimeout(finishNumber, NUMBER_WAIT_MS * 2);
}

function press(event) {
  const code = event.code.replace("Numpad", "Digit");
  const control = [...document.querySelectorAll("[data-code]")].find(
    (element) => element.dataset.code.split(" ").includes(code) && isShown(element),
  );
  if (!control) return;
  event.preventDefault();
  control.click();
}

function onKeyDown(event) {
  if (event.key === "Alt") {
    event.preventDefault();
    root.toggleAttribute("data-hints", true);
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.defaultPrevented) return;
  if (isField(event.target) && !/^F\d/.test(event.code)) return;
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1];
  if (digits !== null && digit) {
    event.preventDefault();
    takeDigit(digit);
  } else if (event.code === "KeyR" && document.body.dataset.numberLength) {
    startNumber();
  } else {
    press(event);
  }
}

export function startKeys() {
  const hideHints = () => root.removeAttribute("data-hints");
  document.addEventListener("keydown", onKeyDown);
  document.addEventListener("keyup", (event) => event.key === "Alt" && hideHints());
  window.addEventListener("blur", hideHints);
}
