// Health: each part of the page is asked for again while the page is looked at.
const parts = [...document.querySelectorAll("[data-part]")];

async function refresh(part) {
  if (document.hidden) return;
  const response = await fetch(part.dataset.part, { cache: "no-store" });
  if (response.redirected) location.reload();
  // Our own template's output, escaped by the server.
  else if (response.ok) part.innerHTML = await response.text();
}

async function keepFresh(part) {
  try {
    await refresh(part);
  } catch (error) {
    // The head says that the link is down; the part is asked for again.
    if (!(error instanceof TypeError)) throw error;
  } finally {
    setTimeout(keepFresh, Number(part.dataset.seconds) * 1000, part);
  }
}

for (const part of parts) {
  if ("empty" in part.dataset) keepFresh(part);
  else setTimeout(keepFresh, Number(part.dataset.seconds) * 1000, part);
}
