// @ts-check
import { clock, everySecond } from "../core/clock.js";
import { byId, fill, h, keyed, say, show } from "../core/dom.js";
import { toast } from "../core/live.js";
import { minutes, money, number, t } from "../core/texts.js";
import { button, field, form, input, openDialog, whatIsWrong } from "./desk.js";
import { problemText } from "./entry.js";

const AGAIN_MS = 5_000;

/** Orders that no store was asked about yet: held with their problems, or typed in and not read again. */
export class Waiting {
  /** @type {any[]} */
  orders = [];

  /** @param {HTMLElement} element @param {import("./desk.js").Desk} desk */
  constructor(element, desk) {
    this.element = element;
    this.desk = desk;
    this.list = h("div", { class: "stack" });
    this.none = h("p", { class: "notice" }, t("desk.none_waiting"));
    fill(element, this.none, this.list);
    setInterval(() => this.read(), AGAIN_MS);
    everySecond(() => this.#tick());
  }

  async open() {
    this.desk.clear();
    await this.read();
  }

  async read() {
    if (!this.desk.city || !this.desk.may("intake")) return;
    this.orders = await this.desk.all(this.desk.here("/v1/orders/held"), "orders").catch(() => this.orders);
    say(byId("waiting-count"), number(this.orders.length));
    show(byId("waiting-count"), this.orders.length > 0);
    show(this.none, this.orders.length === 0);
    keyed(this.list, this.orders, { key: (order) => `${order.order_id} ${order.waits_for}`, create: (order) => this.#card(order) });
    this.#tick();
  }

  #tick() {
    for (const order of this.orders) {
      const shown = this.list.querySelector(`[data-key^="${order.order_id}"] .clock`);
      const left_ms = clock.until(order.due_by);
      if (shown) say(shown, left_ms >= 0 ? t("desk.due_in", { span: minutes(left_ms) }) : t("desk.overdue", { span: minutes(-left_ms) }));
      if (shown) shown.className = `clock badge ${left_ms < 0 ? "badge-alert" : "badge-warn"}`;
    }
  }

  /** @param {any} order */
  #card(order) {
    const mine = order.is_another_needed && order.typed_by_id === this.desk.session.identity?.subject_id;
    const isReview = order.waits_for === "review";
    const line = (/** @type {any} */ one) => h("li", {}, [`${number(one.quantity)} × ${one.name || "?"}`, one.note, ...(one.allergies ?? [])].filter(Boolean).join(" · "));
    return h(
      "article",
      { class: "card stack stack-s" },
      h("div", { class: "row row-apart" }, h("h2", {}, `#${order.short_number} · ${order.store_name}`), h("span", { class: "clock badge" })),
      h("p", { class: "small quiet" }, t(`desk.waits_for.${order.waits_for}`)),
      ...order.problems.map((/** @type {any} */ problem) => h("p", { class: "notice notice-warn" }, problemText(problem, { items: order.lines.map((/** @type {any} */ one) => ({ id: one.item_id, name: one.name })) }))),
      h("p", {}, h("span", { class: "strong" }, order.customer_name), " · ", h("a", { href: `tel:${order.customer_phone}` }, order.customer_phone || t("desk.no_phone"))),
      h("p", {}, [order.dropoff_address, order.dropoff_note].filter(Boolean).join(" · ")),
      h("ul", {}, ...order.lines.map(line)),
      h("p", { class: "strong" }, `${money(order.total_minor, order.currency)} · ${t(`desk.method.${order.payment_method}`)}`),
      mine ? h("p", { class: "notice" }, t("desk.another_confirms")) : null,
      h(
        "div",
        { class: "row" },
        mine ? null : button(t(isReview ? "desk.place_anyway" : "desk.it_is_right"), () => (isReview ? this.#review(order, true) : this.#confirm(order)), "button"),
        button(t("desk.refuse"), () => this.#refuse(order, isReview)),
      ),
    );
  }

  /** @param {any} order */
  async #confirm(order) {
    try {
      await this.desk.send("POST", `/v1/orders/${order.order_id}/confirmation`, { is_right: true });
      toast(t("desk.confirmed", { number: order.short_number }), { tone: "good" });
    } catch (error) {
      toast(whatIsWrong(error), { tone: "alert" });
    }
    await this.read();
  }

  /** @param {any} order @param {boolean} isPlaced */
  #review(order, isPlaced) {
    this.#askReason(t("desk.place_anyway"), (reason) => this.desk.send("POST", `/v1/orders/${order.order_id}/review`, { is_placed: isPlaced, reason }));
  }

  /** @param {any} order @param {boolean} isReview */
  #refuse(order, isReview) {
    if (isReview) return this.#askReason(t("desk.refuse"), (reason) => this.desk.send("POST", `/v1/orders/${order.order_id}/review`, { is_placed: false, reason }));
    this.#askReason(t("desk.refuse"), (reason) => this.desk.send("POST", `/v1/orders/${order.order_id}/confirmation`, { is_right: false, reason }));
  }

  /** @param {string} title @param {(reason: string) => Promise<any>} send */
  #askReason(title, send) {
    const close = openDialog(title, [
      form({
        fields: [field("reason", t("desk.field.reason"), input("reason", { required: true, maxlength: 500 }))],
        submit: title,
        send: async (said) => {
          await send(String(said.get("reason")));
          close();
          await this.read();
        },
      }),
    ]);
  }
}
