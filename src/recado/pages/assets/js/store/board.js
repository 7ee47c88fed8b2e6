// @ts-check
/** @typedef {import("./words.js").Ticket} Ticket */

const RANKS = { offered: 0, accepted: 1, preparing: 2, ready: 3 };
const ENDED = 4;
/** A ticket learns of its order's facts a moment after they are told, and an answer takes its time to us. */
const LEARNT_MS = 5_000;

/** @param {{status: string}} ticket */
const rank = (ticket) => /** @type {Record<string, number>} */ (RANKS)[ticket.status] ?? ENDED;

/** What a fact makes of a ticket. Those that lead to a status never lead back: an answer of ours may be ahead of them. */
const MEANINGS = /** @type {Record<string, (event: any, before: Ticket) => Partial<Ticket>>} */ ({
  "order.accepted": (e) => ({ status: "accepted", accepted_at: e.occurred_at, prep_minutes: e.prep_minutes, ready_by: e.ready_by }),
  "order.preparation_started": (e) => ({ status: "preparing", preparing_at: e.occurred_at, cancellation_answer_by: null }),
  "order.ready_by_changed": (e) => ({ ready_by: e.ready_by, extended_minutes: e.extended_minutes }),
  "order.ready": (e) => ({ status: "ready", ready_at: e.occurred_at, cancellation_answer_by: null }),
  "order.rider_assigned": (e, before) => ({
    rider: { rider_id: e.rider_id, first_name: e.rider_first_name ?? null, vehicle: e.vehicle ?? null, pickup_eta_at: e.pickup_eta_at ?? null },
    rider_arrived_at: null,
    heard: { ...before.heard, is_held: false },
  }),
  "order.rider_unassigned": () => ({ rider: null, rider_arrived_at: null }),
  "order.rider_arrived_at_pickup": (e) => ({ rider_arrived_at: e.occurred_at }),
  "order.items_disputed": (e) => ({ items_disputed: e.problems }),
  "order.items_answered": () => ({ items_disputed: [] }),
  "order.picked_up": (e) => ({ status: "handed_over", ended_at: e.occurred_at }),
  "ticket.handed_over": (e) => ({ status: "handed_over", ended_at: e.occurred_at }),
  "order.cancellation_asked": (e, before) => ({ cancellation_answer_by: e.answer_by, heard: { ...before.heard, reason: e.reason } }),
  "order.cancellation_refused": () => ({ cancellation_answer_by: null }),
  "order.cancelled": (e, before) => ({
    status: "withdrawn", ended_at: e.occurred_at, end_reason: "cancelled", heard: { ...before.heard, by_role: e.by_role, reason: e.reason },
  }),
  "ticket.withdrawn": (e) => ({ status: "withdrawn", ended_at: e.occurred_at, end_reason: e.reason }),
  "order.rejected": (e) => ({ status: "rejected", ended_at: e.occurred_at, end_reason: e.reason }),
  "order.expired": (e) => ({ status: "expired", ended_at: e.occurred_at }),
  "ticket.window_extended": (e) => ({ accept_by: e.accept_by }),
  "ticket.reminded": (e) => ({ reminders_sent: e.n }),
  "ticket.escalated": (e, before) => ({ heard: { ...before.heard, is_escalated: true } }),
  "delivery.unassigned_alert": (e, before) => ({ heard: { ...before.heard, is_held: true } }),
});

/** Facts that an answer of ours makes past. */
const ANSWERED = /** @type {Record<string, string>} */ ({ "items-answer": "order.items_disputed", "cancellation-answer": "order.cancellation_asked" });

/** What a fact leaves of a ticket. @param {Ticket} before @param {any} event @returns {Ticket} */
function after(before, event) {
  const change = MEANINGS[event.type]?.(event, before) ?? {};
  if (change.status && rank({ status: change.status }) <= rank(before)) delete change.status;
  return { ...before, ...change };
}

/**
 * The tickets a kitchen has before it. What is kept outlives a reload without a network; nothing in it is about a customer.
 */
export class Board {
  /** @type {Map<string, Ticket>} */
  tickets = new Map();
  /** @type {{event: any, at: number}[]} */
  #told = [];
  #shelf;
  #onEnd;
  #onChange;

  /**
   * @param {string} storeId
   * @param {{onEnd: (ticket: Ticket, before: Ticket) => void, onChange: (ticket: Ticket, before: Ticket | null, type: string) => void}} on
   */
  constructor(storeId, { onEnd, onChange }) {
    this.#shelf = `recado.store.${storeId}.tickets`;
    this.#onEnd = onEnd;
    this.#onChange = onChange;
    for (const ticket of recall(this.#shelf)) this.tickets.set(ticket.id, ticket);
  }

  get all() {
    return [...this.tickets.values()];
  }

  /** @param {string} id */
  ofOrder(id) {
    return this.all.find((ticket) => ticket.order_id === id);
  }

  /** Take a ticket as the server had it; what only the feed said stays, and what it said just now. @param {Ticket} ticket */
  put(ticket, type = "answer") {
    const before = this.tickets.get(ticket.id) ?? null;
    if (!before && rank(ticket) === ENDED) return;
    this.#told = this.#told.filter(({ at }) => at > performance.now() - LEARNT_MS);
    const told = this.#told.filter(({ event }) => event.order_id === ticket.order_id);
    this.#settle(told.reduce((was, { event }) => after(was, event), { ...ticket, heard: before?.heard }), before, type);
  }

  /** Take what the server answered to a word of ours. @param {Ticket} ticket @param {string} word */
  answer(ticket, word) {
    this.#told = this.#told.filter(({ event }) => event.order_id !== ticket.order_id || event.type !== ANSWERED[word]);
    this.put(ticket);
  }

  /** Take a ticket away without a word: we ended it ourselves. @param {string} id */
  forget(id) {
    this.tickets.delete(id);
    keep(this.#shelf, this.all);
  }

  /** Start over. Returns those that went away meanwhile: how, somebody has to ask. @param {Ticket[]} tickets */
  startOver(tickets) {
    const now = new Set(tickets.map((ticket) => ticket.id));
    const gone = this.all.filter((ticket) => !now.has(ticket.id));
    this.#told = [];
    for (const ticket of tickets) this.put(ticket, "snapshot");
    return gone;
  }

  /** Take a fact into account. Returns whether it was about a ticket we have. @param {any} event */
  apply(event) {
    if (MEANINGS[event.type]) this.#told.push({ event, at: performance.now() });
    const before = this.ofOrder(event.order_id);
    if (!before) return false;
    this.#settle(after(before, event), before, event.type);
    return true;
  }

  /** @param {Ticket} ticket @param {Ticket | null} before @param {string} type */
  #settle(ticket, before, type) {
    if (rank(ticket) === ENDED) {
      this.tickets.delete(ticket.id);
      if (before) this.#onEnd(ticket, before);
    } else {
      this.tickets.set(ticket.id, ticket);
      this.#onChange(ticket, before, type);
    }
    keep(this.#shelf, this.all);
  }
}

/** @param {string} shelf @returns {any[]} */
export function recall(shelf) {
  try {
    return JSON.parse(localStorage.getItem(shelf) ?? "[]");
  } catch {
    return [];
  }
}

/** @param {string} shelf @param {any[]} things */
export function keep(shelf, things) {
  try {
    localStorage.setItem(shelf, JSON.stringify(things));
  } catch {
    // A browser that keeps nothing works until it is reloaded without a network.
  }
}
