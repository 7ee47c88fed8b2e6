// @ts-check
import { clock, everySecond } from "../core/clock.js";
import { h, icon } from "../core/dom.js";
import { clockFace, distance, minutes, money, plural, t, time } from "../core/texts.js";
import { redraw } from "./app.js";
import { askProblem } from "./asking.js";
import { items } from "./items.js";
import { navigationApp, wayTo } from "./navigation.js";
import { metresBetween } from "./reckoning.js";
import * as steps from "./steps.js";

/**
 * @typedef {import("./app.js").App} App
 * @typedef {import("./reckoning.js").Delivery} Delivery
 * @typedef {import("./reckoning.js").Stop} Stop
 */

const LEFT_M = 80; // the server's own threshold
export const ABSENT_WAIT_MS = 5 * 60_000; // how long a rider waits for a customer who does not come

/** The stop that the rider is on the way to. @param {App} app @returns {Stop | undefined} */
export function nextStop(app) {
  const { stops } = app.evening;
  return stops.find(({ key }) => key === app.chosen) ?? stops[0];
}

/** @param {App} app @param {Stop} stop */
export const stopTitle = (app, { kind, place }) => t(`rider.stop.${kind}`, { name: place.name });

/** What becomes older while it is looked at. @type {(() => void)[]} */
let ticking = [];
everySecond(() => ticking.forEach((tick) => tick()));

/** Draw the next stop, big. @param {App} app @param {HTMLElement} element */
export function drawNext(app, element) {
  const stop = nextStop(app);
  element.toggleAttribute("hidden", !stop);
  if (!stop) return;
  const { orders, ticks, answers, shift } = app.evening;
  const own = stop.deliveries.map(({ order_id }) => [orders[order_id], answers[order_id]]);
  const ticked = Object.entries(ticks).filter(([line]) => stop.deliveries.some(({ order_id }) => line.startsWith(order_id)));
  redraw(element, [stop, own, ticked, shift?.vehicle, navigationApp(), refusalsOf(app, stop)], () => {
    ticking = [];
    const parts = [head(app, stop), ...refusals(app, stop), ...body(app, stop), links(app, stop)];
    ticking.forEach((tick) => tick());
    return parts;
  });
}

/** @param {App} app @param {Stop} stop */
function head(app, stop) {
  const far = h("span", { class: "quiet" });
  ticking.push(() => {
    const { spot } = app.tracker;
    far.textContent = spot ? t("rider.away", { distance: distance(metresBetween(spot, stop.place.point)) }) : "";
  });
  return h(
    "div",
    { class: "stack stack-s" },
    h("p", { class: "eyebrow" }, icon(stop.kind === "dropoff" ? "door" : "store"), t(`rider.kind.${stop.kind}`), far),
    h("h2", { id: "next-title", class: "stop-name" }, stop.place.name || t("rider.customer")),
    h("p", { class: "address" }, stop.place.address),
    stop.place.note && h("p", { class: "notice notice-accent" }, stop.place.note),
  );
}

/** @param {App} app @param {Stop} stop */
const refusalsOf = (app, stop) => app.evening.notices.filter((one) => one.order_id && stop.deliveries.some((d) => d.order_id === one.order_id));

/** @param {App} app @param {Stop} stop */
const refusals = (app, stop) =>
  refusalsOf(app, stop).map((one) =>
    h(
      "div",
      { class: `notice notice-${one.tone} notice-closable` },
      h("p", {}, t(one.key, one.facts)),
      h("button", { type: "button", class: "button button-quiet", onclick: () => app.evening.understood(one.id) }, t("rider.understood")),
    ),
  );

/** @param {App} app @param {Stop} stop */
function body(app, stop) {
  if (stop.kind === "pickup") return stop.deliveries.map((delivery) => atStore(app, stop, delivery));
  if (stop.kind === "return") return [goesBack(app, stop)];
  return [atDoor(app, stop.deliveries[0])];
}

/** @param {App} app @param {Delivery} delivery */
export const orderName = (app, delivery) => {
  const number = app.evening.numberOf(delivery.order_id);
  return number === null ? t("rider.order.unnumbered") : t("rider.order", { number });
};

