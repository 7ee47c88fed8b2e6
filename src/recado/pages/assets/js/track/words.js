// @ts-check
import { has, t, time } from "../core/texts.js";
import { isLate, lateBecause, situationOf } from "./situation.js";

/** @typedef {import("./situation.js").Tracking} Tracking */

/** @param {Tracking} view */
export const headline = (view) => t(`track.headline.${situationOf(view)}`, { rider: riderName(view), store: view.store_name });

/** What the headline means for who waits; "" where it says enough. @param {Tracking} view */
export function detail(view) {
  const situation = situationOf(view);
  if (situation === "delivered" && view.delivered_at) {
    return t(isLate(view) ? "track.delivered_late" : "track.delivered_at", { time: time(view.delivered_at) });
  }
  if (view.stage === "cancelled") return endedBecause(view);
  if (situation === "on_the_way" && view.is_other_stop_first) return t("track.detail.other_stop_first", { rider: riderName(view) });
  const key = `track.detail.${situation}`;
  return has(key) ? t(key, { rider: riderName(view), store: view.store_name }) : "";
}

/** A code is said in the reader's words; what somebody wrote is quoted. @param {Tracking} view */
function endedBecause({ reason = "" }) {
  const key = `track.reason.${reason}`;
  if (has(key)) return t(key);
  return reason && !/^[a-z_]+$/.test(reason) ? t("track.reason_quoted", { reason }) : t("track.reason.other");
}

/** Why it comes later than promised, and that we are sorry. @param {Tracking} view */
export function apology(view) {
  const because = lateBecause(view);
  const why = because ? causeOf(because) : "";
  return `${t("track.sorry")} ${why}`.trim();
}

/** Why the time changed; where it makes a difference, whether to later or to sooner. @param {import("./situation.js").Revision} revision */
export function causeOf({ cause, was_at, eta_at }) {
  const way = Date.parse(eta_at) > Date.parse(was_at) ? "later" : "earlier";
  const key = [`track.cause.${cause}.${way}`, `track.cause.${cause}`].find(has);
  return t(key ?? "track.cause.other");
}

/** @param {import("./situation.js").Revision} revision */
export function change({ was_at, eta_at }) {
  const key = Date.parse(eta_at) > Date.parse(was_at) ? "track.later" : "track.earlier";
  return t(key, { was: time(was_at), now: time(eta_at) });
}

/** @param {Tracking} view */
export function vehicle({ rider }) {
  const key = `track.vehicle.${rider?.vehicle}`;
  return has(key) ? t(key) : "";
}

/** @param {Tracking} view */
const riderName = ({ rider }) => rider?.first_name ?? t("track.somebody");

/**
 * What somebody who listens is told of a change; "" where it is not worth a word.
 * @param {Tracking | null} before
 * @param {Tracking} view
 */
export function news(before, view) {
  if (!before) return [headline(view), view.eta ? t("track.expected", { time: time(view.eta.eta_at) }) : ""].filter(Boolean).join(". ");
  const said = [];
  if (situationOf(before) !== situationOf(view)) said.push(headline(view), detail(view));
  else if (before.is_other_stop_first !== view.is_other_stop_first) said.push(detail(view) || t("track.next_stop", { rider: riderName(view) }));
  if (view.rider && before.rider?.first_name !== view.rider.first_name) said.push(t("track.carried_by", { rider: riderName(view) }));
  const revised = view.revisions?.at(-1);
  if (view.eta && revised && revised.revision_no !== before.revisions?.at(-1)?.revision_no) {
    said.push(t("track.expected", { time: time(view.eta.eta_at) }), revised.breaks_promise ? apology(view) : causeOf(revised));
  }
  return said.filter(Boolean).join(" ");
}
