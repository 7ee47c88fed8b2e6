// @ts-check
/**
 * What the parts of this page share.
 * @typedef {object} App
 * @property {import("../core/session.js").Session} session
 * @property {import("./evening.js").Evening} evening
 * @property {import("./outbox.js").Outbox} outbox
 * @property {import("./tracker.js").Tracker} tracker
 * @property {import("../core/live.js").Bell} bell
 * @property {boolean} isKept whether this browser keeps reports when the tab is closed
 * @property {"connecting" | "live" | "offline"} network
 * @property {string | null} chosen the stop the rider goes to first, where it is not the route's
 * @property {() => void} draw show what is different now, soon
 */

/** @type {Record<string, string>} */
const drawn = {};

/**
 * Build a part anew where what it shows is different, and leave it alone otherwise. Focus and what is typed stay.
 * @param {HTMLElement} element
 * @param {unknown} shown everything it is made of
 * @param {() => (Node | string | null | undefined | false)[]} build
 */
export function redraw(element, shown, build) {
  const signature = JSON.stringify(shown);
  if (drawn[element.id] === signature) return;
  drawn[element.id] = signature;
  const focused = element.contains(document.activeElement) ? document.activeElement?.id : "";
  const typed = [...element.querySelectorAll("input[type=text]")].map((one) => /** @type {HTMLInputElement} */ (one)).map((one) => [one.id, one.value]);
  element.replaceChildren(...build().filter((child) => child !== null && child !== undefined && child !== false));
  for (const [id, value] of typed) {
    const input = /** @type {HTMLInputElement | null} */ (document.getElementById(id));
    if (input) input.value = value;
  }
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}
