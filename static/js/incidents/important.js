// An important card on the desk sounds once, quietly, when it is new to this window.
import { playEarcon } from "../sound.js";

const KEY = "atomgrad.important-heard";

export function startImportant() {
  if (!document.querySelector('[data-status="important"]')) return;
  document.addEventListener("portal:status", ({ detail }) => {
    const heard = new Set(JSON.parse(sessionStorage.getItem(KEY) ?? "[]"));
    const isNew = detail.important.some((card) => !heard.has(card));
    // Muted, or another one sounds: with the next state.
    if (isNew && playEarcon("card")) sessionStorage.setItem(KEY, JSON.stringify(detail.important));
  });
}
