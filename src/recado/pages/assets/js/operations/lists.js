// @ts-check
import { clock } from "../core/clock.js";
import { byId, fill, h, keyed, say, show } from "../core/dom.js";
import { clockFace, number, t } from "../core/texts.js";
import { left, since, waitText } from "./words.js";

const CALM = "calm";
const MINUTES_ONLY_FROM_MS = 10 * 60_000;

/**
 * Show the open orders, the most urgent first.
 * @param {any[]} orders
 * @param {{chosen: string, find: string, isNeededOnly: boolean, onChoose: (id: string) => void}} how
 */
export function showOrders(orders, { chosen, find, isNeededOnly, onChoose }) {
  const wanted = find.trim().toLocaleLowerCase();
  const shown = orders.filter((order) => (!isNeededOnly || order.urgency !== CALM) && matches(order, wanted));
  say(byId("orders-count"), number(orders.length));
  show(byId("no-orders"), shown.length === 0);
  keyed(byId("order-list"), shown, {
    key: (order) => order.order_id,
    create: (order) => h("li", {}, h("button", { class: "line", onclick: () => onChoose(order.order_id) })),
    update: (element, order) => drawOrder(/** @type {HTMLElement} */ (element.firstElementChild), order, order.order_id === chosen),
  });
}

/** @param {any} order @param {string} wanted */
function matches(order, wanted) {
  if (!wanted) return true;
  return [String(order.short_number), order.store_name, order.rider?.name ?? ""].some((text) => text.toLocaleLowerCase().includes(wanted));
}

/** @param {HTMLElement} line @param {any} order @param {boolean} isChosen */
function drawOrder(line, order, isChosen) {
  line.dataset.urgency = order.urgency;
  line.setAttribute("aria-current", String(isChosen));
  const [first, ...others] = order.waits;
  fill(
    line,
    h("span", { class: "line-number" }, `#${order.short_number}`),
    h("span", { class: "line-place" }, order.store_name || "—", order.rider ? h("span", { class: "quiet" }, ` · ${order.rider.name}`) : null),
    clockOf(order.next_deadline),
    h(
      "span",
      { class: "line-why" },
      first ? h("span", {}, h("strong", {}, waitText(order, first)), ` · ${since(first.since_at)}`) : null,
      ...others.slice(0, 2).map((wait) => h("span", {}, waitText(order, wait))),
      order.owner ? h("span", {}, t("operations.owned")) : null,
    ),
  );
}

/** @param {any} deadline */
function clockOf(deadline) {
  if (!deadline) return h("span");
  const left_ms = clock.until(deadline.due_at);
  const face = left_ms < 0 ? `−${clockFace(-left_ms)}` : clockFace(left_ms);
  const written = Math.abs(left_ms) >= MINUTES_ONLY_FROM_MS ? left(deadline.due_at) : face;
  return h(
    "span",
    { class: "line-clock", "data-late": left_ms < 0 },
    h("span", { class: "small quiet" }, `${t(`operations.due.${deadline.kind}`)} `),
    written,
  );
}

/**
 * Show what is due next.
 * @param {any[]} due
 * @param {{onChoose: (id: string) => void}} how
 */
export function showDue(due, { onChoose }) {
  show(byId("no-due"), due.length === 0);
  keyed(byId("due-list"), due, {
    key: (one) => `${one.order_id} ${one.kind}`,
    create: (one) => h("li", {}, h("button", { class: "line", onclick: () => onChoose(one.order_id) })),
    update: (element, one) => {
      const line = /** @type {HTMLElement} */ (element.firstElementChild);
      line.dataset.urgency = clock.until(one.due_at) < 0 ? "now" : CALM;
      fill(line, h("span", { class: "line-number" }, `#${one.short_number}`), h("span", { class: "line-place" }, one.store_name), clockOf(one));
    },
  });
}
