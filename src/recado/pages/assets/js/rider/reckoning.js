// @ts-check
/**
 * What the rider has in hand as the rider knows it: the server's last word, and on top of it what was tapped since and
 * waits for signal. Pure: no network, no page.
 *
 * @typedef {import("./shelf.js").Waiting} Waiting
 * @typedef {Record<string, any> & {delivery_id: string, order_id: string, status: string}} Delivery
 * @typedef {{key: string, kind: "pickup" | "dropoff" | "return", place: any, deliveries: Delivery[]}} Stop
 */

/** Which status a step leads to, and where its instant is written. */
const AFTER = /** @type {Record<string, [string, string | null]>} */ ({
  "arrive-at-pickup": ["arrived_at_pickup", "arrived_at_pickup_at"],
  "pick-up": ["picked_up", "picked_up_at"],
  "arrive-at-dropoff": ["arrived_at_dropoff", "arrived_at_dropoff_at"],
  deliver: ["delivered", "ended_at"],
  "turn-back": ["returning", null],
  fail: ["failed", "ended_at"],
});
const WAY = ["assigned", "arrived_at_pickup", "picked_up", "arrived_at_dropoff"];
const OVER = new Set(["delivered", "failed", "returned", "cancelled"]);

/** @param {Delivery} delivery */
export const isOver = (delivery) => OVER.has(delivery.status);

/** @param {Delivery} delivery */
export const hasFood = (delivery) => ["picked_up", "arrived_at_dropoff", "returning"].includes(delivery.status);

/**
 * Return the deliveries with what waits applied; those still waiting to be told say so in `waits`.
 * @param {Delivery[]} deliveries
 * @param {Waiting[]} waiting
 * @returns {Delivery[]}
 */
export function reckon(deliveries, waiting) {
  return deliveries.map((delivery) => {
    const own = waiting.filter((report) => report.delivery_id === delivery.delivery_id);
    const steps = own.filter((report) => report.step in AFTER);
    return steps.reduce(apply, { ...delivery, waits: own.length });
  });
}

/** @param {Delivery} delivery @param {Waiting} report @returns {Delivery} */
function apply(delivery, { step, body }) {
  const [status, at] = AFTER[step];
  // A report about what the server knows already must not turn time back.
  if (WAY.includes(status) && WAY.indexOf(status) <= WAY.indexOf(delivery.status)) return delivery;
  return { ...delivery, status, ...(at ? { [at]: body.occurred_at } : {}) };
}

/**
 * Return what is ahead, in the order of the route: for each offer that was taken its pickups, one for each store, then its
 * doors; food that goes back comes where its door would.
 * @param {Delivery[]} deliveries
 * @returns {Stop[]}
 */
export function stopsOf(deliveries) {
  /** @type {Map<string, Stop>} */
  const stops = new Map();
  const open = deliveries.filter((delivery) => !isOver(delivery));
  for (const together of groups(open, (delivery) => delivery.assigned_at)) {
    for (const delivery of together.filter((each) => !hasFood(each))) add(stops, "pickup", delivery.pickup, delivery);
    for (const delivery of together) {
      if (delivery.status === "returning") add(stops, "return", delivery.pickup, delivery);
      else if (delivery.dropoff) add(stops, "dropoff", delivery.dropoff, delivery);
    }
  }
  return [...stops.values()];
}

/** @param {Map<string, Stop>} stops @param {Stop["kind"]} kind @param {any} place @param {Delivery} delivery */
function add(stops, kind, place, delivery) {
  const where = kind === "dropoff" ? delivery.delivery_id : `${delivery.store_id}:${delivery.assigned_at}`;
  const key = `${kind}:${where}`;
  const stop = stops.get(key) ?? { key, kind, place, deliveries: [] };
  stop.deliveries.push(delivery);
  stops.set(key, stop);
}

/** @template Item @param {Item[]} items @param {(item: Item) => unknown} by @returns {Item[][]} */
function groups(items, by) {
  const found = new Map();
  for (const item of items) found.set(by(item), [...(found.get(by(item)) ?? []), item]);
  return [...found.values()];
}

const EARTH_M = 6_371_000;
const rad = (/** @type {number} */ degrees) => (degrees * Math.PI) / 180;

/** Metres as the crow flies. @param {{lat: number, lon: number}} one @param {{lat: number, lon: number}} other */
export function metresBetween(one, other) {
  const a =
    Math.sin(rad(other.lat - one.lat) / 2) ** 2 +
    Math.cos(rad(one.lat)) * Math.cos(rad(other.lat)) * Math.sin(rad(other.lon - one.lon) / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.sqrt(a));
}

/**
 * Tell which of a city's zones a place lies in. @param {{lat: number, lon: number}} place
 * @param {{name: string, polygon: {lat: number, lon: number}[]}[]} zones
 */
export function zoneOf(place, zones) {
  return zones.find(({ polygon }) => {
    let isInside = false;
    polygon.forEach((a, number) => {
      const b = polygon.at(number - 1) ?? a;
      const crosses = a.lat > place.lat !== b.lat > place.lat;
      if (crosses && place.lon < ((b.lon - a.lon) * (place.lat - a.lat)) / (b.lat - a.lat) + a.lon) isInside = !isInside;
    });
    return isInside;
  });
}
