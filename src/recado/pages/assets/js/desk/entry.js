// @ts-check
import { fill, h, show } from "../core/dom.js";
import { toast } from "../core/live.js";
import { dayAndTime, money, t, time } from "../core/texts.js";
import { Basket } from "./basket.js";
import { Overtaken } from "./desk.js";
import { Wrong, button, choice, field, form, input, side, whatIsWrong } from "./forms.js";
import { PlaceField } from "./place.js";
import { minorOf, phoneOf } from "./typed.js";
import { problemText } from "./words.js";

const QUOTE_AFTER_MS = 350;
const WAITS = new Set(["received", "held_for_review"]);
const METHODS = ["cash", "prepaid"];

/** Type an order in: the price, the promise and what is wrong are shown before it is sent. What is typed stays while one looks elsewhere. */
export class Entry {
  #drawn = ""; // for which city and stores
  #quoting = 0;
  #quoteNo = 0;
  /** @type {any[]} */
  stores = [];

  /** @param {HTMLElement} element @param {import("./desk.js").Desk} desk @param {import("./waiting.js").Waiting} waiting */
  constructor(element, desk, waiting) {
    this.element = element;
    this.desk = desk;
    this.waiting = waiting;
    this.receipt = h("div", { class: "receipt", tabindex: "-1" });
    this.place = h("div", {});
    fill(element, this.receipt, this.place);
  }

  /** Forget another city: nobody is to type into its form. */
  reset() {
    this.#drawn = "";
    fill(this.receipt);
    fill(this.place);
  }

  async open() {
    this.desk.clear();
    this.stores = await this.desk.all(this.desk.here("/v1/stores"), "stores");
    const wanted = [this.desk.city.id, ...this.stores.map((store) => store.id)].join();
    if (!this.stores.length) {
      this.#drawn = "";
      return fill(this.place, h("p", { class: "notice" }, t("desk.no_stores")));
    }
    if (wanted === this.#drawn) return this.#takeMap();
    this.#drawn = wanted;
    fill(this.receipt);
    await this.#draw().catch((error) => {
      if (this.#drawn === wanted) this.#drawn = "";
      throw error;
    });
  }

