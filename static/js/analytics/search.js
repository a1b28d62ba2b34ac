// The page of searches in the archive: what to search on the left, searches and their finds on the right.

import { getJson, RequestError, sendJson } from "../archive/http.js";
import { Found } from "./search_found.js";
import { SearchForm } from "./search_form.js";
import { SearchList } from "./search_list.js";

const BUSY_MS = 2000;
const IDLE_MS = 15_000;
const SHOWN = 30;

const root = document.querySelector("[data-search-page]");
const { url } = root.dataset;
const part = (name) => root.querySelector(`[data-part="${name}"]`);
const say = (text) => {
  part("error").textContent = text;
  part("error").hidden = !text;
};

const list = new SearchList(
  { list: part("searches"), count: part("count"), empty: part("no-searches") },
  { choose, cancel },
);
const found = new Found(
  { head: part("found-head"), say: part("found-say"), list: part("found"), more: part("more"), nothing: part("nothing") },
  { url, canJudge: root.hasAttribute("data-can-judge") },
);
const form = new SearchForm(part("form"), { url, say, speed: () => list.usualSpeed, onStart: start });

let timer = 0;

/** Run something that asks the server; what it refuses is said where the person looks. */
async function guarded(act) {
  try {
    await act();
    return true;
  } catch (error) {
    if (!(error instanceof RequestError) && !(error instanceof TypeError)) throw error;
    const words = error instanceof RequestError ? error.message : "";
    say(words || gettext("The portal does not answer."));
    return false;
  }
}

async function ask() {
  clearTimeout(timer);
  const query = new URLSearchParams({ limit: SHOWN });
  if (!part("by-portal").checked) query.set("by_portal", "false");
  try {
    list.show((await getJson(`${url}?${query}`)).results);
    await showChosen();
  } catch (error) {
    // The next turn asks again; what is shown stays.
    if (!(error instanceof RequestError) && !(error instanceof TypeError)) throw error;
  } finally {
    timer = setTimeout(ask, list.isBusy ? BUSY_MS : IDLE_MS);
  }
}

/** The chosen search may be older than those listed. */
async function showChosen() {
  const { chosen } = list;
  if (!chosen) return;
  const search = list.get(chosen) ?? (await getJson(`${url}${chosen}/`));
  await found.show(search);
}

function choose(id) {
  list.choose(id);
  history.replaceState(null, "", `?search=${id}`);
  guarded(showChosen);
}

function cancel(search) {
  guarded(async () => {
    await sendJson("DELETE", `${url}${search.id}/`);
  }).then(ask);
}

async function start(asked) {
  await guarded(async () => {
    const search = await sendJson("POST", url, asked);
    choose(search.id);
  });
  await ask();
}

part("by-portal").addEventListener("change", ask);
document.addEventListener("visibilitychange", () => document.hidden || ask());
list.choose(new URLSearchParams(location.search).get("search"));
form.begin(new URLSearchParams(location.search));
ask();
