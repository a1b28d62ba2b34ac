// What waits for the senior sounds on every page as it does on the desk, which has its own list.
import { AlarmSound } from "./sound.js";

export function startTold() {
  if (!document.querySelector('[data-status="told"]')) return;
  const sound = new AlarmSound();
  let told = [];
  document.addEventListener("portal:status", ({ detail }) => {
    told = detail.told.map((alarm) => ({ ...alarm, state: "NEW", verdict: "" }));
  });
  setInterval(() => sound.follow(told), 1000);
}
