// @ts-check
import { Unreachable } from "../core/api.js";
import { follow } from "../core/feed.js";
import { Riders } from "./riders.js";

/**
 * What one city looks like now: its open orders and its working riders, read again as the feed says that they changed.
 * @typedef {{lat: number, lon: number}} Place
 */

const URGENCIES = ["danger", "now", "soon", "calm"];
const GATHER_MS = 250; // changes that come together are read together
const MOST_IDS = 150;
const ALL_AGAIN_MS = 30_000; // clocks run out without an event: who is at risk now was not a moment ago
const PAGE = 500;
const REST_MS = 5_000; // between two pages of 10,000 riders who are read anew: what nobody tells of shows within two minutes
const STORES_PAGE = 200;

export class Town {
  /** @type {Map<string, any>} */
  orders = new Map();
  /** @type {any[]} */
  due = [];
  /** The city's stores: they are on the map before anybody orders. @type {any[]} */
  stores = [];
  /** Whether those on shift are known, or the first page of very many. */
  areRidersRead = false;
  #changed = new Set();
  #ridersChanged = new Set();
  #gathering = 0;
  #round = 0; // an older round through the riders ends where a newer one began
  #isClosed = false;

  /**
   * @param {import("../core/session.js").Session} session
   * @param {any} city
   * @param {{onChange: () => void, onRider: (rider: import("./riders.js").Rider) => void, onRiderGone: (id: string) => void,
   *   onState: (state: any) => void, onEnd: (problem: any) => void}} listeners `onRider` is told of every step, `onChange` of all else
   */
  constructor(session, city, listeners) {
    this.session = session;
    this.city = city;
    this.on = listeners;
    this.riders = new Riders({ onRider: listeners.onRider, onGone: listeners.onRiderGone });
    const path = `/v1/operations/feed?city_id=${encodeURIComponent(city.id)}&positions=rows`;
    this.feed = follow(session, path, {
      onEvent: (event) => this.#hear(event),
      onPositions: (rows) => rows.forEach((row) => this.riders.place(row)),
      onState: (state) => {
        this.on.onState(state);
        if (state !== "live") return;
        this.readAll();
        this.readRiders();
        this.#quietly(async () => void (this.stores = await this.#pages("/v1/stores", "stores", STORES_PAGE)));
      },
      onEnd: listeners.onEnd,
    });
    this.again = setInterval(() => this.readAll(), ALL_AGAIN_MS);
  }

  close() {
    this.#isClosed = true;
    this.#round += 1;
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

  /** Read the orders and what is due again. */
  async readAll() {
    await this.#quietly(async () => {
      const [orders, due] = await Promise.all([
        this.#pages("/v1/operations/orders", "orders"),
        this.session.call("GET", this.#path("/v1/operations/deadlines", { limit: "60" })),
      ]);
      this.orders = new Map(orders.map((order) => [order.order_id, order]));
      this.due = due.deadlines;
    });
  }

  /**
   * Read everybody, a page at a time, and then again for as long as the page is open: what no feed tells of (a cause of silence, a
   * suspicion) is seen half a minute later, and where thousands work two minutes later. Riders are for those who send them; an operator
   * who may only handle orders sees none.
   */
  async readRiders() {
    const round = (this.#round += 1);
    this.areRidersRead ||= !this.maySeeRiders;
    if (!this.maySeeRiders) return;
    for (let isFirst = true; round === this.#round; isFirst = false) {
      let pages = 0;
      for (let cursor = "", isMore = true; isMore && round === this.#round; pages++) {
        const next = await this.#ridersFrom(cursor);
        isMore = next !== "";
        cursor = next;
        if (!isFirst) await pause(REST_MS);
      }
      await pause(Math.max(REST_MS, ALL_AGAIN_MS - pages * REST_MS));
    }
  }

  get maySeeRiders() {
    const scopes = this.session.identity?.scopes ?? [];
    return scopes.includes("dispatch") || scopes.includes("support");
  }

  /** Read the riders off shift: one page of them. @param {string} cursor @returns {Promise<{riders: any[], next_cursor: string | null}>} */
  async readOff(cursor) {
    return await this.session.call("GET", this.#path("/v1/operations/riders/off", { limit: "50", ...(cursor ? { cursor } : {}) }));
  }

  /** Read one order again, after something was done about it. @param {string} orderId */
  async readOne(orderId) {
    await this.#quietly(() => this.#read([orderId]));
  }

  /** @param {any} event */
  #hear(event) {
    if (event.type !== "changed") return;
    for (const id of event.gone_order_ids) this.orders.delete(id);
    for (const id of event.gone_rider_ids) this.riders.forget(id);
    for (const id of event.order_ids) this.#changed.add(id);
    for (const id of event.rider_ids) this.#ridersChanged.add(id);
    this.#gathering ||= setTimeout(() => this.#gather(), GATHER_MS);
    this.on.onChange();
  }

  async #gather() {
    const ids = [...this.#changed];
    const riderIds = this.maySeeRiders ? [...this.#ridersChanged] : [];
    this.#changed.clear();
    this.#ridersChanged.clear();
    this.#gathering = 0;
    await this.#quietly(async () => {
      for (const some of parts(ids)) await this.#read(some);
      for (const some of parts(riderIds)) await this.#readThese(some);
    });
  }

  /** @param {string[]} ids */
  async #read(ids) {
    const found = await this.session.call("GET", this.#path("/v1/operations/orders", { order_ids: ids.join(","), limit: String(PAGE) }));
    for (const id of ids) this.orders.delete(id);
    for (const order of found.orders) this.orders.set(order.order_id, order);
  }

  /** @param {string[]} ids */
  async #readThese(ids) {
    const found = await this.session.call("GET", this.#path("/v1/operations/riders", { rider_ids: ids.join(","), limit: String(PAGE) }));
    const working = new Set(found.riders.map((/** @type {any} */ line) => line.rider_id));
    for (const line of found.riders) this.riders.take(line);
    for (const id of ids) if (!working.has(id)) this.riders.forget(id);
  }

  /** Read a page of riders: who was there and is not on it works no more. Returns the next page's cursor. @param {string} cursor */
  async #ridersFrom(cursor) {
    let next = "";
    await this.#quietly(async () => {
      const before = [...this.riders.values()].map(({ rider_id }) => rider_id);
      const page = await this.session.call("GET", this.#path("/v1/operations/riders", { limit: String(PAGE), ...(cursor ? { cursor } : {}) }));
      next = page.next_cursor ?? "";
      const here = new Set(page.riders.map((/** @type {any} */ line) => line.rider_id));
      for (const line of page.riders) this.riders.take(line);
      this.areRidersRead = true;
      for (const id of before) if (id > cursor && (!next || id <= next) && !here.has(id)) this.riders.forget(id);
    });
    return next;
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

/** @param {number} lasts_ms @returns {Promise<void>} */
const pause = (lasts_ms) => new Promise((resolve) => void setTimeout(resolve, lasts_ms));

/** As many at once as may be asked for. @param {string[]} ids */
function* parts(ids) {
  for (let from = 0; from < ids.length; from += MOST_IDS) yield ids.slice(from, from + MOST_IDS);
}