/** @param {App} app @param {Stop} stop @param {Delivery} delivery */
function atStore(app, stop, delivery) {
  const order = app.evening.orders[delivery.order_id];
  return h(
    "section",
    { class: "order stack stack-s" },
    h(
      "div",
      { class: "row spread" },
      h("h3", { class: "order-name" }, orderName(app, delivery)),
      readiness(delivery),
    ),
    order?.customer_name && h("p", { class: "quiet" }, t("rider.for", { name: order.customer_name })),
    delivery.status === "arrived_at_pickup"
      ? items(app, delivery)
      : h("p", { class: "quiet" }, plural("rider.items", delivery.item_count)),
  );
}

/** @param {Delivery} delivery */
function readiness(delivery) {
  if (delivery.ready_at) return h("span", { class: "badge badge-good" }, icon("check"), t("rider.ready"));
  if (!delivery.ready_by) return "";
  const badge = h("span", { class: "badge" });
  ticking.push(() => {
    const left_ms = clock.until(delivery.ready_by);
    badge.className = left_ms > 0 ? "badge" : "badge badge-warn";
    badge.textContent = left_ms > 0
      ? t("rider.ready_by", { time: time(delivery.ready_by), span: minutes(left_ms) })
      : t("rider.ready_late", { time: time(delivery.ready_by), span: minutes(-left_ms) });
  });
  return badge;
}

/** @param {App} app @param {Delivery} delivery */
function atDoor(app, delivery) {
  const isThere = delivery.status === "arrived_at_dropoff";
  const isLocked = delivery.needs_code && delivery.code_tries_left === 0;
  return h(
    "section",
    { class: "order stack" },
    h("div", { class: "row spread" }, h("h3", { class: "order-name" }, orderName(app, delivery)), h("span", { class: "quiet" }, plural("rider.items", delivery.item_count))),
    cash(app, delivery),
    isLocked && h("p", { class: "notice notice-alert" }, t("rider.code.locked")),
    isThere && delivery.needs_code && !isLocked && code(app, delivery),
    isThere && waited(delivery),
  );
}

/** @param {App} app @param {Delivery} delivery */
function cash(app, delivery) {
  if (!delivery.collect_minor) return h("p", { class: "row" }, icon("check"), t("rider.cash.none"));
  const change_for = app.evening.orders[delivery.order_id]?.change_for_minor;
  const amount = money(delivery.collect_minor, delivery.currency);
  const change = change_for > delivery.collect_minor &&
    t("rider.cash.change", { given: money(change_for, delivery.currency), change: money(change_for - delivery.collect_minor, delivery.currency) });
  return h(
    "div",
    { class: "cash" },
    icon("cash"),
    h("p", {}, h("span", { class: "quiet" }, t("rider.cash.collect")), h("strong", { class: "amount" }, amount), change && h("span", {}, change)),
  );
}

/** @param {App} app @param {Delivery} delivery */
function code(app, delivery) {
  const input = h("input", {
    id: "code", type: "text", class: "code", inputmode: "numeric", autocomplete: "off", maxlength: 8,
    "aria-describedby": "code-hint", onkeydown: (/** @type {KeyboardEvent} */ event) => event.key === "Enter" && document.getElementById("main-action")?.click(),
  });
  return h(
    "div",
    { class: "field" },
    h("label", { for: "code" }, t("rider.code.label")),
    input,
    h("p", { id: "code-hint", class: "hint" }, hint(delivery)),
  );
}

/** @param {Delivery} delivery */
function hint({ code_tries_left }) {
  const isUsed = code_tries_left !== undefined && code_tries_left < 5;
  return isUsed ? plural("rider.code.tries", code_tries_left) : t("rider.code.hint");
}

/** @param {Delivery} delivery */
function waited(delivery) {
  const text = h("p", { class: "quiet" });
  ticking.push(() => {
    const span_ms = clock.now() - Date.parse(delivery.arrived_at_dropoff_at);
    const facts = { waited: clockFace(span_ms), of: clockFace(ABSENT_WAIT_MS) };
    text.textContent = t(span_ms < ABSENT_WAIT_MS ? "rider.absent.waiting" : "rider.absent.waited", facts);
  });
  return text;
}

/** @param {App} app @param {Stop} stop */
const goesBack = (app, stop) =>
  h(
    "section",
    { class: "order stack stack-s" },
    h("h3", { class: "order-name" }, stop.deliveries.map((delivery) => orderName(app, delivery)).join(" · ")),
    h("p", {}, t("rider.return.how")),
  );

