// @ts-check
import { byId, h, keyed, say, show } from "../core/dom.js";
import { toast } from "../core/live.js";
import { explain, money, number, plural, t } from "../core/texts.js";
import { redraw } from "./stage.js";

/** @typedef {{id: string, name: string, price_minor: number, is_available: boolean, stock_count: number | null}} Item */

const FIRST_COUNT = 10;

/** What is sold: one tap takes an item off the menu or puts it back. Nothing is shown as done before the server said so. */
export class Menu {
  /** @type {Item[]} */
  #items = [];
  #currency = "BRL";
  #storeId = "";
  #session;
  /** @type {Set<string>} */
  #busy = new Set();
  /** @type {WeakMap<Element, string>} */
  #drawn = new WeakMap();

  /** @param {import("../core/session.js").Session} session */
  constructor(session) {
    this.#session = session;
    byId("search").addEventListener("input", () => this.#show());
  }

  /** @param {string} storeId */
  async load(storeId) {
    const menu = await this.#session.call("GET", `/v1/stores/${storeId}/menu`);
    this.#storeId = storeId;
    this.#items = menu.items;
    this.#currency = menu.currency;
    this.#show();
  }

  #show() {
    const wanted = plain(/** @type {HTMLInputElement} */ (byId("search")).value);
    const found = this.#items.filter((item) => plain(item.name).includes(wanted));
    const out = this.#items.filter((item) => !isSold(item)).length;
    show(byId("items-none"), found.length === 0);
    show(byId("menu-count"), out > 0);
    say(byId("menu-count"), plural("store.out_count", out));
    keyed(byId("items"), found, {
      key: (item) => item.id,
      create: () => h("li", { class: "item" }),
      update: (element, item) => {
        const now = JSON.stringify([item, this.#busy.has(item.id)]);
        if (this.#drawn.get(element) === now) return;
        this.#drawn.set(element, now);
        this.#draw(element, item);
      },
    });
  }

  /** @param {HTMLElement} element @param {Item} item */
  #draw(element, item) {
    const { name, stock_count: count } = item;
    const is_sold = isSold(item);
    element.dataset.sold = is_sold ? "yes" : "no";
    const toggle = () => this.#change(item, is_sold ? { is_available: false } : { is_available: true, ...(count === 0 ? { stock_count: null } : {}) });
    redraw(
      element,
      h("div", { class: "grow" }, h("span", { class: "item-name" }, name), h("span", { class: "quiet" }, money(item.price_minor, this.#currency))),
      h("div", { class: "stock", role: "group", "aria-label": t("store.stock_of", { name }) },
        count === null
          ? h("button", { type: "button", class: "button button-link", dataset: { act: "count" }, "aria-label": t("store.count_item", { name }), onclick: () => this.#change(item, { stock_count: FIRST_COUNT }) }, t("store.count"))
          : this.#counter(item, count)),
      h("button", { type: "button", class: "switch switch-item", role: "switch", "aria-checked": String(is_sold), "aria-label": t("store.sold", { name }), "aria-busy": String(this.#busy.has(item.id)), dataset: { act: "toggle" }, onclick: toggle },
        h("span", {}, is_sold ? t("store.in_stock") : t("store.out_of_stock")), h("span", { class: "switch-knob", "aria-hidden": "true" })),
    );
  }

  /** @param {Item} item @param {number} count */
  #counter(item, count) {
    const { name } = item;
    return h("div", { class: "counter" },
      h("button", { type: "button", class: "step-button", dataset: { act: "one-less" }, "aria-label": t("store.one_less", { name }), onclick: () => count > 0 && this.#change(item, { stock_count: count - 1 }) }, "−"),
      h("output", { class: "strong" }, t("store.left", { count: number(count) })),
      h("button", { type: "button", class: "step-button", dataset: { act: "one-more" }, "aria-label": t("store.one_more", { name }), onclick: () => this.#change(item, { stock_count: count + 1 }) }, "+"),
      h("button", { type: "button", class: "button button-link", dataset: { act: "uncount" }, "aria-label": t("store.uncount_item", { name }), onclick: () => this.#change(item, { stock_count: null }) }, t("store.uncount")));
  }

  /** @param {Item} item @param {Partial<Item>} change */
  async #change(item, change) {
    if (this.#busy.has(item.id)) return;
    this.#busy.add(item.id);
    this.#show();
    try {
      const changed = await this.#session.call("PATCH", `/v1/stores/${this.#storeId}/items/${item.id}`, change, { patience_ms: 8_000 });
      this.#items = this.#items.map((one) => (one.id === item.id ? { ...one, ...changed } : one));
    } catch (error) {
      toast(`${t("store.not_saved")} ${explain(error)}`, { tone: "alert" });
    } finally {
      this.#busy.delete(item.id);
      this.#show();
    }
  }
}

/** @param {Item} item */
const isSold = (item) => item.is_available && item.stock_count !== 0;

/** As people search: without accents and capitals. @param {string} text */
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().trim();
