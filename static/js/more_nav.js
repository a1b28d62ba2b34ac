// The folded sections close as a menu does: by Escape, or a click elsewhere.
export function startMoreNav() {
  const menu = document.querySelector("[data-more-nav]");
  if (!menu) return;
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.code !== "Escape" || !menu.open) return;
    event.stopPropagation();
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}
