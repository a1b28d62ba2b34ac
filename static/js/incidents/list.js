// The list of cards: its filter, and walking through it by the arrows.
import { startRunning } from "./running.js";

for (const field of document.querySelectorAll("[data-filter] :is(select, input)")) {
  field.addEventListener("change", () => field.form.requestSubmit());
}
document.querySelector("[data-filter]")?.addEventListener("submit", ({ target }) => {
  // A short address: what is empty is not named.
  for (const field of target.elements) field.disabled = field.name && !field.value;
});
// Back from a card the browser may show the page as it was left, its fields disabled.
window.addEventListener("pageshow", () => {
  for (const field of document.querySelectorAll("[data-filter] :disabled")) field.disabled = false;
});

document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, select, textarea") || event.altKey || event.ctrlKey) return;
  const links = [...document.querySelectorAll(".inc-tbl .num")];
  const at = links.indexOf(document.activeElement);
  if (event.code === "ArrowDown") links[Math.min(at + 1, links.length - 1)]?.focus();
  else if (event.code === "ArrowUp") links[Math.max(at - 1, 0)]?.focus();
  else if (event.code === "Slash") document.querySelector("[name=q]").focus();
  else return;
  event.preventDefault();
});
startRunning();
