// The frames of all cameras of a place at the moment that somebody marked.
import { getJson } from "../archive/http.js";
import { icon, make } from "../archive/text.js";
import { exactTime } from "../archive/town_time.js";

/** Fill the row with an alarm's frames; those that are still being taken say so. */
export async function showFrames(row, alarm) {
  const pictures = await getJson(`/api/alarms/${alarm.id}/pictures/`);
  if (row.dataset.alarm !== String(alarm.id)) return;
  row.replaceChildren(...pictures.map(frameOf));
}

function frameOf({ camera_label: label, camera_name: name, state, state_text: stateText, url, taken_us: takenUs, problem }) {
  const caption = make("figcaption", "tag tl", make("b", "", label), make("span", "", name));
  const figure = make("figure", "pic", picture(url), caption);
  figure.dataset.state = state;
  if (takenUs) figure.append(make("span", "tag br", exactTime(takenUs).slice(0, -1)));
  else figure.append(make("div", "veil", icon(state === "MISSING" ? "camera-off" : "image"), make("b", "", stateText), make("span", "", problem)));
  return figure;
}

function picture(url) {
  if (!url) return null;
  const image = make("img");
  image.src = url;
  image.alt = "";
  return image;
}
