// Alarms on the desk: the column, the alarm in hand, and the keys between them.
import { errorText } from "../archive/fragment.js";
import { sendJson, RequestError } from "../archive/http.js";
import { setText } from "../archive/text.js";
import { AlarmColumn } from "./column.js";
import { DoneBox } from "./done.js";
import { AlarmHand } from "./hand.js";
import { AlarmSocket } from "./socket.js";

/**
 * `neighborsOf(place)`: its cameras. `onOpen()`, `onClose()`: the alarm takes the stage, and gives
 * it back. `whereNow()`: the place and the camera that are looked at.
 */
export function startAlarms({ wall, neighborsOf, onOpen, onClose, whereNow }) {
  const root = document.querySelector("[data-alarms]");
  if (!root) return null;

  const done = new DoneBox(root.querySelector("[data-alarm-done]"));
  const column = new AlarmColumn(root, {
    onChoose: (alarm) => (hand.alarm?.id === alarm.id ? hand.close() : open(alarm)),
    onAccept: accept,
    onChange: () => {
      const fresh = hand?.alarm && column.get(hand.alarm.id);
      if (fresh && fresh.revision !== hand.alarm.revision) hand.open(fresh, column.me, []);
    },
  });
  const hand = new AlarmHand(document.querySelector("[data-hand-stage]"), wall, {
    onJudged: (alarm) => {
      if (hand.alarm?.id === alarm.id) hand.close();
      column.take(alarm);
      done.show(alarm);
    },
    onClose: () => {
      column.select(null);
      onClose();
    },
    onAccept: accept,
  });

  function open(alarm) {
    if (!hand.isOpen) onOpen();
    hand.open(alarm, column.me, neighborsOf(alarm.place));
    column.select(alarm.id);
  }

  async function accept(alarm) {
    done.close();
    open(alarm);
    try {
      column.take(await sendJson("POST", `/api/alarms/${alarm.id}/acknowledge/`));
    } catch (error) {
      // Taken by another: the socket tells by whom.
      if (!(error instanceof RequestError) || error.status !== 409) hand.say(errorText(error));
    }
  }

  /** Mark this moment: an alarm of one's own, in hand already. */
  async function mark() {
    const { place, camera } = hand.isOpen ? hand.alarm : whereNow();
    if (!place) return;
    say(root, "");
    try {
      const alarm = await sendJson("POST", "/api/alarms/mark/", { place, camera });
      column.take(alarm);
      if (!hand.isOpen) open(alarm);
    } catch (error) {
      say(root, errorText(error));
    }
  }

  new AlarmSocket({
    onOpen: (alarms, openCount) => column.replace(alarms, openCount),
    onAlarms: (alarms) => column.take(...alarms),
    onLink: (isUp) => root.classList.toggle("off-line", !isUp),
  });
  document.addEventListener("click", (event) => event.target.closest("[data-mark]") && mark());
  document.addEventListener("keydown", onKey, { capture: true });

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.defaultPrevented) return;
    if (event.code === "Escape" && hand.isOpen) hand.close();
    const isEnter = event.code === "Enter" || event.code === "NumpadEnter";
    if ((!isEnter && event.code !== "Space") || event.repeat || !column.canAcknowledge) return;
    // Whoever moves by keyboard from control to control presses those by it as everywhere.
    const focused = document.activeElement;
    const card = focused?.closest("[data-alarm-id]");
    const isElsewhere = focused && focused !== document.body && focused.matches(":focus-visible") && !card;
    if (isElsewhere || focused?.matches("input, textarea, select")) return;
    if (event.code === "Space" && card) return;
    if (isEnter && !takeNext(card)) return;
    if (!isEnter) mark();
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  /** Take on what has the focus or is in hand, or the next one, or take up again; false: there is none. */
  function takeNext(card) {
    const mine = card ? column.get(Number(card.dataset.alarmId)) : hand.alarm;
    const isMineNext = mine && (mine.state === "NEW" || canTakeOver(mine));
    const alarm = isMineNext ? mine : column.next;
    if (alarm) accept(alarm);
    else if (!hand.isOpen && column.undecided) open(column.undecided);
    else return false;
    return true;
  }

  /** What was escalated to the senior out of another's hands. */
  const canTakeOver = (alarm) => column.isSenior && alarm.escalation > 0 && alarm.verdict === "" && alarm.acknowledged_by_id !== column.me;
  return { hand, column };
}

function say(root, text) {
  const note = root.querySelector("[data-alarm-note]");
  setText(note, text);
  note.hidden = !text;
}
