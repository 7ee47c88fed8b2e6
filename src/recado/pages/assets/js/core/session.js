// @ts-check
import { Problem, request, Unreachable } from "./api.js";
import { boot } from "./dom.js";

/**
 * Who this page speaks for. The access token lives in the memory of the page alone; a device's refresh token is in a
 * cookie that no script can read.
 * @typedef {{role: string, subject_id: string, store_ids?: string[], scopes?: string[], device_id?: string}} Identity
 */

const FRESH_MS = 30_000; // a token is renewed so long before its end
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 20_000;

export class Session {
  /** @type {Identity | null} */
  identity = null;
  #token = "";
  #endsAt = 0;
  /** @type {Promise<void> | null} */
  #renewing = null;
  #renew;
  #onOver;

  /**
   * @param {() => Promise<any>} renew answers a new access token
   * @param {(problem: Problem) => void} onOver called once the session is refused for good
   */
  constructor(renew, onOver) {
    this.#renew = renew;
    this.#onOver = onOver;
  }

  /** Return an access token that is good for some time yet. */
  async token() {
    if (Date.now() > this.#endsAt - FRESH_MS) await this.renew();
    return this.#token;
  }

  /** Get a new access token; several who ask at once share the answer. */
  async renew() {
    this.#renewing ??= this.#replace().finally(() => (this.#renewing = null));
    await this.#renewing;
  }

  /**
   * Call the API. Throws `Problem` (a refusal) or `Unreachable` (nobody answered).
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   * @param {{key?: string, patience_ms?: number}} [how]
   * @returns {Promise<any>}
   */
  async call(method, path, body, how = {}) {
    const token = await this.token();
    try {
      return await request(method, path, { token, body, ...how });
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 401) throw error;
      if (token === this.#token) await this.renew();
      return await request(method, path, { token: this.#token, body, ...how });
    }
  }

  async #replace() {
    try {
      const { access_token, expires_in_s, ...identity } = await this.#renew();
      this.#token = access_token;
      this.#endsAt = Date.now() + expires_in_s * 1000;
      this.identity = identity;
    } catch (error) {
      if (error instanceof Problem && error.status < 500 && error.status !== 429) this.#onOver(error);
      throw error;
    }
  }
}

/**
 * Open this device's session of a role ("rider", "merchant", "operator"). Without one the page turns to pairing, and this
 * never returns. Without a network a device that was here before gets its session at once: its calls are `Unreachable`
 * until the network is back, and `identity` is what it was.
 * @param {string} role
 * @returns {Promise<Session>}
 */
export async function openSession(role) {
  const session = new Session(() => oneTabAtATime(role, () => request("POST", "/v1/sessions/refresh", { body: { role } })), () => toPairing(role));
  const known = recall(role);
  for (let wait_ms = FIRST_WAIT_MS; ; wait_ms = Math.min(wait_ms * 2, LONGEST_WAIT_MS)) {
    try {
      await session.renew();
      remember(role, session.identity);
      return session;
    } catch (error) {
      if (error instanceof Problem && error.status < 500 && error.status !== 429) return await new Promise(() => {});
      if (known && error instanceof Unreachable) {
        session.identity = known;
        return session;
      }
      await patience(wait_ms);
    }
  }
}

/**
 * Open a share link. Returns its session, and how its order stands. Throws the `Problem` of a link that is over, revoked or
 * unknown, and `Unreachable`.
 * @param {string} shareToken
 * @param {(problem: Problem) => void} onOver the link was good, and is no more
 * @param {Promise<Response>} [answer] of whoever has asked already
 */
export async function openShare(shareToken, onOver, answer) {
  let isOpen = false;
  /** @type {any} */
  let told = null;
  const open = async () => {
    const asked = answer;
    answer = undefined; // it opens once
    const { tracking, ...opened } = await request("POST", "/v1/share-links/open", { body: { token: shareToken }, answer: asked });
    told = tracking;
    return opened;
  };
  const session = new Session(open, (problem) => isOpen && onOver(problem));
  await session.renew();
  isOpen = true;
  return { session, tracking: told };
}

/** Forget this device, here and at the server. @param {string} role */
export async function endSession(role) {
  await request("POST", "/v1/sessions/end", { body: { role } });
  forget(role);
  toPairing(role);
}

/** Keep whom a device speaks for, to open its page without a network. No secrets. @param {string} role @param {any} identity */
export function remember(role, identity) {
  try {
    localStorage.setItem(`recado.identity.${role}`, JSON.stringify(identity));
  } catch {
    // A browser that keeps nothing still works while it has a network.
  }
}

/** @param {string} role */
function forget(role) {
  try {
    localStorage.removeItem(`recado.identity.${role}`);
  } catch {
    // as above
  }
}

/** @param {string} role @returns {Identity | null} */
function recall(role) {
  try {
    return JSON.parse(localStorage.getItem(`recado.identity.${role}`) ?? "null");
  } catch {
    return null;
  }
}

/** @param {string} role */
function toPairing(role) {
  forget(role);
  location.replace(`/pair?as=${encodeURIComponent(boot.page)}`);
}

/** Two tabs must not rotate one cookie at the same time. @template T @param {string} role @param {() => Promise<T>} work @returns {Promise<T>} */
async function oneTabAtATime(role, work) {
  return navigator.locks ? await navigator.locks.request(`recado.session.${role}`, work) : await work();
}

/** Wait, but no longer than until the network is back. @param {number} span_ms */
function patience(span_ms) {
  return new Promise((resolve) => {
    setTimeout(resolve, span_ms);
    addEventListener("online", () => resolve(undefined), { once: true });
  });
}