  async #draw() {
    const label = (/** @type {any} */ store) => (store.is_open && !store.is_paused ? store.name : `${store.name} (${t(store.is_paused ? "desk.paused" : "desk.closed")})`);
    const opened = [...this.stores].sort((a, b) => Number(b.is_open && !b.is_paused) - Number(a.is_open && !a.is_paused));
    this.store = choice("store_id", opened.map((store) => [store.id, label(store)]));
    this.store.addEventListener("change", () => this.#chooseStore().catch(tell));
    this.basket = new Basket();
    this.door = new PlaceField(this.desk, { id: "address", kind: "door", label: t("desk.field.address") });
    this.sum = h("div", { class: "sum-box", "aria-live": "polite" });
    this.form = form({ fields: this.#fields(), submit: t("desk.send_order"), send: (said, key) => this.#send(said, key), keepsTrying: true, style: "card" });
    this.form.addEventListener("input", () => this.#quoteLater());
    fill(this.place, this.form);
    await Promise.all([this.#takeMap(), this.#chooseStore()]);
  }

  /** The map is this part's: the door on it, the store, and where the city delivers. */
  async #takeMap() {
    if (this.element.hidden) return;
    this.door?.take();
    this.#markStore();
    await this.desk.outline(this.element);
  }

  #markStore() {
    const store = this.stores.find((one) => one.id === this.store?.value);
    if (store && this.desk.onPlace) this.desk.map?.mark("store", { kind: "store", label: store.name, caption: store.name, place: store.point });
  }

  #fields() {
    const change = field("change_for", t("desk.field.change_for_minor"), input("change_for_minor", { inputmode: "decimal", maxlength: 14 }), t("desk.change_hint"));
    const method = choice("method", METHODS.map((one) => [one, t(`desk.method.${one}`)]));
    method.addEventListener("change", () => show(change, method.value === "cash"));
    const name = input("customer_name", { required: true, maxlength: 120 });
    const phone = input("phone", { type: "tel", required: true, maxlength: 32 });
    return [
      h("h2", {}, t("desk.part.entry")),
      side(field("phone", t("desk.field.phone"), phone), field("customer_name", t("desk.field.name"), name)),
      this.door?.element ?? null,
      field("door_note", t("desk.field.note"), input("door_note", { maxlength: 500 }), t("desk.note_hint")),
      field("store", t("desk.store"), /** @type {HTMLElement} */ (this.store)),
      this.basket?.element ?? null,
      side(field("method", t("desk.field.method"), method), change),
      this.sum ?? null,
    ];
  }

  async #chooseStore() {
    const storeId = this.store?.value;
    this.#markStore();
    const menu = await this.desk.ask(`/v1/stores/${storeId}/menu`);
    if (storeId !== this.store?.value) return; // another one meanwhile
    this.basket?.show(menu);
    this.#quoteLater();
  }

  #quoteLater() {
    clearTimeout(this.#quoting);
    this.#quoting = setTimeout(() => this.#quote(), QUOTE_AFTER_MS);
  }

  async #quote() {
    if (!this.sum || !this.form || "unanswered" in this.form.dataset) return;
    const mine = (this.#quoteNo += 1);
    const said = new FormData(this.form);
    try {
      const quote = await this.desk.send("POST", "/v1/orders/quote", this.#wish(said));
      if (mine === this.#quoteNo) fill(this.sum, ...this.#told(quote, said));
    } catch (error) {
      if (mine === this.#quoteNo) fill(this.sum, h("p", { class: "quiet" }, whatIsWrong(error)));
    }
  }

  /** @param {any} quote @param {FormData} said */
  #told(quote, said) {
    const row = (/** @type {string} */ name, /** @type {number} */ amount_minor, style = "") => [h("dt", { class: style }, t(`desk.sum.${name}`)), h("dd", { class: style }, money(amount_minor, quote.currency))];
    const change_minor = this.#change(said) ?? 0;
    // What is still to be typed is not wrong yet.
    const problems = quote.problems.filter((/** @type {any} */ one) => one.code !== "phone_missing" || said.get("phone"));
    const isRead = quote.needs_confirmation && !problems.length;
    return [
      h("dl", { class: "sum" }, ...row("items", quote.items_minor), ...row("delivery", quote.delivery_fee_minor), ...row("total", quote.total_minor, "strong"), ...(change_minor > quote.total_minor ? row("change", change_minor - quote.total_minor) : [])),
      quote.promised_by ? h("p", {}, t("desk.promise", { from: time(quote.promised_from), by: time(quote.promised_by) })) : null,
      ...problems.map((/** @type {any} */ problem) => h("p", { class: "notice notice-warn" }, problemText(problem, this.basket?.menu.items ?? []))),
      problems.length ? h("p", { class: "small quiet" }, t(quote.can_be_placed ? "desk.will_be_held" : "desk.cannot_be_placed")) : null,
      isRead ? h("p", { class: "small quiet" }, t(quote.is_another_needed ? "desk.another_will_confirm" : "desk.will_be_confirmed")) : null,
    ].filter(Boolean);
  }

  /** The note that the customer pays with, in minor units. @param {FormData} said */
  #change(said) {
    const typed = String(said.get("change_for_minor") ?? "").trim();
    const isCash = said.get("method") === "cash";
    return isCash && typed ? minorOf(typed, this.basket?.menu.currency, this.form?.querySelector("#change_for")) : null;
  }

  /** @param {FormData} said */
  #wish(said) {
    if (!this.basket?.lines.size) throw new Wrong(t("desk.nothing_yet"));
    if (!this.door?.place) throw new Wrong(t("desk.place.missing"), this.door?.typed);
    const text = (/** @type {string} */ name) => String(said.get(name) ?? "").trim();
    const change_for_minor = this.#change(said);
    return {
      store_id: text("store_id"),
      lines: this.basket.wish(),
      dropoff: { ...this.door.place, address: this.door.address || "—", note: text("door_note") },
      customer: { name: text("customer_name") || "—", phone: phoneOf(text("phone"), this.desk.city.country) },
      payment: { method: text("method"), ...(change_for_minor === null ? {} : { change_for_minor }) },
    };
  }

  /** @param {FormData} said @param {string} key */
  async #send(said, key) {
    const answer = await this.desk.send("POST", "/v1/orders", this.#wish(said), key);
    clearTimeout(this.#quoting);
    this.#quoteNo += 1;
    toast(t(`desk.sent.${answer.status}`, { number: answer.short_number }), { tone: answer.status === "held_for_review" ? "warn" : "good" });
    await this.waiting.read();
    if (WAITS.has(answer.status) && !this.waiting.cardOf(answer.order_id)) await this.waiting.read(); // the first was in vain
    fill(this.receipt, ...this.#receipt(answer));
    if (!this.element.hidden) this.desk.clear();
    await this.#draw().catch(tell); // the order is in, whatever comes now
    if (this.element.hidden) return;
    this.receipt.focus({ preventScroll: true });
    this.receipt.scrollIntoView({ block: "start" });
  }

  /** What the person on the phone is told, and the order as it is read back to them. @param {any} answer */
  #receipt(answer) {
    const link = h("div", { class: "told" });
    link.append(button(t("desk.share"), async () => fill(link, await this.#link(answer.order_id))));
    const done = button(t("desk.done"), () => fill(this.receipt), "button button-link");
    return [
      h(
        "section",
        { class: "notice notice-good told", "aria-label": t("desk.receipt", { number: answer.short_number, total: "" }) },
        h("div", { class: "row row-apart told-head" }, h("p", { class: "strong" }, t("desk.receipt", { number: answer.short_number, total: money(answer.total_minor, answer.currency) })), done),
        answer.dropoff_code ? h("p", {}, t("desk.code", { code: answer.dropoff_code })) : null,
        answer.promised_by ? h("p", {}, t("desk.promise", { from: time(answer.promised_from), by: time(answer.promised_by) })) : null,
        link,
      ),
      this.waiting.cardOf(answer.order_id),
    ];
  }

  /** @param {string} orderId */
  async #link(orderId) {
    try {
      const made = await this.desk.send("POST", `/v1/orders/${orderId}/share-links`, {});
      const isCopied = await navigator.clipboard?.writeText(made.url).then(() => true, () => false);
      const until = dayAndTime(made.expires_at);
      return h("p", {}, h("a", { href: made.url, target: "_blank", rel: "noopener" }, made.url), " ", h("span", { class: "small" }, t(isCopied ? "desk.link_copied" : "desk.link_until", { until })));
    } catch (error) {
      return h("p", {}, whatIsWrong(error));
    }
  }
}

/** @param {unknown} error */
function tell(error) {
  if (!(error instanceof Overtaken)) toast(whatIsWrong(error), { tone: "alert" });
}
