// Numbers in words, and elements made from data.

const language = document.documentElement.lang || "ru";
const icons = document.querySelector('meta[name="icons"]')?.content ?? "";
const formats = [0, 1, 2].map(
  (digits) => new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits }),
);

/** "1,02 ГБ", "655 МБ", "84 КБ" */
export function bytesText(bytes) {
  if (bytes >= 1e9) return interpolate(gettext("%s GB"), [formats[2].format(bytes / 1e9)]);
  if (bytes >= 10e6) return interpolate(gettext("%s MB"), [formats[0].format(bytes / 1e6)]);
  if (bytes >= 1e6) return interpolate(gettext("%s MB"), [formats[1].format(bytes / 1e6)]);
  return interpolate(gettext("%s KB"), [formats[0].format(bytes / 1e3)]);
}

const percents = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 });

/** "64 %" */
export const percentText = (share) => percents.format(Math.floor(share * 100) / 100);

/** An element with classes, attributes and children; no markup is ever parsed. */
export function make(tag, classes = "", ...children) {
  const element = document.createElement(tag);
  if (classes) element.className = classes;
  element.append(...children.filter((child) => child !== null));
  return element;
}

export function icon(name, classes = "") {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", `i ${classes}`.trim());
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${icons}#${name}`);
  svg.append(use);
  return svg;
}

/** Write only what changed: the page is updated ten times a second. */
export function setText(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}
