// @ts-check
import { fill, h } from "../core/dom.js";
import { toast } from "../core/live.js";
import { dayAndTime, money, number, t, time } from "../core/texts.js";
import { Wrong, button, choice, field, form, input, minorOf, phoneOf, whatIsWrong } from "./desk.js";
import { PlaceField } from "./place.js";

const QUOTE_AFTER_MS = 400;
const METHODS = ["cash", "prepaid"];
const MOST = 99;

/** Type an order in: the price, the promise and what is wrong are shown before it is sent. */
export class Entry {
  /** @type {any[]} */
  stores = [];
  /** @type {any} */
  menu = null;
  /** @type {Map<string, {quantity: number, note: string, allergies: string}>} */
  basket = new Map();
  #quoting = 0;
  #quoteNo = 0;

  /** @param {HTMLElement} element @param {import("./desk.js").Desk} desk @param {() => void} onSent */
  constructor(element, desk, onSent) {
    this.element = element;
    this.desk = desk;
    this.onSent = onSent;
  }

  async open() {
    this.stores = await this.desk.all(this.desk.here("/v1/stores"), "stores");
    if (!this.desk.may("intake")) return fill(this.element, h("p", { class: "notice" }, t("desk.not_yours")));
    if (!this.stores.length) return fill(this.element, h("p", { class: "notice" }, t("desk.no_stores")));
    this.#draw();
    await this.#chooseStore();
  }

