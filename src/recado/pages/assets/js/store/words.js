// @ts-check
import { clock } from "../core/clock.js";
import { clockFace, has, plural, t, time } from "../core/texts.js";

/**
 * @typedef {{item_id: string, name: string, quantity: number, options?: string[], note?: string, allergies?: string[]}} Line
 * @typedef {{rider_id: string, first_name: string | null, vehicle: string | null, pickup_eta_at: string | null}} Rider
 * @typedef {{item_id: string, problem: string, missing_quantity: number, note: string}} Complaint
 * @typedef {object} Ticket
 * @property {string} id
 * @property {string} order_id
 * @property {number} short_number
 * @property {string} status
 * @property {Line[]} lines
 * @property {string} offered_at
 * @property {string} accept_by
 * @property {number} reminders_sent
 * @property {number | null} prep_minutes
 * @property {string | null} ready_by
 * @property {number} extended_minutes
 * @property {string | null} accepted_at
 * @property {string | null} preparing_at
 * @property {string | null} ready_at
 * @property {Rider | null} rider
 * @property {string | null} rider_arrived_at
 * @property {string | null} ended_at
 * @property {string | null} end_reason
 * @property {string | null} cancellation_answer_by
 * @property {Complaint[]} items_disputed
 * @property {{by_role?: string, reason?: string, is_held?: boolean, is_escalated?: boolean}} [heard] what only the feed said
 */

/** The oldest first. @param {keyof Ticket} field */
export const by = (field) => (/** @type {any} */ one, /** @type {any} */ other) =>
  String(one[field] ?? "").localeCompare(String(other[field] ?? "")) || one.short_number - other.short_number;

/** @param {Ticket} ticket */
export const countItems = (ticket) => ticket.lines.reduce((sum, line) => sum + line.quantity, 0);

/** @param {Ticket} ticket */
export const orderName = (ticket) => t("store.order", { number: ticket.short_number });

/** Every allergy of the order, once. @param {Ticket} ticket */
export const allergiesOf = (ticket) => [...new Set(ticket.lines.flatMap((line) => line.allergies ?? []))];

/** What a listener hears when it rings. @param {Ticket} ticket */
export function spokenOffer(ticket) {
  const left = Math.max(1, Math.round(clock.until(ticket.accept_by) / 60_000));
  const allergies = allergiesOf(ticket);
  const said = t("store.spoken_offer", {
    number: ticket.short_number,
    items: plural("store.items", countItems(ticket)),
    minutes: plural("store.minutes", left),
  });
  return allergies.length ? `${said} ${t("store.allergy", { what: allergies.join(", ") })}` : said;
}

/** Who comes and when, in one line. @param {Ticket} ticket */
export function riderWords(ticket) {
  const { rider } = ticket;
  if (!rider) return ticket.heard?.is_held ? t("store.rider_missing") : t("store.rider_searching");
  const name = rider.first_name ?? t("store.rider_unnamed");
  if (ticket.rider_arrived_at) return t("store.rider_here", { name, time: time(ticket.rider_arrived_at) });
  if (!rider.pickup_eta_at) return t("store.rider_coming", { name });
  const left_ms = clock.until(rider.pickup_eta_at);
  const facts = { name, time: time(rider.pickup_eta_at), left: plural("store.minutes", Math.max(1, Math.ceil(left_ms / 60_000))) };
  return left_ms > 0 ? t("store.rider_in", facts) : t("store.rider_any_moment", facts);
}

/** @param {Ticket} ticket */
export const vehicleWord = (ticket) => {
  const key = `store.vehicle.${ticket.rider?.vehicle}`;
  return has(key) ? t(key) : "";
};

/** When to begin, so that food and rider meet. @param {Ticket} ticket */
export function startAt(ticket) {
  const meet = Math.max(Date.parse(ticket.ready_by ?? ""), Date.parse(ticket.rider?.pickup_eta_at ?? "") || 0);
  return meet - (ticket.prep_minutes ?? 0) * 60_000;
}

/** What is left, or how much it is over: "4:05", "+1:20". @param {number} left_ms */
export const left = (left_ms) => (left_ms > 0 ? clockFace(left_ms) : `+${clockFace(-left_ms)}`);

/** How it ended, for who did not see it. @param {Ticket} ticket */
export function endWords(ticket) {
  const facts = { time: time(ticket.ended_at ?? ticket.accept_by) };
  switch (ticket.status) {
    case "handed_over":
      return t("store.end.handed_over", facts);
    case "expired":
      return t("store.end.expired", { time: time(ticket.accept_by) });
    case "rejected":
      return t("store.end.rejected", { ...facts, reason: reasonWord(ticket.end_reason ?? "other") });
    default:
      return t(ticket.heard?.by_role === "customer" ? "store.end.cancelled_by_customer" : "store.end.withdrawn", facts);
  }
}

/** @param {string} reason */
export const reasonWord = (reason) => (has(`store.reason.${reason}`) ? t(`store.reason.${reason}`) : reason);
