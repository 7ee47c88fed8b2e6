// @ts-check
import { Unreachable } from "./api.js";
import { clock } from "./clock.js";

/**
 * @typedef {"connecting" | "live" | "offline"} FeedState
 * @typedef {object} Listeners
 * @property {(body: any, frame: {seq: number, epoch: string}) => void} [onSnapshot] everything as it is now; start over from it
 * @property {(event: any, seq: number) => void} [onEvent] what happened next; numbers without meaning for us are left out
 * @property {(position: any) => void} [onPosition]
 * @property {(rows: any[]) => void} [onPositions] of many at once, where the path asks for rows
 * @property {(state: FeedState) => void} [onState]
 * @property {(problem: any) => void} [onProblem] a frame that was sent is refused
 * @property {(problem: any) => void} [onEnd] this feed is closed for good: not ours any more
 */

const SILENCE_MS = 40_000; // the server's heart beats every 15 s
const OFFLINE_AFTER_MS = 4_000; // shorter breaks are nobody's business
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 20_000;
const UNAUTHENTICATED = 4501;
const FOR_GOOD = 4500;

/**
 * Follow a feed until `close()`: whatever breaks is connected again and resumed behind the last number seen.
 * @param {import("./session.js").Session} session
 * @param {string} path
 * @param {Listeners} listeners
 */
export function follow(session, path, listeners) {
  return new Feed(session, path, listeners);
}

class Feed {
  /** @type {FeedState} */
  state = "connecting";
  #seq = -1;
  #epoch = "";
  /** @type {WebSocket | null} */
  #socket = null;
  #turn = 0; // an attempt that comes back late is not ours any more
  #failures = 0;
  #refusals = 0;
  #isClosed = false;
  #heardAt = 0;
  /** @type {Record<string, number>} */
  #timers = {};
  /** @type {any} */
  #refusal = null;

  /** @param {import("./session.js").Session} session @param {string} path @param {Listeners} listeners */
  constructor(session, path, listeners) {
    this.session = session;
    this.path = path;
    this.on = listeners;
    addEventListener("online", this.#hurry);
    addEventListener("offline", this.#lose);
    document.addEventListener("visibilitychange", this.#wake);
    this.#connect();
    this.#suspect();
  }

  /** Send a frame, where the feed is live. Returns whether it was sent. @param {unknown} frame */
  send(frame) {
    if (this.state !== "live" || this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  close() {
    this.#isClosed = true;
    this.#turn += 1;
    Object.values(this.#timers).forEach(clearTimeout);
    removeEventListener("online", this.#hurry);
    removeEventListener("offline", this.#lose);
    document.removeEventListener("visibilitychange", this.#wake);
    this.#socket?.close(1000);
  }

  async #connect() {
    clearTimeout(this.#timers.retry);
    const turn = (this.#turn += 1);
    this.#socket?.close(1000);
    let token;
    try {
      token = await this.session.token();
    } catch (error) {
      if (turn !== this.#turn || this.#isClosed) return;
      const isOver = !(error instanceof Unreachable) && /** @type {any} */ (error).status < 500;
      if (isOver) this.#end(error);
      else this.#again();
      return;
    }
    if (turn !== this.#turn || this.#isClosed) return;
    const socket = new WebSocket(this.#address(), ["bearer", token]);
    this.#socket = socket;
    this.#heardAt = performance.now();
    socket.onmessage = (message) => turn === this.#turn && this.#hear(JSON.parse(message.data));
    socket.onclose = (closed) => turn === this.#turn && this.#broken(closed.code);
    this.#listen(turn);
  }

  #address() {
    const address = new URL(this.path, location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    if (this.#epoch) {
      address.searchParams.set("after", String(this.#seq));
      address.searchParams.set("epoch", this.#epoch);
    }
    return address;
  }

  /** @param {any} frame */
  #hear(frame) {
    this.#heardAt = performance.now();
    if (frame.now) clock.set(frame);
    switch (frame.type) {
      case "snapshot":
        this.#seq = frame.seq;
        this.#epoch = frame.epoch;
        this.#live();
        this.on.onSnapshot?.(frame.body, frame);
        break;
      case "resumed":
        this.#live();
        break;
      case "event":
        if (frame.seq <= this.#seq) break;
        this.#seq = frame.seq;
        if (frame.event.type !== "hidden") this.on.onEvent?.(frame.event, frame.seq);
        break;
      case "position":
        this.on.onPosition?.(frame.position);
        break;
      case "positions":
        this.on.onPositions?.(frame.positions);
        break;
      case "error":
        this.#refusal = frame.problem;
        if (this.state === "live") this.on.onProblem?.(frame.problem);
        break;
    }
  }

  #live() {
    this.#failures = 0;
    this.#refusals = 0;
    this.#refusal = null;
    clearTimeout(this.#timers.offline);
    this.#timers.offline = 0;
    this.#tell("live");
  }

  /** @param {number} code */
  async #broken(code) {
    if (code === UNAUTHENTICATED && (this.#refusals += 1) < 3) {
      try {
        await this.session.renew();
      } catch (error) {
        if (!(error instanceof Unreachable)) return this.#end(error);
      }
      return this.#again();
    }
    if (code >= FOR_GOOD && code < 5000) return this.#end(this.#refusal ?? { status: code - FOR_GOOD + 400 });
    this.#again();
  }

  #again() {
    if (this.#isClosed) return;
    if (this.state === "live") this.#tell("connecting");
    this.#suspect();
    const wait_ms = Math.min(FIRST_WAIT_MS * 2 ** this.#failures, LONGEST_WAIT_MS);
    this.#failures += 1;
    clearTimeout(this.#timers.retry);
    this.#timers.retry = setTimeout(() => this.#connect(), wait_ms * (0.5 + Math.random() / 2));
  }

  /** Say "offline" when the break lasts. */
  #suspect() {
    this.#timers.offline ||= setTimeout(() => this.#tell("offline"), OFFLINE_AFTER_MS);
  }

  /** A connection can be dead without a word: the server's heartbeats tell. @param {number} turn */
  #listen(turn) {
    clearTimeout(this.#timers.silence);
    this.#timers.silence = setTimeout(() => {
      if (turn !== this.#turn || this.#isClosed) return;
      if (performance.now() - this.#heardAt < SILENCE_MS) return this.#listen(turn);
      this.#drop();
      this.#again();
    }, SILENCE_MS / 4);
  }

  #drop() {
    this.#turn += 1;
    this.#socket?.close(1000);
    this.#socket = null;
  }

  #hurry = () => {
    if (this.state === "live" || this.#isClosed) return;
    this.#failures = 0;
    this.#connect();
  };

  #lose = () => {
    if (this.#isClosed) return;
    this.#drop();
    this.#tell("offline");
    this.#again();
  };

  #wake = () => {
    if (document.visibilityState !== "visible" || this.#isClosed) return;
    if (this.state === "live" && performance.now() - this.#heardAt > SILENCE_MS / 2) {
      this.#drop();
      this.#again();
    }
    this.#hurry();
  };

  /** @param {any} problem */
  #end(problem) {
    this.close();
    this.#tell("offline");
    this.on.onEnd?.(problem);
  }

  /** @param {FeedState} state */
  #tell(state) {
    if (state === this.state && state !== "live") return;
    this.state = state;
    this.on.onState?.(state);
  }
}
