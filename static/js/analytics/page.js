// The drawing page of one camera: picture and editor, lists of drawings and rules, trial, saving.

import { RequestError, sendJson } from "../archive/http.js";
import { timeText, serverNowMs } from "../clock.js";
import { Draft } from "./draft.js";
import { Editor } from "./editor.js";
import { freeName, RegionList } from "./region_list.js";
import { RuleList } from "./rule_list.js";
import { TrialStrip } from "./trial.js";

const root = document.querySelector("[data-analysis]");
const part = (name) => root.querySelector(`[data-part="${name}"]`);
const data = JSON.parse(document.getElementById("page-data").textContent);

const draft = new Draft(data.setup);
const tools = [...root.querySelectorAll("[data-tool]")];
const editor = new Editor(part("editor"), draft, {
  say: (text) => { part("say").textContent = text; },
  choose: () => regions?.mark(),
  toolChanged: (tool) => tools.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.tool === tool))),
  nameFor: (shape) => freeName(draft, shape),
  remove,
});
const regions = new RegionList(
  { list: part("regions"), count: part("region-count"), empty: part("no-regions") }, draft, editor,
  { remove, namesChanged: () => rules.render() },
);
const rules = new RuleList({ list: part("rules"), empty: part("no-rules") }, draft, data.kinds, editor);
new TrialStrip(
  { hits: part("hits"), say: part("trial-say"), bar: part("trial-bar"), start: part("trial-start"), stop: part("trial-stop") },
  { ...root.dataset, seesArchive: data.seesArchive }, draft,
);

function remove(region) {
  const standing = draft.rulesOn(region.ref).length;
  const question = interpolate(
    ngettext("“%s” has a rule on it, which goes too. Remove?", "“%s” has rules on it, which go too. Remove?", standing),
    [region.name],
  );
  if (standing && !confirm(question)) return;
  draft.removeRegion(region.ref);
  part("editor").focus({ preventScroll: true });
}

// --- picture ------------------------------------------------------------------------------

const picture = part("picture");
const field = part("field");

function fitField() {
  const { clientWidth, clientHeight } = part("stage");
  const aspect = picture.naturalWidth ? picture.naturalWidth / picture.naturalHeight : 16 / 9;
  const width = Math.min(clientWidth, clientHeight * aspect);
  field.style.width = `${Math.floor(width)}px`;
  field.style.height = `${Math.floor(width / aspect)}px`;
}

function loadPicture() {
  picture.src = `${picture.dataset.src}?${Math.round(serverNowMs())}`;
}

picture.addEventListener("load", () => { part("no-picture").hidden = true; picture.hidden = false; fitField(); });
picture.addEventListener("error", () => { part("no-picture").hidden = false; picture.hidden = true; fitField(); });
new ResizeObserver(fitField).observe(part("stage"));
part("fresh").addEventListener("click", loadPicture);
part("camera").addEventListener("change", (event) => location.assign(event.target.value));

// --- tools and saving ---------------------------------------------------------------------

for (const button of tools) {
  button.addEventListener("click", () => {
    editor.setTool(editor.tool === button.dataset.tool ? null : button.dataset.tool);
    part("editor").focus({ preventScroll: true });
  });
}
part("add-rule").addEventListener("click", () => rules.add());
part("discard").addEventListener("click", () => draft.discard());
part("save").addEventListener("click", save);

function fail(text) {
  part("error").textContent = text;
  part("error").hidden = !text;
}

function showState() {
  part("save").disabled = part("discard").disabled = !draft.isChanged;
  if (draft.isChanged) part("saved").textContent = gettext("not saved");
  else if (part("saved").textContent === gettext("not saved")) part("saved").textContent = "";
}

async function save() {
  fail("");
  part("save").disabled = true;
  try {
    draft.load(await sendJson("PUT", root.dataset.setupUrl, { revision: draft.revision, ...draft.payload() }));
    part("saved").textContent = interpolate(gettext("saved at %s"), [timeText(serverNowMs())]);
  } catch (error) {
    if (!(error instanceof RequestError) && !(error instanceof TypeError)) throw error;
    fail(refusal(error));
    showState();
  }
}

function refusal(error) {
  if (error.status === 409) return gettext("Somebody else has saved meanwhile: reload the page and draw again.");
  return error.message && error instanceof RequestError ? error.message : gettext("The portal does not answer.");
}

draft.onChange((what) => {
  if (what !== "points") fail("");
  showState();
});
window.addEventListener("beforeunload", (event) => draft.isChanged && event.preventDefault());
regions.render();
rules.render();
fitField();
loadPicture();
