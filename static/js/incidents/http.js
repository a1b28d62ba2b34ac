// Requests of the card. A lost network is a LostError; everything else is an answer to be read.

export class LostError extends Error {}

export const root = document.querySelector(".inc");

const csrf = () => document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";

async function send(url, options) {
  let response;
  try {
    response = await fetch(url, { credentials: "same-origin", cache: "no-store", ...options });
  } catch (error) {
    throw new LostError(error.message);
  }
  if (response.redirected && new URL(response.url).pathname.startsWith("/login/")) location.reload();
  // The server, or what stands before it, is away: as good as no network.
  if (response.status >= 502) throw new LostError(`status ${response.status}`);
  return response;
}

/** Send JSON; the answer is { status, data }. */
export async function sendJson(method, url, body) {
  const response = await send(url, {
    method,
    headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": csrf() },
    body: JSON.stringify(body),
  });
  return { status: response.status, data: await response.json().catch(() => ({})) };
}

/** Send the fields of a form; the answer is { status, data }. */
export async function sendForm(url, form) {
  const response = await send(url, { method: "POST", headers: { "X-CSRFToken": csrf() }, body: form });
  return { status: response.status, data: await response.json().catch(() => ({})) };
}

export async function getJson(url) {
  const response = await send(url, { headers: { Accept: "application/json" } });
  return response.ok ? response.json() : null;
}

export async function getPage(url) {
  const response = await send(url, { headers: { Accept: "text/html" } });
  return response.ok ? new DOMParser().parseFromString(await response.text(), "text/html") : null;
}

/** All sentences of an answer that refuses. */
export function sentenceOf(data) {
  const flatten = (value) => (typeof value === "string" ? [value] : Object.values(value ?? {}).flatMap(flatten));
  return flatten(data.errors ?? data).join(" ") || gettext("The server refused it.");
}
