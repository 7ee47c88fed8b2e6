// @ts-check
import { Problem, Unreachable } from "../core/api.js";
import { clock, everySecond } from "../core/clock.js";
import { byId, fill, h, keyed, say, show } from "../core/dom.js";
import { toast } from "../core/live.js";
import { minutes, money, number, plural, t } from "../core/texts.js";
import { askReason, button, whatIsWrong } from "./forms.js";
import { problemText } from "./words.js";

const AGAIN_MS = 15_000; // the feed tells sooner
const NO_LONGER = "desk.answered";

/** Orders that no store was asked about yet: held with their problems, or typed in and not read again. */
export class Waiting {
  /** @type {any[]} */
  orders = [];
  #isRead = false;
  #asked = 0; // answers may overtake one another
  #shown = 0;

  /** @param {HTMLElement} element @param {import("./desk.js").Desk} desk @param {(state: "live" | "offline") => void} onState */
  constructor(element, desk, onState) {
    this.element = element;
    this.desk = desk;
    this.onState = onState;
    this.list = h("div", { class: "waiting-list" });
    this.none = h("div", { class: "nothing" }, h("p", { class: "strong" }, t("desk.none_waiting")), h("p", { class: "quiet" }, t("desk.none_waiting_about")));
    fill(element, h("h2", { class: "for-listeners" }, t("desk.part.waiting")), this.none, this.list);
    setInterval(() => this.read(), AGAIN_MS);
    everySecond(() => this.#tick());
  }

  async open() {
    this.desk.clear();
    await this.read();
  }

  /** Forget the orders of another city. */
  reset() {
    this.orders = [];
    this.#isRead = false;
  }

  async read() {
    if (!this.desk.city || !this.desk.may("intake")) return;
    const { city } = this.desk;
    const mine = (this.#asked += 1);
    try {
      const orders = await this.desk.all(this.desk.here("/v1/orders/held"), "orders");
      if (city !== this.desk.city || mine < this.#shown) return; // another city's, or older than what is shown
      this.#shown = mine;
      this.#show(orders);
      this.onState("live");
    } catch (error) {
      if (error instanceof Unreachable) this.onState("offline");
    }
  }

  /** @param {any[]} orders */
  #show(orders) {
    const before = new Set(this.orders.map(keyOf));
    const fresh = orders.filter((order) => !before.has(keyOf(order)) && !this.#isOwn(order));
    this.orders = orders;
    say(byId("waiting-count"), orders.length ? number(orders.length) : "");
    show(byId("waiting-count"), orders.length > 0);
    show(this.none, orders.length === 0);
    keyed(this.list, orders, { key: keyOf, create: (order) => this.#card(order) });
    if (this.#isRead && fresh.length && this.element.hidden) toast(plural("desk.new_waiting", fresh.length), { tone: "warn" });
    this.#isRead = true;
    this.#settle();
    this.#tick();
  }

  /** The card of an order that waits, to be put elsewhere. @param {string} orderId */
  cardOf(orderId) {
    const order = this.orders.find((one) => one.order_id === orderId);
    if (!order) return null;
    const card = this.#card(order);
    card.dataset.key = keyOf(order);
    return card;
  }

  /** A card elsewhere, whose order waits no more, says so. */
  #settle() {
    const open = new Set(this.orders.map(keyOf));
    for (const card of document.querySelectorAll(".receipt .order-card")) {
      if (!open.has(/** @type {HTMLElement} */ (card).dataset.key ?? "")) card.replaceWith(h("p", { class: "notice", role: "status" }, t(NO_LONGER)));
    }
  }

  /** @param {any} order */
  #isOwn(order) {
    return order.typed_by_id === this.desk.session.identity?.subject_id;
  }

  #tick() {
    const due = new Map(this.orders.map((order) => [keyOf(order), order.due_by]));
    for (const card of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".order-card"))) {
      const shown = card.querySelector(".clock");
      const due_by = due.get(card.dataset.key ?? "");
      if (!shown || !due_by) continue;
      const left_ms = clock.until(due_by);
      say(shown, left_ms >= 0 ? t("desk.due_in", { span: minutes(left_ms) }) : t("desk.overdue", { span: minutes(-left_ms) }));
      shown.className = `clock badge ${left_ms < 0 ? "badge-alert" : "badge-warn"}`;
    }
  }

  /** @param {any} order */
  #card(order) {
    const isReview = order.waits_for === "review";
    const isAnothers = order.is_another_needed && this.#isOwn(order);
    const items = order.lines.map((/** @type {any} */ one) => ({ id: one.item_id, name: one.name }));
    const mayPlace = !isAnothers && (!isReview || order.can_be_placed);
    const number = `#${order.short_number}`;
    return h(
      "article",
      { class: "card stack stack-s order-card", "aria-label": `${number} ${order.store_name}`, "data-waits": order.waits_for },
      h("div", { class: "row row-apart" }, h("h3", { class: "order-title" }, h("span", { class: "order-number" }, number), " ", order.store_name), h("span", { class: "clock badge" })),
      h("p", { class: "small quiet" }, t(`desk.waits_for.${order.waits_for}`)),
      ...order.problems.map((/** @type {any} */ problem) => h("p", { class: "notice notice-warn" }, problemText(problem, items))),
      facts(order),
      isAnothers ? h("p", { class: "notice" }, t("desk.another_confirms")) : null,
      isReview && !order.can_be_placed ? h("p", { class: "small quiet" }, t("desk.only_refused")) : null,
      h(
        "div",
        { class: "row" },
        mayPlace ? button(t(isReview ? "desk.place_anyway" : "desk.it_is_right"), () => (isReview ? this.#review(order, true) : this.#confirm(order)), "button") : null,
        button(t("desk.refuse"), () => this.#refuse(order)),
      ),
    );
  }

  /** @param {any} order */
  async #confirm(order) {
    await this.#answered(order, () => this.desk.send("POST", `/v1/orders/${order.order_id}/confirmation`, { is_right: true }), "desk.confirmed").catch((error) => toast(whatIsWrong(error), { tone: "alert" }));
  }

  /** @param {any} order @param {boolean} isPlaced */
  #review(order, isPlaced) {
    const usual = isPlaced ? ["desk.why.customer_agrees", "desk.why.store_agrees"] : ["desk.why.no_answer", "desk.why.outside", "desk.why.changed_mind"];
    const send = (/** @type {string} */ reason) => this.desk.send("POST", `/v1/orders/${order.order_id}/review`, { is_placed: isPlaced, reason });
    askReason(t(isPlaced ? "desk.place_anyway" : "desk.refuse"), usual.map((key) => t(key)), (reason) => this.#answered(order, () => send(reason), isPlaced ? "desk.confirmed" : "desk.refused"));
  }

  /** @param {any} order */
  #refuse(order) {
    if (order.waits_for === "review") return this.#review(order, false);
    const usual = ["desk.why.mistyped", "desk.why.changed_mind", "desk.why.no_answer"];
    const send = (/** @type {string} */ reason) => this.desk.send("POST", `/v1/orders/${order.order_id}/confirmation`, { is_right: false, reason });
    askReason(t("desk.refuse"), usual.map((key) => t(key)), (reason) => this.#answered(order, () => send(reason), "desk.refused"));
  }

  /** Send an answer, say how it went, and see what waits now: another operator may have been first. @param {any} order @param {() => Promise<any>} send @param {string} said */
  async #answered(order, send, said) {
    try {
      const answer = await send();
      const isHeld = answer.status === "held_for_review";
      toast(t(isHeld ? "desk.sent.held_for_review" : said, { number: order.short_number }), { tone: isHeld ? "warn" : "good" });
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 409 || error.code === "confirmation.needs_another" || error.code === "review.blocking_problem") throw error;
      toast(whatIsWrong(error), { tone: "warn" });
    } finally {
      await this.read();
    }
  }
}

