// @ts-check
import { openShare } from "../core/session.js";

/** @typedef {import("../core/session.js").Session} Session */

/** What stands in the link. */
export const shareToken = decoded(location.pathname.split("/")[2] ?? "");

/** @param {Session} session */
export const trackingPath = (session) => `/v1/orders/${/** @type {any} */ (session.identity).order_id}/tracking`;

/** Open the link, and ask how its order stands, both before there is anything to show it with. */
export async function openLink() {
  /** @type {(problem: import("../core/api.js").Problem) => void} */
  let over = () => {};
  const session = await openShare(shareToken, (problem) => over(problem));
  const tracking = session.call("GET", trackingPath(session));
  tracking.catch(() => {}); // whoever waits for it hears
  return { session, tracking, onOver: (/** @type {typeof over} */ listener) => (over = listener) };
}

/** @param {string} part */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
