// @ts-check
import { t } from "../core/texts.js";
import { placeOf } from "./words.js";

/**
 * The city on the map, but for its riders: stores, and for the orders that need somebody, or are chosen, their store and door.
 * @param {any} map
 * @param {import("./town.js").Town} town
 * @param {{chosen: string, onOrder: (id: string) => void}} how
 */
export function draw(map, town, { chosen, onOrder }) {
  const drawn = new Set();
  const mark = (/** @type {string} */ id, /** @type {any} */ marking) => {
    map.mark(id, marking);
    drawn.add(id);
  };
  for (const { id, name, point } of town.stores) mark(`store ${id}`, { kind: "store", place: point, label: name });
  for (const order of town.orders.values()) {
    const isChosen = order.order_id === chosen;
    if (order.pickup) markStore(mark, order, isChosen, onOrder);
    if (isChosen || order.rider || order.urgency !== "calm") markDoor(mark, order, isChosen, onOrder);
  }
  map.keep(drawn, ["store", "door"]);
}

/** Places that belong to an order: what the map shows when it is chosen. @param {import("./town.js").Town} town @param {any} order */
export function placesOf(town, order) {
  const rider = order.rider ? town.riders.get(order.rider.rider_id) : null;
  return [order.pickup, order.dropoff, rider && placeOf(rider)].filter(Boolean);
}

/** @param {(id: string, marking: any) => void} mark @param {any} order @param {boolean} isChosen @param {(id: string) => void} onOrder */
function markStore(mark, order, isChosen, onOrder) {
  mark(`store ${order.store_id}`, {
    kind: "store", place: order.pickup, label: order.store_name, caption: isChosen ? order.store_name : undefined,
    state: isChosen ? "chosen" : undefined, onSelect: () => onOrder(order.order_id),
  });
}

/** @param {(id: string, marking: any) => void} mark @param {any} order @param {boolean} isChosen @param {(id: string) => void} onOrder */
function markDoor(mark, order, isChosen, onOrder) {
  const tone = { danger: "alert", now: "alert", soon: "warn" }[/** @type {"danger" | "now" | "soon"} */ (order.urgency)];
  mark(`door ${order.order_id}`, {
    kind: "door", place: order.dropoff, label: t("operations.door_of", { number: order.short_number }), caption: `#${order.short_number}`,
    state: isChosen ? "chosen" : tone, onSelect: () => onOrder(order.order_id),
  });
}
