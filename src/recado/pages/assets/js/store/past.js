// @ts-check
import { byId, fill, h, show } from "../core/dom.js";
import { toast } from "../core/live.js";
import { explain, plural } from "../core/texts.js";
import { countItems, endWords, orderName } from "./words.js";

const SHOWN = 50;
const TONES = /** @type {Record<string, string>} */ ({ handed_over: "good", expired: "alert", rejected: "warn", withdrawn: "warn" });

/** Show the latest tickets that ended. @param {import("../core/session.js").Session} session @param {string} storeId */
export async function showPast(session, storeId) {
  try {
    const { tickets } = await session.call("GET", `/v1/stores/${storeId}/tickets?limit=${SHOWN}`);
    const ended = tickets.filter((/** @type {any} */ ticket) => ticket.ended_at);
    show(byId("past-none"), ended.length === 0);
    fill(byId("ended-list"), ...ended.map(rowOf));
  } catch (error) {
    toast(explain(error), { tone: "alert" });
  }
}

/** @param {any} ticket */
function rowOf(ticket) {
  return h("li", { class: "past-row" },
    h("span", { class: "strong past-number" }, orderName(ticket)),
    h("span", { class: "grow" }, plural("store.items", countItems(ticket)), h("span", { class: "quiet small" }, ` · ${ticket.lines.map((/** @type {any} */ line) => `${line.quantity}× ${line.name}`).join(", ")}`)),
    h("span", { class: `badge badge-${TONES[ticket.status] ?? "warn"}` }, endWords(ticket)));
}
