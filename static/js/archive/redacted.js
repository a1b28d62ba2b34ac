// A working copy of an export with faces hidden: asked for once, followed, downloaded.

import { errorText } from "./fragment.js";
import { getJson, sendJson } from "./http.js";
import { icon, make, percentText, setText } from "./text.js";

const ASK_MS = 2000;
const ACTIVE = new Set(["WAITING", "RUNNING"]);

/** The line below a finished film; `url` ends with the export's id and a slash. */
export function redactedLine(url) {
  const button = make("button", "btn bare", icon("shield"), gettext("Hide faces"));
  button.type = "button";
  button.title = gettext("Make a working copy in which faces are hidden; the export stays as it is");
  const line = make("div", "x2", button);
  const say = (text) => setText(line, text);
  button.addEventListener("click", () => follow(`${url}redacted/`, line, say));
  return line;
}

async function follow(url, line, say) {
  say(gettext("Faces are being hidden…"));
  try {
    let copy = await newest(url);
    while (ACTIVE.has(copy.state)) {
      if (!line.isConnected) return;
      say(interpolate(gettext("Faces are being hidden: %s"), [percentText(copy.progress)]));
      await new Promise((resolve) => setTimeout(resolve, ASK_MS));
      copy = await getJson(url);
    }
    show(copy, line, say);
  } catch (error) {
    say(errorText(error));
  }
}

/** What there is, unless it failed; else a new one. */
async function newest(url) {
  try {
    const copy = await getJson(url);
    if (copy.state === "DONE" || ACTIVE.has(copy.state)) return copy;
  } catch (error) {
    if (error.status !== 404) throw error;
  }
  return sendJson("POST", url, {});
}

function show(copy, line, say) {
  if (copy.state !== "DONE") {
    say(copy.error || copy.state_text);
    return;
  }
  const link = make("a", "", icon("download"), gettext("Copy with faces hidden"));
  link.href = copy.url;
  link.download = copy.file_name;
  line.replaceChildren(link);
}
