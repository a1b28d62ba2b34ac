// The list of alarms and hints: its filter, and taking an alarm on from here.
import { sendJson } from "../archive/http.js";

for (const field of document.querySelectorAll("[data-filter] :is(select, input)")) {
  field.addEventListener("change", () => field.form.requestSubmit());
}
document.querySelector("[data-filter]")?.addEventListener("submit", ({ target }) => {
  // A short address: what is empty is not named.
  for (const field of target.elements) field.disabled = field.name && !field.value;
});
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-accept]");
  if (!button) return;
  button.disabled = true;
  // Taken by another meanwhile: the page, read again, says by whom.
  await sendJson("POST", button.dataset.accept).catch((error) => console.warn("alarm", error));
  location.reload();
});
