// What was typed and is not yet on the server, kept in the browser for this card and this person.
import { root } from "./http.js";

const key = `atomgrad.card.${root?.dataset.card}.${root?.dataset.person}`;

function all() {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? {};
  } catch (error) {
    console.warn("drafts", error);
    return {};
  }
}

export const draftOf = (name) => all()[name];

export function keepDraft(name, value) {
  localStorage.setItem(key, JSON.stringify({ ...all(), [name]: value }));
}

export function dropDraft(...names) {
  const rest = Object.fromEntries(Object.entries(all()).filter(([name]) => !names.includes(name)));
  if (Object.keys(rest).length) localStorage.setItem(key, JSON.stringify(rest));
  else localStorage.removeItem(key);
}
