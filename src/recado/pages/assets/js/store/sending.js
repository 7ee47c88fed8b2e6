// @ts-check
import { newKey, Unreachable } from "../core/api.js";
import { clock } from "../core/clock.js";
import { keep, recall } from "./board.js";

/**
 * Something the kitchen said about a ticket that the server did not confirm yet. Each is safe to repeat, so it is sent until
 * an answer comes; only then is anything on the board different.
 * @typedef {{id: string, ticket_id: string, word: string, body: any, said_at: number, until: string | null, is_late?: boolean}} Said
 */

const RETRY_MS = 2_000;
const PATIENCE_MS = 8_000;

export class Sending {
  /** @type {Said[]} */
  waiting;
  #shelf;
  #session;
  #on;
  #isBusy = false;
  #timer = 0;

  /**
   * @param {string} storeId
   * @param {import("../core/session.js").Session} session
   * @param {{onAnswer: (said: Said, ticket: any) => void, onRefusal: (said: Said, error: any) => void, onChange: () => void}} on
   */
  constructor(storeId, session, on) {
    this.#shelf = `recado.store.${storeId}.said`;
    this.#session = session;
    this.#on = on;
    this.waiting = recall(this.#shelf);
  }

  /** What waits to be confirmed for a ticket. @param {string} ticketId */
  of(ticketId) {
    return this.waiting.find((said) => said.ticket_id === ticketId);
  }

  /**
   * Say something; after `until` it has no meaning any more and is not sent again.
   * @param {string} ticketId
   * @param {string} word accept, reject, start, extend, ready, cancellation-answer, items-answer
   * @param {any} [body]
   * @param {string | null} [until]
   */
  say(ticketId, word, body, until = null) {
    if (this.waiting.some((said) => said.ticket_id === ticketId && said.word === word)) return;
    const is_late = this.waiting.some((said) => said.is_late);
    this.waiting.push({ id: newKey(), ticket_id: ticketId, word, body, said_at: clock.now(), until, is_late });
    this.#changed();
    this.pump();
  }

  /** Take back what was not sent yet. @param {string} ticketId */
  drop(ticketId) {
    this.waiting = this.waiting.filter((said) => said.ticket_id !== ticketId);
    this.#changed();
  }

  /** Send what waits, in the order it was said. */
  async pump() {
    clearTimeout(this.#timer);
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      while (this.waiting.length && (await this.#send(this.waiting[0])));
    } finally {
      this.#isBusy = false;
    }
    if (this.waiting.length) this.#timer = setTimeout(() => this.pump(), RETRY_MS);
  }

  /** Returns whether to go on. @param {Said} said */
  async #send(said) {
    try {
      const ticket = await this.#session.call("POST", `/v1/tickets/${said.ticket_id}/${said.word}`, said.body, { patience_ms: PATIENCE_MS });
      this.#done(said);
      this.#on.onAnswer(said, ticket);
    } catch (error) {
      const isLater = error instanceof Unreachable || /** @type {any} */ (error).status === 503 || /** @type {any} */ (error).status === 429;
      if (isLater && (!said.until || clock.until(said.until) > 0)) {
        this.#delay();
        return false;
      }
      this.#done(said);
      this.#on.onRefusal(said, error);
    }
    return true;
  }

  /** None of them gets through for now. */
  #delay() {
    if (this.waiting.every((said) => said.is_late)) return;
    for (const said of this.waiting) said.is_late = true;
    this.#changed();
  }

  /** @param {Said} said */
  #done(said) {
    this.waiting = this.waiting.filter((one) => one.id !== said.id);
    this.#changed();
  }

  #changed() {
    keep(this.#shelf, this.waiting);
    this.#on.onChange();
  }
}
