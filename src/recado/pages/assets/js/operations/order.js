// @ts-check
import { byId, fill, h, icon } from "../core/dom.js";
import { money, number, t, time } from "../core/texts.js";
import { askAssign, askHelp, askPlan, askUnassign, showLink } from "./acts.js";
import { incidentText, riskText, since, waitText, whyText } from "./words.js";

const BEFORE_PICKUP = new Set(["unassigned", "offered", "assigned", "arrived_at_pickup"]);
const INCIDENTS = new Set(["incident", "sos"]);
const LAST_EVENTS = 12;
const LAST_DECISIONS = 3;

/**
 * One order over the map: what it waits for, who does what, and what the desk can do about it.
 */
export class OrderPanel {
  /** What only this panel asks for: read when an order is chosen, and again when its number moved. @type {any} */
  #more = null;
  #readAs = "";
  #drawn = "";

  /** @param {import("./town.js").Town} town @param {import("./acts.js").Desk} desk @param {() => void} onClose */
  constructor(town, desk, onClose) {
    this.town = town;
    this.desk = desk;
    this.onClose = onClose;
    this.panel = byId("order");
  }

  /** @param {any | undefined} order */
  show(order) {
    this.panel.toggleAttribute("hidden", !order);
    if (!order) {
      this.#drawn = this.#readAs = "";
      return;
    }
    const asked = `${order.order_id} ${order.seq}`;
    if (asked !== this.#readAs) {
      if (!this.#readAs.startsWith(order.order_id)) this.#more = null;
      this.#readAs = asked;
      this.#read(order, asked);
    }
    this.#draw(order);
  }

  focus() {
    this.panel.focus();
  }

  /** @param {any} order @param {string} asked */
  async #read(order, asked) {
    const { session } = this.town;
    const quietly = (/** @type {Promise<any>} */ answer) => answer.catch(() => null); // what one may not see is left out
    const incident = order.waits.find((/** @type {any} */ wait) => INCIDENTS.has(wait.code));
    const [whole, events, found, met] = await Promise.all([
      quietly(session.call("GET", `/v1/orders/${order.order_id}`)),
      quietly(session.call("GET", `/v1/orders/${order.order_id}/events?limit=200`)),
      order.delivery_id ? quietly(session.call("GET", `/v1/deliveries/${order.delivery_id}/decisions?limit=${LAST_DECISIONS}`)) : null,
      incident ? quietly(session.call("GET", `/v1/incidents/${incident.about_id}`)) : null,
    ]);
    if (asked !== this.#readAs) return;
    this.#more = { whole, events: events ?? [], decisions: found?.decisions ?? [], incident: met };
    this.#draw(this.town.orders.get(order.order_id) ?? order);
  }

  /** Buttons stay where they are while clocks run: drawn again only when something else changed. @param {any} order */
  #draw(order) {
    const drawn = JSON.stringify([order, this.#more, order.waits.map((/** @type {any} */ wait) => since(wait.since_at))]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const held = this.panel.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement)?.dataset.act : undefined;
    const scrolled = this.panel.scrollTop;
    fill(this.panel, h("div", { class: "stack" }, this.#head(order), this.#waits(order), this.#actions(order), this.#facts(order), this.#whys(), this.#history()));
    this.panel.scrollTop = scrolled;
    if (held) /** @type {HTMLElement | null} */ (this.panel.querySelector(`[data-act="${held}"]`))?.focus();
  }

  /** @param {any} order */
  #head(order) {
    return h(
      "div",
      { class: "detail-head" },
      h("div", {}, h("h2", { id: "order-title" }, `#${order.short_number}`), h("p", {}, order.store_name), h("p", { class: "small quiet" }, t(`operations.status.${order.status}`))),
      h("button", { class: "button button-quiet", "aria-label": t("operations.close"), dataset: { act: "close" }, onclick: this.onClose }, icon("cross")),
    );
  }

  /** @param {any} order */
  #waits(order) {
    const tone = { danger: "alert", now: "alert", soon: "warn", calm: "accent" }[/** @type {"calm"} */ (order.urgency)];
    const line = (/** @type {any} */ wait) =>
      h("li", {}, h("span", {}, h("span", { class: "strong" }, waitText(order, wait)), ` · ${since(wait.since_at)}`, this.#met(wait)), this.#answer(order, wait));
    return h("ul", { class: `notice notice-${tone} stack stack-s` }, ...order.waits.map(line));
  }

  /** What the rider said about it. @param {any} wait */
  #met(wait) {
    const incident = this.#more?.incident;
    return incident?.id === wait.about_id ? h("span", { class: "quoted" }, incidentText(incident)) : null;
  }

  /** What can be done about this very thing. @param {any} order @param {any} wait */
  #answer(order, wait) {
    if (wait.code === "escalated") return this.#button("help", () => askHelp(this.desk, order, wait.about_id));
    if (INCIDENTS.has(wait.code)) return this.#button("plan", () => askPlan(this.desk, order, wait.about_id, this.#more?.incident));
    return null;
  }

  /** @param {any} order */
  #actions(order) {
    const mine = order.owner?.operator_id === this.town.session.identity?.subject_id;
    const canSend = order.delivery_id && BEFORE_PICKUP.has(order.delivery_status) && this.desk.mayDispatch;
    return h(
      "div",
      { class: "row" },
      canSend ? this.#button(order.rider ? "reassign" : "assign", () => askAssign(this.desk, this.town, order), "button") : null,
      canSend && order.rider ? this.#button("unassign", () => askUnassign(this.desk, order)) : null,
      this.#button("share", () => showLink(this.desk, order)),
      mine ? this.#button("leave", () => this.desk.leave(order)) : this.#button(order.owner ? "take_over" : "take", () => this.desk.take(order)),
    );
  }

  /** @param {string} act @param {() => void} onclick @param {string} [style] */
  #button(act, onclick, style = "button button-quiet") {
    return h("button", { class: style, dataset: { act }, onclick }, t(`operations.act.${act}`));
  }

