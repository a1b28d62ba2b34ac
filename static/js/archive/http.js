// Requests of the archive page: same origin, the portal's session, errors with the server's own words.

export class RequestError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Bytes of media received so far; the benchmark reads it. */
export const traffic = { mediaBytes: 0, requests: 0 };

async function send(url, options) {
  const response = await fetch(url, { credentials: "same-origin", ...options });
  if (response.redirected && new URL(response.url).pathname.startsWith("/login/")) {
    location.reload();
    throw new RequestError(403, "");
  }
  if (!response.ok) throw new RequestError(response.status, await sentenceOf(response));
  return response;
}

export async function getJson(url, signal) {
  const response = await send(url, { signal, headers: { Accept: "application/json" } });
  return response.json();
}

export async function sendJson(method, url, body) {
  const response = await send(url, {
    method,
    headers: {
      Accept: "application/json",
      "Content-Type": "application/json",
      "X-CSRFToken": csrfToken(),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return response.status === 204 ? null : response.json();
}

/** Bytes `from` (inclusive) to `end` (exclusive) of a file; all of it without them. */
export async function getBytes(url, { from, end, signal } = {}) {
  const headers = from === undefined ? {} : { Range: `bytes=${from}-${end - 1}` };
  const response = await send(url, { signal, headers });
  const bytes = new Uint8Array(await response.arrayBuffer());
  traffic.mediaBytes += bytes.length;
  traffic.requests += 1;
  // A server that knows no ranges sends the whole file.
  return from !== undefined && response.status === 200 ? bytes.subarray(from, end) : bytes;
}

function csrfToken() {
  return document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
}

/** The error in words: DRF answers {"detail"} or {"field": ["…"]}, the archive's views a sentence. */
async function sentenceOf(response) {
  const text = await response.text();
  try {
    return flatten(JSON.parse(text)).join(" ");
  } catch {
    const isSentence = response.headers.get("Content-Type")?.startsWith("text/plain");
    return isSentence ? text : "";
  }
}

function flatten(value) {
  if (typeof value === "string") return [value];
  return Object.values(value ?? {}).flatMap(flatten);
}
