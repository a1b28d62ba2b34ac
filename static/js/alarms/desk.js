// Alarms on the desk: the column, the alarm in hand, and the keys between them.
import { sendJson, RequestError } from "../archive/http.js";
import { AlarmColumn } from "./column.js";
import { AlarmHand } from "./hand.js";
import { AlarmSocket } from "./socket.js";

/**
 * `neighborsOf(place)`: its cameras. `onOpen()`, `onClose()`: the alarm takes the
 * stage, and gives it back.
 */
export function startAlarms({ wall, neighborsOf, onOpen, onClose }) {
  const root = document.querySelector("[data-alarms]");
  if (!root) return null;

  const column = new AlarmColumn(root, {
    onChoose: (alarm) => (hand.alarm?.id === alarm.id ? hand.close() : open(alarm)),
    onAccept: accept,
    onChange: () => {
      const fresh = hand?.alarm && column.get(hand.alarm.id);
      if (fresh) hand.open(fresh, column.me, []);
    },
  });
  const hand = new AlarmHand(document.querySelector("[data-hand-stage]"), wall, {
    onJudged: (alarm) => {
      hand.close();
      column.drop(alarm.id);
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
    open(alarm);
    try {
      column.take(await sendJson("POST", `/api/alarms/${alarm.id}/acknowledge/`));
    } catch (error) {
      // Taken by another: the socket tells by whom.
      if (!(error instanceof RequestError) || error.status !== 409) console.warn("alarm", error);
    }
  }

  new AlarmSocket({
    onOpen: (alarms) => column.replace(alarms),
    onAlarm: (alarm) => column.take(alarm),
    onLink: (isUp) => root.classList.toggle("off-line", !isUp),
  });

  // Enter takes on what is in hand, or the next one; whoever moves by keyboard from control to
  // control presses those by it as everywhere.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.defaultPrevented) return;
    if (event.code === "Escape" && hand.isOpen) hand.close();
    if (event.code !== "Enter" && event.code !== "NumpadEnter") return;
    const focused = document.activeElement;
    const card = focused?.closest("[data-alarm-id]");
    const isElsewhere = focused && focused !== document.body && focused.matches(":focus-visible") && !card;
    if (isElsewhere || focused?.matches("input, textarea, select")) return;
    const mine = card ? column.get(Number(card.dataset.alarmId)) : hand.alarm;
    const alarm = mine?.state === "NEW" ? mine : column.next;
    if (!alarm || !column.canAcknowledge) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    accept(alarm);
  }, { capture: true });
  return { hand, column };
}
