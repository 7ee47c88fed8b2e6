// @ts-check
import { announce, toast } from "../core/live.js";
import { minutes, t, time } from "../core/texts.js";
import { clock } from "../core/clock.js";
import { nextStop } from "./stop.js";

/**
 * What others did, told to the rider in words: what store, desk and customer answered or changed.
 * @typedef {import("./app.js").App} App
 */

const RELEASED = ["order.rider_unassigned", "delivery.cancelled", "order.cancelled", "order.returned", "delivery.failed"];

/** @param {App} app @param {any} event */
export function hear(app, event) {
  const { evening } = app;
  const number = evening.numberOf(event.order_id) ?? "";
  const about = { order_id: event.order_id, facts: { number } };
  switch (event.type) {
    case "order.ready":
      learn(app, event, { ready_at: event.occurred_at });
      if (isNext(app, event)) announce(t("rider.news.ready", { number }));
      else if (number) toast(t("rider.news.ready", { number }), { tone: "good" });
      break;
    case "order.ready_by_changed": {
      learn(app, event, { ready_by: event.ready_by });
      const facts = { number, time: time(event.ready_by), span: minutes(clock.until(event.ready_by)) };
      if (number) evening.tell({ tone: "warn", key: "rider.news.later", order_id: event.order_id, facts });
      break;
    }
    case "order.items_answered":
      evening.answers[event.order_id] = { ...evening.answers[event.order_id], resolution: event.resolution, note: event.note };
      toast(t(`rider.check.answer.${event.resolution}`));
      evening.changed();
      break;
    case "order.rider_assigned":
      if (event.actor_role !== "operator") break;
      app.bell.strike();
      evening.tell({ tone: "plain", key: "rider.news.assigned", facts: { time: time(event.occurred_at) } });
      break;
    case "order.cancellation_asked":
      evening.tell({ ...about, tone: "warn", key: "rider.news.cancellation_asked" });
      break;
    case "order.cancellation_refused":
      evening.tell({ ...about, tone: "plain", key: "rider.news.cancellation_refused" });
      break;
    case "incident.resolved":
      evening.notices = evening.notices.filter(({ key }) => key !== "rider.news.incident_told"); // here is the answer
      evening.tell({ tone: "plain", key: `rider.news.plan.${event.plan}`, facts: { number, note: event.note ? `“${event.note}”` : "" } });
      break;
    case "shift.break_started":
      if (event.reason !== "asked") evening.tell({ tone: "warn", key: "rider.news.paused", facts: { time: time(event.occurred_at) } });
      break;
    default:
      released(app, event, number);
  }
}

/** Tell whether it is about the stop that is on the screen. @param {App} app @param {any} event */
const isNext = (app, event) => Boolean(nextStop(app)?.deliveries.some(({ order_id }) => order_id === event.order_id));

/** What an event says of a delivery is so, whoever writes it down later. @param {App} app @param {any} event @param {Record<string, any>} fact */
function learn({ evening }, event, fact) {
  evening.told = evening.told.map((delivery) => (delivery.order_id === event.order_id ? { ...delivery, ...fact } : delivery));
  evening.changed();
}

/** It is not the rider's any more: told for as long as it is not read. @param {App} app @param {any} event @param {number | ""} number */
function released({ evening, outbox }, event, number) {
  if (!RELEASED.includes(event.type)) return;
  if (!evening.hadInHand(event.order_id) || event.actor_role === "rider") return;
  // The order's own word says it better than the delivery's.
  const word = { "order.rider_unassigned": "unassigned", "order.cancelled": "cancelled", "order.returned": "returned" }[/** @type {string} */ (event.type)];
  if (word) evening.tell({ tone: word === "returned" ? "good" : "alert", key: `rider.news.${word}`, facts: { number } });
  if (outbox.waiting.length) outbox.hurry();
}

/** A report arrived, and changed nothing. @param {App} app @param {import("./shelf.js").Waiting} report @param {{why: string}} answer */
export function unapplied({ evening }, report, { why }) {
  const facts = { step: t(`rider.step.${report.step}`), number: report.short_number ?? "" };
  evening.tell({ tone: "warn", key: `rider.unapplied.${why}`, facts });
}

/** The right code came: what was said of a wrong one is over. @param {App} app @param {import("./shelf.js").Waiting} report */
export function forgive({ evening }, report) {
  const number = report.short_number ?? ""; // the delivery itself may be gone already: its end is told over the feed, too
  evening.notices = evening.notices.filter(({ key, facts }) => !(key === "rider.refused.wrong_code" && facts.number === number));
}

/** A report is refused for good. @param {App} app @param {import("./shelf.js").Waiting} report @param {import("../core/api.js").Problem} problem */
export function refused({ evening }, report, problem) {
  const delivery = evening.told.find(({ delivery_id }) => delivery_id === report.delivery_id);
  const facts = { step: t(`rider.step.${report.step}`), number: report.short_number ?? "", time: time(report.body.occurred_at) };
  const about = { tone: /** @type {const} */ ("alert"), order_id: delivery?.order_id };
  navigator.vibrate?.([400]);
  if (problem.code === "delivery.wrong_code") {
    const { tries_left } = problem.facts;
    if (delivery) delivery.code_tries_left = tries_left;
    evening.notices = evening.notices.filter(({ key }) => !key.startsWith("rider.refused.wrong_code"));
    evening.tell({ ...about, key: tries_left > 0 ? "rider.refused.wrong_code" : "rider.refused.code_locked", facts: { ...facts, tries_left } });
  } else if (problem.code === "delivery.code_locked") {
    evening.tell({ ...about, key: "rider.refused.code_locked", facts: { ...facts, tries_left: 0 } });
  } else {
    const known = ["state.illegal_move", "delivery.moved", "delivery.not_found", "report.reused"];
    const key = known.includes(problem.code) ? `rider.refused.${problem.code}` : "rider.refused.other";
    evening.tell({ ...about, order_id: undefined, key, facts: { ...facts, why: problem.detail || problem.title } });
  }
  // Where it stands at the stop it is only said aloud.
  if (about.order_id) announce(t("rider.refused.toast", facts), "assertive");
  else toast(t("rider.refused.toast", facts), { tone: "alert" });
}
