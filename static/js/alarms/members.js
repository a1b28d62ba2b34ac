// What a group of alarms is made of: nothing in it is hidden.
import { getJson } from "../archive/http.js";
import { icon, make } from "../archive/text.js";
import { timeText } from "../clock.js";

const LISTED = 100;

/** List the members of a group, the newest first, its head among them. */
export async function showMembers(list, alarm) {
  const { results, count } = await getJson(`/api/alarms/?group=${alarm.id}&ordering=-sequence&limit=${LISTED}`);
  if (list.dataset.alarm !== String(alarm.id)) return;
  const rest = count - results.length;
  const more = rest > 0 ? [make("li", "t2", interpolate(gettext("and %s more"), [rest]))] : [];
  list.replaceChildren(...results.map(rowOf), ...more, rowOf(alarm));
}

function rowOf(alarm) {
  const where = alarm.camera === null ? alarm.location_name : `${alarm.camera_label} ${alarm.camera_name}`;
  const words = [icon(`p${alarm.priority}`, `pmark p${alarm.priority}`), make("b", "", timeText(alarm.raised_us / 1000)), make("span", "cutoff", alarm.title), make("span", "cutoff t2", where)];
  if (!alarm.archive_url) return make("li", "", make("span", "member", ...words));
  const link = make("a", "member", ...words);
  link.href = alarm.archive_url;
  return make("li", "", link);
}
