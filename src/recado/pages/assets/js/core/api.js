// @ts-check

/** A refusal: the problem document of RFC 9457 that the API answered. */
export class Problem extends Error {
  /** @param {{status: number, type?: string, title?: string, detail?: string, facts?: Record<string, any>}} document */
  constructor(document) {
    super(document.detail || document.title || `answered ${document.status}`);
    this.name = "Problem";
    this.status = document.status;
    this.code = (document.type ?? "").replace("/problems/", "");
    this.title = document.title ?? "";
    this.detail = document.detail ?? "";
    this.facts = document.facts ?? {};
  }
}

/** Nobody answered: no network, no server, or a proxy in between that is at its end. Try again later. */
export class Unreachable extends Error {
  /** @param {string} path @param {{cause?: unknown, status?: number}} [why] */
  constructor(path, why = {}) {
    super(`${path} does not answer`, { cause: why.cause });
    this.name = "Unreachable";
    this.code = "unreachable";
    this.status = why.status ?? 0;
  }
}

const PATIENCE_MS = 20_000;
const AWAY = new Set([502, 503, 504]);

/**
 * Send one request. Returns the answered JSON (null for none); throws `Problem` or `Unreachable`.
 * @param {string} method
 * @param {string} path
 * @param {{token?: string, body?: unknown, key?: string, patience_ms?: number, answer?: Promise<Response>}} [how] `key` makes it
 * safe to repeat; `answer` is there where it was sent already
 * @returns {Promise<any>}
 */
export async function request(method, path, { token, body, key, patience_ms = PATIENCE_MS, answer: sent } = {}) {
  const headers = new Headers({ Accept: "application/json" });
  if (token) headers.set("Authorization", `Bearer ${token}`);
  if (key) headers.set("Idempotency-Key", key);
  if (body !== undefined) headers.set("Content-Type", "application/json");
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), patience_ms);
  let answer, text;
  try {
    const content = body === undefined ? undefined : JSON.stringify(body);
    answer = await (sent ?? fetch(path, { method, headers, body: content, credentials: "same-origin", signal: stop.signal }));
    text = await answer.text();
  } catch (cause) {
    throw new Unreachable(path, { cause });
  } finally {
    clearTimeout(timer);
  }
  const document = parse(text);
  if (answer.ok) return document;
  if (AWAY.has(answer.status)) throw new Unreachable(path, { status: answer.status });
  throw new Problem(document?.status ? document : { status: answer.status });
}

/** @param {string} text */
function parse(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

/** Return a new idempotency key or report id. Works without https too, where `crypto.randomUUID` does not. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
