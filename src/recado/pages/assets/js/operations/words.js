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

/** Since when, as people say it: "4 min". @param {string} instant */
export const since = (instant) => minutes(Math.max(0, clock.now() - Date.parse(instant) - 30_000));

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

/** Where a rider is as far as anybody knows; null before the first ping. @param {any} rider */
export const placeOf = (rider) => rider.position ?? rider.started_from;

/** Tell whether what is known of a rider's place is old. @param {any} rider */
export const isOld = (rider) => !rider.position || rider.position.is_stale || clock.until(rider.position.stale_at) <= 0;
