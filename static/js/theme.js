// Night, day or by the hour. The choice is a cookie, so that the server draws the page right at once.
import { townHour } from "./clock.js";

const root = document.documentElement;
const YEAR = 365 * 24 * 3600;

// Django's admin pages carry the theme on the body.
function readChoice() {
  const onBody = [...document.body.classList].find((name) => name.startsWith("choice-"));
  root.dataset.themeChoice ??= onBody?.slice("choice-".length) ?? "auto";
}

function themeOf(choice) {
  if (choice !== "auto") return choice;
  const hour = townHour();
  return hour >= 20 || hour < 7 ? "night" : "day";
}

function show() {
  const theme = themeOf(root.dataset.themeChoice);
  if (root.dataset.theme !== theme) root.dataset.theme = theme;
  document.body.classList.toggle("theme-day", theme === "day");
  const icons = document.querySelector('meta[name="icons"]')?.content ?? "";
  const sign = theme === "night" ? "moon" : "sun";
  for (const button of document.querySelectorAll("[data-theme-toggle]")) {
    button.querySelector("use")?.setAttribute("href", `${icons}#${sign}`);
  }
  for (const button of document.querySelectorAll("[data-theme-choose]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoose === root.dataset.themeChoice));
  }
}

function choose(choice) {
  root.dataset.themeChoice = choice;
  document.cookie = `theme=${choice}; path=/; max-age=${YEAR}; samesite=lax`;
  show();
}

export function startTheme() {
  readChoice();
  document.addEventListener("click", (event) => {
    const chosen = event.target.closest("[data-theme-choose]");
    if (chosen) choose(chosen.dataset.themeChoose);
    if (event.target.closest("[data-theme-toggle]")) choose(root.dataset.theme === "night" ? "day" : "night");
  });
  show();
  setInterval(show, 60_000);
}
