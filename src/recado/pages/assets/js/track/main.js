// @ts-check
import { openShare } from "../core/session.js";

/** @typedef {import("../core/session.js").Session} Session */

/** What stands in the link. */
export const shareToken = decoded(location.pathname.split("/")[2] ?? "");

// The answer is on its way while the rest of the page still loads: on a phone that is a second.
const opening = openLink();
opening.catch(() => {}); // told to whoever follows it
import("./following.js").then(({ followOrder }) => followOrder(opening));

/** @param {Session} session */
export const trackingPath = (session) => `/v1/orders/${/** @type {any} */ (session.identity).order_id}/tracking`;

/** Open the link, which tells how its order stands, before there is anything to show it with. */
export async function openLink() {
  /** @type {(problem: import("../core/api.js").Problem) => void} */
  let over = () => {};
  const opened = await openShare(shareToken, (problem) => over(problem));
  return { ...opened, onOver: (/** @type {typeof over} */ listener) => (over = listener) };
}

/** @param {string} part */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
