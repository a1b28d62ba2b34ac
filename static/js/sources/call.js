// The form of a call from 112: as soon as the place is chosen, what else is open there.

const form = document.querySelector("[data-nearby]");
const side = document.querySelector("[data-nearby-side]");
const place = document.querySelector("[data-place]");
let asked = 0;

async function showNearby() {
  const mine = ++asked;
  if (!place.value) {
    side.replaceChildren();
    return;
  }
  const url = form.dataset.nearby.replace("/0/", `/${place.value}/`);
  try {
    const answer = await fetch(url, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const text = await answer.text();
    if (mine === asked) side.innerHTML = text; // our own template, escaped by the server
  } catch {
    // the hint is missing, the form works; the next choice asks again
  }
}

place?.addEventListener("change", showNearby);

// As the card's: Alt S writes what was typed, from any field.
document.addEventListener("keydown", (event) => {
  if (!event.altKey || event.code !== "KeyS") return;
  event.preventDefault();
  form.requestSubmit();
});