  /** @param {any} order */
  #facts(order) {
    const whole = this.#more?.whole;
    const phone = whole?.customer_phone ?? ""; // what was typed and is no number is said as it was typed
    const fact = (/** @type {string} */ name, /** @type {any} */ value) => (value ? [h("dt", {}, t(`operations.fact.${name}`)), h("dd", {}, value)] : []);
    return h(
      "dl",
      { class: "facts" },
      ...fact("promise", riskText(order)),
      ...fact("cause", order.risk.cause && (order.risk.is_at_risk || order.risk.is_breached) ? t(`operations.cause.${order.risk.cause}`) : null),
      ...fact("ready_by", order.ready_by && time(order.ready_by)),
      ...fact("rider", order.rider && h("span", {}, order.rider.name, order.rider.is_silent ? h("span", { class: "badge badge-warn" }, t("operations.silent")) : null)),
      ...fact("delivery", order.delivery_status && t(`operations.delivery.${order.delivery_status}`)),
      ...fact("customer", whole?.customer_name),
      ...fact("phone", phone.startsWith("+") ? h("a", { href: `tel:${phone}` }, phone) : phone),
      ...fact("door", whole && [whole.dropoff_address, whole.dropoff_note].filter(Boolean).join(" · ")),
      ...fact("items", whole && whole.lines.map((/** @type {any} */ line) => `${number(line.quantity)} × ${line.name}`).join(", ")),
      ...fact("total", whole && money(whole.total_minor, whole.currency)),
      ...fact("owner", order.owner && [t("operations.owned_since", { since: time(order.owner.since_at) }), order.owner.note].filter(Boolean).join(": ")),
    );
  }

  /** Why dispatch did what it did. */
  #whys() {
    const decisions = this.#more?.decisions ?? [];
    if (!decisions.length) return null;
    const told = (/** @type {any} */ one) =>
      h("li", {}, h("time", {}, time(one.decided_at)), h("span", {}, `${t(`operations.outcome.${one.outcome}`)}: ${whyText(one.why)}`, ...this.#others(one)));
    return h("div", { class: "stack stack-s" }, h("h3", {}, t("operations.decisions")), h("ul", { class: "history" }, ...decisions.map(told)));
  }

  /** @param {any} decision */
  #others(decision) {
    return decision.candidates.slice(0, 4).map((/** @type {any} */ one) => {
      const name = this.town.riders.get(one.rider_id)?.name ?? t("operations.some_rider");
      return h("span", { class: "quiet" }, h("br"), `${name}: ${one.why_not ? whyText(one.why_not) : t("operations.cost", { cost: number(one.cost ?? 0) })}`);
    });
  }

  #history() {
    const events = (this.#more?.events ?? []).slice(-LAST_EVENTS).reverse();
    if (!events.length) return null;
    const told = (/** @type {any} */ event) =>
      h("li", {}, h("time", { datetime: event.occurred_at }, time(event.occurred_at)), h("span", {}, eventText(event), " ", h("span", { class: "quiet" }, t(`operations.actor.${event.actor_role}`))));
    return h("div", { class: "stack stack-s" }, h("h3", {}, t("operations.history")), h("ol", { class: "history" }, ...events.map(told)));
  }
}

/** An event's name in words; one that is newer than this page keeps its own. @param {any} event */
function eventText(event) {
  const key = `operations.event.${event.type}`;
  const text = t(key);
  return text === key ? event.type : text;
}