/** @param {any} order */
const keyOf = (order) => `${order.order_id} ${order.waits_for}`;

/** All that is read back to the customer. @param {any} order */
function facts(order) {
  // What was typed and is no number is said as it was typed.
  const phone = order.customer_phone.startsWith("+") ? h("a", { class: "tel", href: `tel:${order.customer_phone}` }, order.customer_phone) : order.customer_phone || t("desk.no_phone");
  const special = (/** @type {any} */ one) => [one.note, one.allergies?.length ? t("desk.without", { allergies: one.allergies.join(", ") }) : ""].filter(Boolean).join(" · ");
  const line = (/** @type {any} */ one) => h("li", {}, `${number(one.quantity)} × ${one.name || "?"}`, special(one) ? h("span", { class: "special" }, special(one)) : null);
  const pays = [money(order.total_minor, order.currency), t(`desk.method.${order.payment_method}`), order.change_for_minor ? t("desk.pays_with", { amount: money(order.change_for_minor, order.currency) }) : ""];
  return h(
    "dl",
    { class: "read-back" },
    h("dt", {}, t("desk.customer")), h("dd", {}, h("span", { class: "strong" }, order.customer_name), " ", phone),
    h("dt", {}, t("desk.field.address")), h("dd", {}, order.dropoff_address, order.dropoff_note ? h("span", { class: "special" }, order.dropoff_note) : null),
    h("dt", {}, t("desk.items")), h("dd", {}, h("ul", {}, ...order.lines.map(line))),
    h("dt", {}, t("desk.field.method")), h("dd", {}, pays.filter(Boolean).join(" · ")),
  );
}
