// A new card: the caller's fields where somebody called, and what was typed kept until it is sent.
const form = document.querySelector("[data-new]");
const key = `atomgrad.new-card.${form.dataset.person}`;
const CALLED = ["CALL_112", "CITIZEN"];

function showCaller() {
  form.querySelector("[data-caller]").hidden = !CALLED.includes(form.elements.source.value);
}

function restore() {
  // The server's own answer to what was sent is newer than what the browser keeps.
  if (form.querySelector("[role=alert]")) return;
  const typed = JSON.parse(sessionStorage.getItem(key) ?? "{}");
  for (const [name, value] of Object.entries(typed)) {
    if (form.elements[name]) form.elements[name].value = value;
  }
}

form.addEventListener("input", () => {
  const typed = Object.fromEntries([...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken"));
  sessionStorage.setItem(key, JSON.stringify(typed));
  showCaller();
});
form.addEventListener("submit", (event) => {
  if (!navigator.onLine) {
    event.preventDefault();
    return;
  }
  sessionStorage.removeItem(key);
});
document.addEventListener("keydown", (event) => {
  if (event.altKey && event.code === "KeyS") {
    event.preventDefault();
    form.requestSubmit();
  }
});
restore();
showCaller();
form.elements.place.focus();
