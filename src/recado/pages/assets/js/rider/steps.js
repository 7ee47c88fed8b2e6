// @ts-check
import { announce } from "../core/live.js";
import { t } from "../core/texts.js";

/**
 * What a tap means: the reports it puts into the outbox.
 * @typedef {import("./app.js").App} App
 * @typedef {import("./reckoning.js").Delivery} Delivery
 * @typedef {import("./reckoning.js").Stop} Stop
 */

/** @param {App} app @param {Delivery} delivery */
const about = (app, { delivery_id, order_id }) => ({ delivery_id, short_number: app.evening.numberOf(order_id) });

/** @param {App} app @param {Stop} stop */
export async function arriveAtPickup(app, stop) {
  for (const delivery of stop.deliveries.filter(({ status }) => status === "assigned")) {
    await app.outbox.add("arrive-at-pickup", about(app, delivery));
  }
}

/** All is there, or goes as it is; a count that was told before is not told twice. @param {App} app @param {Delivery} delivery */
export async function pickUp(app, delivery) {
  if (!app.evening.answers[delivery.order_id]) await app.outbox.add("check-items", about(app, delivery), { problems: [] });
  await app.outbox.add("pick-up", about(app, delivery));
}

/**
 * Tell the store what is missing or wrong.
 * @param {App} app
 * @param {Delivery} delivery
 * @param {{item_id: string, problem: string, missing_quantity: number, note: string}[]} problems
 */
export async function dispute(app, delivery, problems) {
  app.evening.answers[delivery.order_id] = { problems, resolution: null };
  app.evening.changed();
  await app.outbox.add("check-items", about(app, delivery), { problems });
}

/** @param {App} app @param {Delivery} delivery */
export async function arriveAtDoor(app, delivery) {
  await app.outbox.add("arrive-at-dropoff", about(app, delivery));
}

/** @param {App} app @param {Delivery} delivery @param {string} code */
export async function deliver(app, delivery, code) {
  await app.outbox.add("deliver", about(app, delivery), { code });
  announce(t("rider.said.delivered", { number: app.evening.numberOf(delivery.order_id) ?? "" }));
}

/** @param {App} app @param {Delivery} delivery @param {string} reason @param {string} note */
export async function turnBack(app, delivery, reason, note) {
  await app.outbox.add("turn-back", about(app, delivery), { reason, note });
}

/** @param {App} app @param {Delivery} delivery @param {string} reason @param {string} note */
export async function fail(app, delivery, reason, note) {
  await app.outbox.add("fail", about(app, delivery), { reason, note });
}

/** @param {App} app @param {Delivery} delivery @param {string} kind @param {string} note */
export async function tellDesk(app, delivery, kind, note) {
  const { spot } = app.tracker;
  const where = spot ? { lat: spot.lat, lon: spot.lon } : {};
  await app.outbox.add("incidents", about(app, delivery), { kind, note, ...where });
  if (kind === "sos") announce(t("rider.said.sos"), "assertive");
}
