// Reminders on every page: they come back every 20 seconds until somebody handles them.
// They stand in the foot, where they hide no picture.
const PERIOD_MS = 20_000;
const url = document.querySelector('meta[name="reminders-url"]')?.content;
const foot = document.querySelector("footer.hints");

let token = "";

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

async function finish(row) {
  const response = await fetch(row.done_url, { method: "POST", headers: { "X-CSRFToken": token } });
  if (!response.ok) throw new Error(`reminder ${response.status}`);
}

function draw(row, count) {
  const strip = element("div", "remind-strip");
  strip.setAttribute("role", "alert");
  strip.dataset.reminder = row.id;
  const link = element("a", "", `${row.card}: ${row.text}`);
  link.href = row.url;
  const done = element("button", "btn act", gettext("Done"));
  const later = element("button", "btn", gettext("In 20 s again"));
  done.type = later.type = "button";
  done.addEventListener("click", async () => {
    done.disabled = true;
    await finish(row).then(look, (error) => console.warn("reminder", error));
    done.disabled = false;
  });
  later.addEventListener("click", () => strip.remove());
  strip.append(element("b", "", interpolate(gettext("Reminder, %s"), [row.time])), link);
  if (count > 1) strip.append(element("span", "", interpolate(gettext("and %s more"), [count - 1])));
  strip.append(done, later);
  return strip;
}

async function look() {
  const response = await fetch(url, { headers: { Accept: "application/json" }, cache: "no-store" });
  if (!response.ok) return;
  const { reminders, token: fresh } = await response.json();
  token = fresh;
  const shown = foot.querySelector("[data-reminder]");
  if (shown && shown.dataset.reminder === String(reminders[0]?.id)) return;
  shown?.remove();
  if (reminders.length) foot.prepend(draw(reminders[0], reminders.length));
}

async function keepLooking() {
  // Network trouble is shown by the clock in the head; here it is only tried again.
  if (!document.hidden) await look().catch((error) => console.warn("reminders", error));
  setTimeout(keepLooking, PERIOD_MS);
}

export function startReminders() {
  if (url && foot) keepLooking();
}
