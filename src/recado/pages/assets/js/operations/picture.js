// @ts-check
import { t } from "../core/texts.js";
import { isOld, placeOf } from "./words.js";

/**
 * The city on the map: stores and riders, and for the orders that need somebody, or are chosen, their store and door.
 * @param {any} map
 * @param {import("./town.js").Town} town
 * @param {{chosen: string, onRider: (id: string) => void, onOrder: (id: string) => void}} how
 */
export function draw(map, town, { chosen, onRider, onOrder }) {
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
  for (const rider of town.riders.values()) markRider(mark, rider, rider.order_ids.includes(chosen), onRider);
  map.keep(drawn);
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

/** @param {(id: string, marking: any) => void} mark @param {any} rider @param {boolean} isChosen @param {(id: string) => void} onRider */
function markRider(mark, rider, isChosen, onRider) {
  const place = placeOf(rider);
  if (!place) return;
  const isBusy = rider.state !== "free" && rider.state !== "offered";
  mark(`rider ${rider.rider_id}`, {
    kind: "rider", icon: rider.vehicle, place, label: `${rider.name}: ${t(`operations.state.${rider.state}`)}`,
    caption: isChosen ? rider.name : undefined, state: isOld(rider) ? "stale" : isChosen ? "chosen" : isBusy ? "busy" : undefined,
    glide_ms: 900, onSelect: () => onRider(rider.rider_id),
  });
}