/** @param {App} app @param {Stop} stop */
function links(app, stop) {
  const way = wayTo(stop.place, app.evening.shift?.vehicle ?? "");
  return h(
    "div",
    { class: "two" },
    h("a", { class: "button button-quiet button-large", href: way, target: "_blank", rel: "noopener" }, icon("way"), t("rider.navigate")),
    h("button", { type: "button", id: "trouble", class: "button button-quiet button-large", onclick: () => askProblem(app, stop) }, icon("warn"), t("rider.trouble")),
  );
}

/**
 * What the thumb does next at this stop; null where somebody else has to.
 * @param {App} app
 * @param {Stop} stop
 * @returns {{key: string, label: string, hint?: string, since?: string, act: () => unknown} | null}
 */
export function mainAction(app, stop) {
  if (stop.kind === "return") return null;
  if (stop.kind === "pickup") return storeAction(app, stop);
  const [delivery] = stop.deliveries;
  if (["assigned", "arrived_at_pickup"].includes(delivery.status)) return null;
  if (delivery.status === "picked_up") {
    return arrival(app, stop, "rider.do.at_door", () => steps.arriveAtDoor(app, delivery));
  }
  if (delivery.needs_code && delivery.code_tries_left === 0) return null;
  const amount = delivery.collect_minor ? money(delivery.collect_minor, delivery.currency) : "";
  return { key: "deliver", label: amount ? t("rider.do.deliver_cash", { amount }) : t("rider.do.deliver"), act: () => handOver(app, delivery) };
}

/** Who is seen there is asked to confirm it, unless that may be past. @param {App} app @param {Stop} stop @param {string} key @param {() => unknown} act */
function arrival({ network, tracker: { sight, spot } }, { kind, place, deliveries }, key, act) {
  const ahead = kind === "pickup" ? "assigned" : "picked_up";
  const seen = deliveries.find(({ status, seen_at_stop }) => status === ahead && seen_at_stop?.stop === kind);
  const isGone = sight === "good" && spot && metresBetween(spot, place.point) - spot.accuracy_m > LEFT_M;
  const since = network === "live" && !isGone ? seen?.seen_at_stop.since : "";
  return { key, label: t(key), act, since, hint: since && t(`rider.seen.${kind}`, { name: place.name || t("rider.customer") }) };
}

/** @param {App} app @param {Stop} stop */
function storeAction(app, stop) {
  if (stop.deliveries.some(({ status }) => status === "assigned")) {
    return arrival(app, stop, "rider.do.at_store", () => steps.arriveAtPickup(app, stop));
  }
  const [delivery] = stop.deliveries;
  const lines = app.evening.orders[delivery.order_id]?.lines ?? [];
  const missing = lines.filter((/** @type {any} */ _, /** @type {number} */ number) => !app.evening.ticks[`${delivery.order_id}:${number}`]);
  const isTold = Boolean(app.evening.answers[delivery.order_id]);
  const name = stop.deliveries.length > 1 ? ` · ${orderName(app, delivery)}` : "";
  if (missing.length && !isTold) {
    const label = t("rider.do.check", { done: lines.length - missing.length, all: lines.length }) + name;
    return { key: "check", label, act: () => focusUnticked() };
  }
  return { key: "pick-up", label: t(isTold ? "rider.do.pick_up_anyway" : "rider.do.pick_up") + name, act: () => steps.pickUp(app, delivery) };
}

function focusUnticked() {
  const box = /** @type {HTMLElement | null} */ (document.querySelector("#next .items input:not(:checked)"));
  box?.focus();
  box?.closest("li")?.scrollIntoView({ block: "center" });
}

/** @param {App} app @param {Delivery} delivery */
function handOver(app, delivery) {
  const input = /** @type {HTMLInputElement | null} */ (document.getElementById("code"));
  const typed = input?.value.replace(/\s/g, "") ?? "";
  if (delivery.needs_code && typed.length < 4) {
    input?.setAttribute("aria-invalid", "true");
    const hint = document.getElementById("code-hint");
    if (hint) hint.textContent = t("rider.code.missing");
    input?.focus();
    return;
  }
  if (input) input.value = "";
  return steps.deliver(app, delivery, typed);
}
