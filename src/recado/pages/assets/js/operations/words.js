// @ts-check
import { clock } from "../core/clock.js";
import { has, minutes, t, time } from "../core/texts.js";

/** What an order waits for, in words. @param {any} order @param {any} wait */
export function waitText(order, wait) {
  if (wait.code === "stuck" && order.stuck) return t(`operations.stuck.${order.stuck.why}`);
  return t(`operations.wait.${wait.code}`);
}

/** Why dispatch decided so. What a person wrote, or a newer server says, stays as it is. @param {string} why */
export function whyText(why) {
  const key = `operations.why.${why.replaceAll(" ", "_")}`;
  return has(key) ? t(key) : why;
}

/** What a rider met with, and their own words. @param {any} incident */
export const incidentText = ({ kind, note }) => [t(`operations.incident.${kind}`), note && `“${note}”`].filter(Boolean).join(": ");

/** Since when, as people say it: "4 min". @param {string | number} instant */
export const since = (instant) => minutes(Math.max(0, -clock.until(instant) - 30_000));

/** What is left until an instant, or how long it is over: "in 4 min", "7 min late". @param {string} instant */
export function left(instant) {
  const span_ms = clock.until(instant);
  return span_ms >= 0 ? t("operations.in", { span: minutes(span_ms) }) : t("operations.over", { span: minutes(-span_ms) });
}

/** How the promise stands, in words. @param {any} order */
export function riskText(order) {
  if (!order.promised_by) return "";
  if (order.risk.is_breached) return t("operations.risk.breached", { by: time(order.promised_by) });
  if (order.risk.is_at_risk) return t("operations.risk.at_risk", { by: time(order.promised_by), eta: time(order.eta_at) });
  return t("operations.risk.fine", { by: time(order.promised_by) });
}

const EARTH_M = 111_195;

/** Metres between two places, as the crow flies. @param {{lat: number, lon: number}} a @param {{lat: number, lon: number}} b */
export function apart_m(a, b) {
  return Math.hypot(b.lat - a.lat, (b.lon - a.lon) * Math.cos((a.lat * Math.PI) / 180)) * EARTH_M;
}

/** What riders are counted by, wherever they are counted; who is suspected is one of the others, too. */
export const GROUPS = /** @type {const} */ (["free", "carrying", "break", "stale", "suspected"]);

/** Where a rider is as far as anybody knows; null before the first ping. @param {any} rider */
export const placeOf = (rider) => rider?.position ?? rider?.started_from;

/** Tell whether what is known of a rider's place is old. @param {import("./riders.js").Rider} rider */
export const isOld = (rider) => !rider.position || clock.until(rider.position.stale_ms) <= 0;

/** How old a rider's place is, and why nothing newer came, where that is known. @param {Pick<import("./riders.js").Rider, "position" | "silence">} rider */
export function seenText({ position, silence }) {
  if (!position) return t("operations.never_seen");
  const isStale = clock.until(position.stale_ms) <= 0;
  const isNow = clock.until(position.measured_ms) > -60_000;
  const seen = isNow ? t("operations.seen_now") : t("operations.seen", { span: since(position.measured_ms) });
  return isStale && silence ? `${seen}: ${silenceText(silence)}` : seen;
}

/** @param {string} cause */
export function silenceText(cause) {
  const key = `operations.silence.${cause}`;
  return has(key) ? t(key) : t("operations.silence.unknown");
}

/** All that a pin says without words. @param {import("./riders.js").Rider} rider */
export function riderText(rider) {
  const said = [t(`operations.state.${rider.state}`)];
  if (isOld(rider)) said.push(t("operations.silent"), seenText(rider));
  if (rider.is_suspected) said.push(t("operations.suspected"));
  return `${rider.name}: ${said.join(", ")}`;
}