  #draw() {
    this.desk.clear();
    this.storeChoice = choice("store_id", this.stores.map((store) => [store.id, store.is_open && !store.is_paused ? store.name : `${store.name} (${t("desk.closed")})`]));
    this.storeChoice.addEventListener("change", () => this.#chooseStore());
    this.items = h("fieldset", {});
    this.door = new PlaceField(this.desk, { id: "address", kind: "door", label: t("desk.field.address") });
    this.sum = h("div", { class: "card", "aria-live": "polite" });
    this.change = input("change_for", { inputmode: "decimal", maxlength: 14 });
    const changeField = field("change_for", t("desk.field.change_for_minor"), this.change, t("desk.change_hint"));
    const method = choice("method", METHODS.map((one) => [one, t(`desk.method.${one}`)]));
    method.addEventListener("change", () => (changeField.hidden = method.value !== "cash"));
    const fields = [
      h("div", { class: "pair-of" }, field("customer_name", t("desk.field.name"), input("customer_name", { required: true, maxlength: 120 })), field("phone", t("desk.field.phone"), input("phone", { type: "tel", required: true, maxlength: 32 }))),
      this.door.element,
      field("door_note", t("desk.field.note"), input("door_note", { maxlength: 500 }), t("desk.note_hint")),
      field("store", t("desk.store"), this.storeChoice),
      this.items,
      h("div", { class: "pair-of" }, field("method", t("desk.field.method"), method), changeField),
      this.sum,
    ];
    this.form = form({ fields, submit: t("desk.send_order"), send: (said, key) => this.#send(said, key) });
    this.form.classList.add("card");
    this.form.addEventListener("input", () => this.#quoteLater());
    fill(this.element, this.form);
  }

  async #chooseStore() {
    this.basket.clear();
    this.menu = await this.desk.session.call("GET", `/v1/stores/${this.storeChoice?.value}/menu`);
    const lines = this.menu.items.map((/** @type {any} */ item) => this.#line(item));
    if (this.items) fill(this.items, h("legend", { class: "label" }, t("desk.items")), ...lines, lines.length ? null : h("p", { class: "notice" }, t("desk.empty_menu")));
    this.#quoteLater();
  }

  /** @param {any} item */
  #line(item) {
    const count = h("output", {}, "0");
    const notes = h("div", { class: "notes", hidden: true });
    const isOut = !item.is_available || item.stock_count === 0;
    const add = (/** @type {number} */ by) => {
      const line = this.basket.get(item.id) ?? { quantity: 0, note: "", allergies: "" };
      line.quantity = Math.max(0, Math.min(MOST, line.quantity + by));
      if (line.quantity) this.basket.set(item.id, line);
      else this.basket.delete(item.id);
      count.textContent = number(line.quantity);
      notes.hidden = !line.quantity;
      if (line.quantity && !notes.children.length) notes.append(...this.#notes(item, line));
      this.#quoteLater();
    };
    const less = h("button", { type: "button", class: "button button-quiet", "aria-label": t("desk.less", { item: item.name }), onclick: () => add(-1) }, "−");
    const more = h("button", { type: "button", class: "button button-quiet", "aria-label": t("desk.more", { item: item.name }), onclick: () => add(1) }, "+");
    return h(
      "div",
      { class: "menu-line" },
      h("span", {}, item.name, isOut ? h("span", { class: "badge badge-warn" }, t("desk.out")) : null),
      h("span", { class: "quiet" }, money(item.price_minor, this.menu.currency)),
      h("span", { class: "amount" }, less, count, more),
      notes,
    );
  }

  /** @param {any} item @param {any} line */
  #notes(item, line) {
    const kept = (/** @type {"note" | "allergies"} */ name, /** @type {number} */ maxlength) => {
      const made = input(name, { maxlength, "aria-label": `${t(`desk.line.${name}`)}: ${item.name}`, placeholder: t(`desk.line.${name}`) });
      made.removeAttribute("name");
      made.addEventListener("input", () => (line[name] = made.value));
      return made;
    };
    return [kept("note", 500), kept("allergies", 200)];
  }

  #quoteLater() {
    clearTimeout(this.#quoting);
    this.#quoting = setTimeout(() => this.#quote(), QUOTE_AFTER_MS);
  }

  async #quote() {
    if (!this.sum || !this.form) return;
    const mine = (this.#quoteNo += 1);
    if (!this.basket.size || !this.door?.place) return fill(this.sum, h("p", { class: "quiet" }, t(this.basket.size ? "desk.place_missing" : "desk.nothing_yet")));
    try {
      const quote = await this.desk.send("POST", "/v1/orders/quote", this.#wish(new FormData(this.form)));
      if (mine === this.#quoteNo) fill(this.sum, ...this.#told(quote));
    } catch (error) {
      if (mine === this.#quoteNo) fill(this.sum, h("p", { class: "quiet" }, whatIsWrong(error)));
    }
  }

  /** @param {any} quote */
  #told(quote) {
    const row = (/** @type {string} */ name, /** @type {number} */ amount_minor, strong = false) => [h("dt", { class: strong && "strong" }, t(`desk.sum.${name}`)), h("dd", { class: strong && "strong" }, money(amount_minor, quote.currency))];
    return [
      h("dl", { class: "sum" }, ...row("items", quote.items_minor), ...row("delivery", quote.delivery_fee_minor), ...row("total", quote.total_minor, true)),
      quote.promised_by ? h("p", {}, t("desk.promise", { from: time(quote.promised_from), by: time(quote.promised_by) })) : null,
      ...quote.problems.map((/** @type {any} */ problem) => h("p", { class: "notice notice-warn" }, problemText(problem, this.menu))),
      quote.needs_confirmation && !quote.problems.length ? h("p", { class: "small quiet" }, t(quote.is_another_needed ? "desk.another_confirms" : "desk.will_be_confirmed")) : null,
    ].filter(Boolean);
  }

  /** @param {FormData} said */
  #wish(said) {
    if (!this.door?.place) throw new Wrong(t("desk.place_missing"));
    if (!this.basket.size) throw new Wrong(t("desk.nothing_yet"));
    const text = (/** @type {string} */ name) => String(said.get(name) ?? "").trim();
    const change = text("method") === "cash" && text("change_for") ? minorOf(text("change_for"), this.menu.currency) : null;
    return {
      store_id: text("store_id"),
      lines: [...this.basket].map(([item_id, line]) => ({ item_id, quantity: line.quantity, note: line.note.trim(), allergies: line.allergies.split(",").map((one) => one.trim()).filter(Boolean) })),
      dropoff: { ...this.door.place, address: this.door.address || "—", note: text("door_note") },
      customer: { name: text("customer_name") || "—", phone: text("phone") ? phoneOf(text("phone"), this.desk.city.country) : "" },
      payment: { method: text("method"), ...(change === null ? {} : { change_for_minor: change }) },
    };
  }

  /** @param {FormData} said @param {string} key */
  async #send(said, key) {
    const answer = await this.desk.send("POST", "/v1/orders", this.#wish(said), key);
    toast(t(`desk.sent.${answer.status}`, { number: answer.short_number }), { tone: answer.status === "held_for_review" ? "warn" : "good" });
    this.onSent();
    this.#draw();
    await this.#chooseStore();
    this.element.prepend(this.#receipt(answer));
  }

  /** What the person on the phone is told. @param {any} answer */
  #receipt(answer) {
    const link = h("div", { class: "told" });
    const share = button(t("desk.share"), async () => fill(link, await this.#link(answer.order_id)));
    link.append(share);
    return h(
      "div",
      { class: "notice notice-good told", role: "status" },
      h("p", { class: "strong" }, t("desk.receipt", { number: answer.short_number, total: money(answer.total_minor, answer.currency) })),
      answer.dropoff_code ? h("p", {}, t("desk.code", { code: answer.dropoff_code })) : null,
      answer.promised_by ? h("p", {}, t("desk.promise", { from: time(answer.promised_from), by: time(answer.promised_by) })) : null,
      link,
    );
  }

  /** @param {string} orderId */
  async #link(orderId) {
    try {
      const made = await this.desk.send("POST", `/v1/orders/${orderId}/share-links`, {});
      await navigator.clipboard?.writeText(made.url).catch(() => {});
      return h("p", {}, h("a", { href: made.url, target: "_blank", rel: "noopener" }, made.url), " ", h("span", { class: "small" }, t("desk.link_until", { until: dayAndTime(made.expires_at) })));
    } catch (error) {
      return h("p", {}, whatIsWrong(error));
    }
  }
}

/** What is wrong with an order, in words. @param {any} problem @param {any} menu */
export function problemText(problem, menu) {
  const item = menu?.items.find((/** @type {any} */ one) => one.id === problem.item_id)?.name;
  const key = `desk.wrong.${problem.code}`;
  const text = t(key);
  return [text === key ? problem.detail : text, item].filter(Boolean).join(": ");
}
