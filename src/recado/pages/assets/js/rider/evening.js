// @ts-check
import { Problem } from "../core/api.js";
import { clock } from "../core/clock.js";
import { setZone } from "../core/texts.js";
import { reckon, stopsOf } from "./reckoning.js";

/**
 * @typedef {import("./reckoning.js").Delivery} Delivery
 * @typedef {{id: string, tone: "plain" | "good" | "warn" | "alert", key: string, facts: Record<string, string | number>, order_id?: string}} Notice
 */

const MOST_NOTICES = 8;
const MOST_HAD = 20;
const FOLLOWED_MS = 1_500;

/** The evening as this phone knows it: shift, offer, what is in hand with its items, and what the rider must still be told. */
export class Evening {
  /** @type {Record<string, any> | null} */
  shift = null;
  /** @type {Record<string, any> | null} */
  offer = null;
  /** The server's last word. @type {Delivery[]} */
  told = [];
  /** Items, the customer's name and change, by order. @type {Record<string, any>} */
  orders = {};
  /** The numbers of orders in hand now or of late, by order: news of them may come after they are gone. @type {Map<string, number | null>} */
  #had = new Map();
  /** Items ticked at the counter: `<order>:<line>`. @type {Record<string, boolean>} */
  ticks = {};
  /** What the store answered to a count, by order. @type {Record<string, any>} */
  answers = {};
  /** @type {Notice[]} */
  notices = [];
  /** @type {Record<string, any> | null} */
  city = null;
  /** @type {any[]} */
  zones = [];
  /** What the shift before came to. @type {string[][] | null} */
  last = null;
  #session;
  #shelf;
  #outbox;
  #onChange;
  #loading = false;
  #isStale = false;
  #later = 0;

  /**
   * @param {import("../core/session.js").Session} session
   * @param {import("./shelf.js").Shelf | import("./shelf.js").LooseShelf} shelf
   * @param {() => import("./shelf.js").Waiting[]} outbox what waits for signal
   * @param {() => void} onChange
   */
  constructor(session, shelf, outbox, onChange) {
    this.#session = session;
    this.#shelf = shelf;
    this.#outbox = outbox;
    this.#onChange = onChange;
  }

  /** What is in hand, with what waits for signal reckoned in. */
  get deliveries() {
    return reckon(this.told, this.#outbox());
  }

  get stops() {
    return stopsOf(this.deliveries);
  }

  /** Begin with what was known when the page was last open. */
  async recall() {
    const kept = await this.#shelf.recall(this.#shelfName);
    if (kept) Object.assign(this, kept);
    this.#note();
    if (this.city) setZone(this.city.time_zone);
    this.#onChange();
  }

  get #shelfName() {
    return `evening.${this.#session.identity?.subject_id}`;
  }

  /** @param {{shift: any, offers: any[], deliveries: Delivery[]}} body the feed's snapshot */
  async take({ shift, offers, deliveries }) {
    this.shift = { ...shift, read_at: clock.now() };
    this.offer = offers[0] ?? null;
    this.told = deliveries;
    this.#note();
    this.changed();
    await this.#complete();
    this.#note();
  }

  /** Ask for everything anew; several who ask at once are served together. */
  async refresh() {
    this.#isStale = true;
    if (this.#loading) return;
    this.#loading = true;
    try {
      while (this.#isStale) {
        this.#isStale = false;
        const get = (/** @type {string} */ path) => this.#session.call("GET", `/v1/rider/${path}`);
        const [shift, { offers }, { deliveries }] = await Promise.all([get("shift"), get("offers"), get("deliveries")]);
        await this.take({ shift, offers, deliveries });
      }
    } catch {
      // Asked for again when the feed is back.
    } finally {
      this.#loading = false;
    }
  }

  /** Ask now and a moment later: news reach a rider before all that follows from them is written. */
  refreshTwice() {
    clearTimeout(this.#later);
    this.#later = setTimeout(() => this.refresh(), FOLLOWED_MS);
    this.refresh();
  }

  /** A report arrived: it is the server's word now. @param {import("./shelf.js").Waiting} report */
  arrived(report) {
    this.told = reckon(this.told, [report]);
  }

  /** @param {Omit<Notice, "id">} notice */
  tell(notice) {
    const id = `${notice.key}:${notice.order_id ?? ""}:${Object.values(notice.facts).join(":")}`;
    this.notices = [{ ...notice, id }, ...this.notices.filter((one) => one.id !== id)].slice(0, MOST_NOTICES);
    this.changed();
  }

  /** @param {string} id */
  understood(id) {
    this.notices = this.notices.filter((notice) => notice.id !== id);
    this.changed();
  }

  /** @param {string} line @param {boolean} isThere */
  tick(line, isThere) {
    this.ticks[line] = isThere;
    this.changed();
  }

  /** An order's number, as store and customer know it. @param {string} order_id */
  numberOf(order_id) {
    return this.orders[order_id]?.short_number ?? this.#had.get(order_id) ?? null;
  }

  /** Whether an order is in hand, or was until just now. @param {string} order_id */
  hadInHand(order_id) {
    return this.#had.has(order_id);
  }

  #note() {
    for (const { order_id } of this.told) {
      const number = this.numberOf(order_id);
      this.#had.delete(order_id);
      this.#had.set(order_id, number);
    }
    for (const order_id of [...this.#had.keys()].slice(0, -MOST_HAD)) this.#had.delete(order_id);
  }

  changed() {
    this.#onChange();
    const { shift, told, orders, ticks, answers, notices, city, zones, last } = this;
    this.#shelf.remember(this.#shelfName, { shift, told, orders, ticks, answers, notices, city, zones, last }).catch(() => {});
  }

  /** Fetch what deliveries do not say themselves, and forget it with them: a door is nobody's business afterwards. */
  async #complete() {
    const open = new Set(this.told.map((delivery) => delivery.order_id));
    this.orders = Object.fromEntries(Object.entries(this.orders).filter(([order_id]) => open.has(order_id)));
    this.ticks = Object.fromEntries(Object.entries(this.ticks).filter(([line]) => open.has(line.split(":")[0])));
    this.answers = Object.fromEntries(Object.entries(this.answers).filter(([order_id]) => open.has(order_id)));
    try {
      for (const order_id of open) this.orders[order_id] ??= await this.#read(order_id);
      if (this.city?.id !== this.shift?.city_id) await this.#learnCity();
    } finally {
      this.changed();
    }
  }

  /** @param {string} order_id */
  async #read(order_id) {
    try {
      const { short_number, lines, customer_name, change_for_minor } = await this.#session.call("GET", `/v1/orders/${order_id}`);
      return { short_number, lines, customer_name, change_for_minor };
    } catch (error) {
      if (error instanceof Problem) return undefined; // gone to another rider meanwhile
      throw error;
    }
  }

  async #learnCity() {
    const cities = await this.#session.call("GET", "/v1/cities");
    this.city = cities.find((/** @type {any} */ city) => city.id === this.shift?.city_id) ?? null;
    if (!this.city) return;
    setZone(this.city.time_zone);
    this.zones = await this.#session.call("GET", `/v1/zones?city_id=${encodeURIComponent(this.city.id)}`);
  }
}
