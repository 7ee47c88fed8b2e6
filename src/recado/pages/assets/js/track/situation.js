// @ts-check

/**
 * What an order's tracking answers, as far as this page reads it.
 * @typedef {object} Tracking
 * @property {string} order_id
 * @property {number} short_number
 * @property {number} seq
 * @property {string} stage
 * @property {string} store_name
 * @property {string} time_zone
 * @property {{name: string, quantity: number}[]} items
 * @property {string} [reason]
 * @property {string} [ended_as] rejected, expired, cancelled, returned
 * @property {string} [ended_at]
 * @property {string} [placed_at]
 * @property {string} [accepted_at]
 * @property {string} [preparing_at]
 * @property {string} [picked_up_at]
 * @property {string} [rider_arrived_at]
 * @property {string} [delivered_at]
 * @property {{promised_from: string, promised_by: string, outcome?: string}} [promise]
 * @property {{eta_at: string, low_at: string, high_at: string}} [eta]
 * @property {Revision[]} [revisions]
 * @property {{first_name: string, vehicle: string}} [rider]
 * @property {boolean} [is_other_stop_first] the rider goes to another door before this one
 * @property {string} [trouble] nobody_found, turned_back, failed
 * @property {string} [dropoff_code]
 * @property {{amount_minor: number, currency: string}} [due]
 * @property {Point} [pickup]
 * @property {Point} [dropoff]
 * @property {{lat: number, lon: number, measured_at: string, stale_at: string, is_coarse?: boolean, within_m?: number}} [position]
 *
 * @typedef {{revision_no: number, was_at: string, eta_at: string, cause: string, breaks_promise: boolean, revised_at: string}} Revision
 * @typedef {{lat: number, lon: number}} Point
 */

export const STEPS = ["waiting", "accepted", "preparing", "on_the_way", "delivered"];

/** How far the order is, in one word for its headline. @param {Tracking} view */
export function situationOf(view) {
  if (view.stage === "cancelled") return view.ended_as ?? "cancelled";
  if (view.stage === "completed" || view.stage === "delivered") return "delivered";
  if (view.trouble) return view.trouble;
  if (view.stage === "on_the_way") return view.rider_arrived_at ? "at_the_door" : "on_the_way";
  if (view.stage === "waiting" && !view.placed_at) return "checking";
  return view.stage;
}

/** Whether nothing more is expected. @param {Tracking} view */
export const isOver = (view) => ["delivered", "completed", "cancelled"].includes(view.stage);

/** Whether somebody brings it, who may be seen. @param {Tracking} view */
export const isCarried = (view) => view.stage === "on_the_way" && Boolean(view.rider);

/** Whether the promise will not be kept, as far as is known now, or was not. @param {Tracking} view */
export function isLate(view) {
  if (!view.promise || view.stage === "cancelled") return false;
  if (!view.eta) return view.promise.outcome === "broken";
  return Date.parse(view.eta.eta_at) > Date.parse(view.promise.promised_by);
}

/** The change that broke the promise, or the last one. @param {Tracking} view */
export function lateBecause(view) {
  const revisions = view.revisions ?? [];
  return revisions.findLast((one) => one.breaks_promise) ?? revisions.at(-1);
}

/** When each step was reached. @param {Tracking} view @returns {Record<string, string | undefined>} */
export const reachedAt = (view) => ({
  waiting: view.placed_at,
  accepted: view.accepted_at,
  preparing: view.preparing_at,
  on_the_way: view.picked_up_at,
  delivered: view.delivered_at,
});

/** How many steps are reached; an order that ended keeps those it had. @param {Tracking} view */
export function stepsReached(view) {
  if (view.stage === "completed") return STEPS.length;
  if (view.stage !== "cancelled") return STEPS.indexOf(view.stage) + 1;
  const reached = reachedAt(view);
  return STEPS.filter((step) => reached[step]).length;
}

/** What the tab shows: a sign on a disc, and its colour. @param {Tracking} view @returns {{sign: string, tone: "plain" | "active" | "good" | "warn" | "alert"}} */
export function tabOf(view) {
  const situation = situationOf(view);
  if (situation === "delivered") return { sign: "✓", tone: "good" };
  if (view.stage === "cancelled") return { sign: "×", tone: "alert" };
  if (view.trouble) return { sign: "!", tone: "alert" };
  if (isLate(view)) return { sign: "!", tone: "warn" };
  if (situation === "at_the_door") return { sign: "★", tone: "active" };
  if (situation === "on_the_way") return { sign: "→", tone: "active" };
  return { sign: String(stepsReached(view)), tone: "plain" };
}
