// @ts-check
// Imports nothing before it has asked: on a slow phone each file that comes first is a wait.

/** @typedef {import("../core/session.js").Session} Session */

/** What stands in the link. */
export const shareToken = decoded(location.pathname.split("/")[2] ?? "");

/** The answer to opening the link is on its way while the rest of the page still loads. @type {Promise<Response>} */
const answer = fetch("/v1/share-links/open", {
  method: "POST",
  headers: { Accept: "application/json", "Content-Type": "application/json" },
  body: JSON.stringify({ token: shareToken }),
  credentials: "same-origin",
});
answer.catch(() => {}); // told to whoever follows it

const whole = new Promise((resolve) => {
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", resolve, { once: true });
  else resolve(null);
});
whole.then(() => import("./following.js")).then(({ followOrder }) => followOrder(answer));

/** @param {Session} session */
export const trackingPath = (session) => `/v1/orders/${/** @type {any} */ (session.identity).order_id}/tracking`;

/** @param {string} part */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
