// @ts-check
import { Unreachable } from "../core/api.js";
import { follow } from "../core/feed.js";

/**
 * What one city looks like now: its open orders and its working riders, read again as the feed says that they changed.
 * @typedef {{lat: number, lon: number}} Place
 * @typedef {Place & {rider_id: string, measured_at: string, stale_at: string}} Position
 */

const URGENCIES = ["danger", "now", "soon", "calm"];
const GATHER_MS = 250; // changes that come together are read together
const MOST_IDS = 150;
const ALL_AGAIN_MS = 30_000; // clocks run out without an event: who is at risk now was not a moment ago
const PAGE = 500;
const STORES_PAGE = 200;

export class Town {
  /** @type {Map<string, any>} */
  orders = new Map();
  /** @type {Map<string, any>} */
  riders = new Map();
  /** @type {any[]} */
  due = [];
  /** The city's stores: they are on the map before anybody orders. @type {any[]} */
  stores = [];
  #changed = new Set();
  #riderChanged = false;
  #gathering = 0;
  #isClosed = false;

  /**
   * @param {import("../core/session.js").Session} session
   * @param {any} city
   * @param {{onChange: () => void, onState: (state: any) => void, onEnd: (problem: any) => void}} listeners
   */
  constructor(session, city, listeners) {
    this.session = session;
    this.city = city;
    this.on = listeners;
    const path = `/v1/operations/feed?city_id=${encodeURIComponent(city.id)}`;
    this.feed = follow(session, path, {
      onSnapshot: () => this.readAll(),
      onEvent: (event) => this.#hear(event),
      onPosition: (position) => this.#place(position),
      onState: (state) => {
        this.on.onState(state);
        if (state !== "live") return;
        this.readAll();
        this.#quietly(async () => void (this.stores = await this.#pages("/v1/stores", "stores", STORES_PAGE)));
      },
      onEnd: listeners.onEnd,
    });
    this.again = setInterval(() => this.readAll(), ALL_AGAIN_MS);
  }

  close() {
    this.#isClosed = true;
    clearInterval(this.again);
    clearTimeout(this.#gathering);
    this.feed.close();
  }

  /** The open orders, the most urgent first. */
  sorted() {
    return [...this.orders.values()].sort(
      (a, b) => URGENCIES.indexOf(a.urgency) - URGENCIES.indexOf(b.urgency) || dueOf(a).localeCompare(dueOf(b)) || a.short_number - b.short_number,
    );
  }

  /** Read everything again. */
  async readAll() {
    await this.#quietly(async () => {
      const [orders, riders, due] = await Promise.all([
        this.#pages("/v1/operations/orders", "orders"),
        this.#riders(),
        this.session.call("GET", this.#path("/v1/operations/deadlines", { limit: "60" })),
      ]);
      this.orders = new Map(orders.map((order) => [order.order_id, order]));
      this.riders = new Map(riders.map((rider) => [rider.rider_id, rider]));
      this.due = due.deadlines;
    });
  }

  /** Read one order again, after something was done about it. @param {string} orderId */
  async readOne(orderId) {
    await this.#quietly(() => this.#read([orderId]));
  }

  /** @param {any} event */
  #hear(event) {
    if (event.type !== "changed") return;
    for (const id of event.gone_order_ids) this.orders.delete(id);
    for (const id of event.gone_rider_ids) this.riders.delete(id);
    for (const id of event.order_ids) this.#changed.add(id);
    this.#riderChanged ||= event.rider_ids.length > 0;
    this.#gathering ||= setTimeout(() => this.#gather(), GATHER_MS);
    this.on.onChange();
  }

  async #gather() {
    const ids = [...this.#changed];
    const riders = this.#riderChanged;
    this.#changed.clear();
    this.#riderChanged = false;
    this.#gathering = 0;
    await this.#quietly(async () => {
      for (let from = 0; from < ids.length; from += MOST_IDS) await this.#read(ids.slice(from, from + MOST_IDS));
      if (riders) this.riders = new Map((await this.#riders()).map((rider) => [rider.rider_id, rider]));
    });
  }

  /** @param {string[]} ids */
  async #read(ids) {
    const found = await this.session.call("GET", this.#path("/v1/operations/orders", { order_ids: ids.join(","), limit: String(PAGE) }));
    for (const id of ids) this.orders.delete(id);
    for (const order of found.orders) this.orders.set(order.order_id, order);
  }

  /** Riders are for those who send them; an operator who may only handle orders sees none. @returns {Promise<any[]>} */
  async #riders() {
    const scopes = this.session.identity?.scopes ?? [];
    if (!scopes.includes("dispatch") && !scopes.includes("support")) return [];
    return await this.#pages("/v1/operations/riders", "riders");
  }

  /** @param {string} path @param {string} what @param {number} [limit] @returns {Promise<any[]>} */
  async #pages(path, what, limit = PAGE) {
    const found = [];
    let cursor = "";
    do {
      const page = await this.session.call("GET", this.#path(path, { limit: String(limit), ...(cursor ? { cursor } : {}) }));
      found.push(...page[what]);
      cursor = page.next_cursor ?? "";
    } while (cursor);
    return found;
  }

  /** @param {string} path @param {Record<string, string>} query */
  #path(path, query) {
    return `${path}?${new URLSearchParams({ city_id: this.city.id, ...query })}`;
  }

  /** @param {Position} position */
  #place(position) {
    const rider = this.riders.get(position.rider_id);
    if (!rider) return;
    rider.position = { ...position, is_stale: false };
    this.on.onChange();
  }

  /** What cannot be read now is read with the next change, or in half a minute. @param {() => Promise<void>} read */
  async #quietly(read) {
    try {
      await read();
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      return;
    }
    if (!this.#isClosed) this.on.onChange();
  }
}

/** @param {any} order */
const dueOf = (order) => order.next_deadline?.due_at ?? "~";
