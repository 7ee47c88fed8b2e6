// @ts-check
import { newKey, Problem } from "../core/api.js";
import { tapInstant } from "./instants.js";

/** @typedef {import("./shelf.js").Waiting} Waiting */

/**
 * @typedef {object} Listeners
 * @property {() => void} onChange what waits is different now
 * @property {(report: Waiting, answer: any) => void} onAnswer it arrived; `applied: false` says why it changed nothing
 * @property {(report: Waiting, problem: Problem) => void} onRefused it is refused for good and waits no longer
 */

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;
const TRY_AGAIN = new Set([401, 408, 425, 429]);

/**
 * Reports on their way to the server. Each is on the phone's disk before anything else happens, with the instant of the
 * tap and an id of its own; they are sent one after the other in the order of the taps, and again until somebody answers.
 * The server counts each id once.
 */
export class Outbox {
  /** @type {Waiting[]} */
  waiting = [];
  #session;
  #shelf;
  #on;
  #failures = 0;
  #timer = 0;
  #isSending = false;
  // Another tab of this phone sends from the same shelf.
  #others = "BroadcastChannel" in window ? new BroadcastChannel("recado.rider.outbox") : null;

  /**
   * @param {import("../core/session.js").Session} session
   * @param {import("./shelf.js").Shelf | import("./shelf.js").LooseShelf} shelf
   * @param {Listeners} listeners
   */
  constructor(session, shelf, listeners) {
    this.#session = session;
    this.#shelf = shelf;
    this.#on = listeners;
    if (this.#others) this.#others.onmessage = () => this.load();
    addEventListener("online", () => this.hurry());
  }

  /** Read what waits from the shelf. A report of another rider who used this phone waits for them. */
  async load() {
    const all = await this.#shelf.listReports();
    this.waiting = all.filter((report) => report.rider_id === this.#session.identity?.subject_id);
    this.#on.onChange();
  }

  /**
   * Report a step as of this very moment. Returns once it is kept.
   * @param {string} step
   * @param {{delivery_id: string, short_number: number | null}} about
   * @param {Record<string, any>} [said]
   */
  async add(step, { delivery_id, short_number }, said = {}) {
    const body = { report_id: newKey(), occurred_at: tapInstant(), ...said };
    const rider_id = this.#session.identity?.subject_id ?? "";
    await this.#shelf.addReport({ rider_id, step, delivery_id, short_number, body });
    await this.load();
    this.#others?.postMessage("changed");
    this.hurry();
  }

  /** Send now what waits: the network may be back. */
  hurry() {
    this.#failures = 0;
    this.#send();
  }

  async #send() {
    clearTimeout(this.#timer);
    if (this.#isSending || !this.waiting.length) return;
    this.#isSending = true;
    try {
      const pass = () => this.#sendAll();
      await (navigator.locks ? navigator.locks.request("recado.rider.outbox", pass) : pass());
      this.#failures = 0;
    } catch {
      this.#again();
    } finally {
      this.#isSending = false;
    }
  }

  /** Send until nothing waits; throws when nobody answers. */
  async #sendAll() {
    await this.load();
    while (this.waiting.length) {
      await this.#sendOne(this.waiting[0]);
      await this.load();
      this.#others?.postMessage("changed");
    }
  }

  /** @param {Waiting} report */
  async #sendOne(report) {
    const path = `/v1/deliveries/${report.delivery_id}/${report.step}`;
    let answer;
    try {
      answer = await this.#session.call("POST", path, report.body);
    } catch (error) {
      if (!(error instanceof Problem) || error.status >= 500 || TRY_AGAIN.has(error.status)) throw error;
      await this.#shelf.dropReport(/** @type {number} */ (report.n));
      this.#on.onRefused(report, error);
      return;
    }
    await this.#shelf.dropReport(/** @type {number} */ (report.n));
    this.#on.onAnswer(report, answer);
  }

  #again() {
    const wait_ms = Math.min(FIRST_WAIT_MS * 2 ** this.#failures, LONGEST_WAIT_MS);
    this.#failures += 1;
    this.#timer = setTimeout(() => this.#send(), wait_ms * (0.5 + Math.random() / 2));
  }
}
