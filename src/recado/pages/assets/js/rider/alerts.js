// @ts-check
import { byId, h, icon, keyed, say } from "../core/dom.js";
import { number, plural, t, time } from "../core/texts.js";
import { nextStop } from "./stop.js";

/**
 * What the rider should know or do something about: each with its cause, and what helps.
 * @typedef {import("./app.js").App} App
 * @typedef {{id: string, tone: string, icon: string, text: string, more?: string, act?: {label: string, run: () => unknown}}} Alert
 */

const BLIND = ["denied", "unavailable", "silent", "insecure", "inaccurate"];

/** @param {App} app */
export function drawAlerts(app) {
  keyed(byId("alerts"), alertsOf(app), {
    key: ({ id, text }) => `${id} ${text}`,
    create: ({ tone, icon: name, text, more, act }) =>
      h(
        "li",
        { class: `notice notice-${tone} alert` },
        icon(name),
        h("div", {}, h("p", { class: "alert-text" }, text), more && h("p", {}, more)),
        act && h("button", { type: "button", class: "button button-quiet", onclick: act.run }, act.label),
      ),
  });
}

/** @param {App} app @returns {Alert[]} */
function alertsOf(app) {
  const alerts = [waiting(app), ...sight(app), sound(app), ...notices(app)];
  if (!app.isKept) alerts.push({ id: "shelf", tone: "warn", icon: "warn", text: t("rider.alert.not_kept") });
  return /** @type {Alert[]} */ (alerts.filter(Boolean));
}

/** @param {App} app @returns {Alert | null} */
function waiting({ outbox, network }) {
  const count = outbox.waiting.length;
  if (!count && network !== "offline") return null;
  if (!count) return { id: "offline", tone: "warn", icon: "wait", text: t("rider.alert.offline"), more: t("rider.alert.offline.about") };
  return { id: "waiting", tone: "warn", icon: "wait", text: plural("rider.alert.waiting", count), more: t("rider.alert.waiting.about") };
}

/** @param {App} app @returns {(Alert | null)[]} */
function sight({ tracker, evening }) {
  if (evening.shift?.status === "off" || !BLIND.includes(tracker.sight)) return [];
  const act = { label: t("rider.again"), run: () => tracker.retry() };
  return [{ id: "sight", tone: tracker.sight === "inaccurate" ? "warn" : "alert", icon: "pin", text: t(`rider.sight.${tracker.sight}`), more: t(`rider.sight.${tracker.sight}.help`), act }];
}

/** @param {App} app @returns {Alert | null} */
function sound({ bell, evening, draw }) {
  if (evening.shift?.status !== "on" || bell.isArmed) return null;
  return { id: "sound", tone: "accent", icon: "bell", text: t("rider.alert.sound"), act: { label: t("rider.alert.sound.on"), run: () => bell.arm().then(draw) } };
}

/** Those of the next stop stand there. @param {App} app @returns {Alert[]} */
function notices(app) {
  const stop = nextStop(app);
  const elsewhere = app.evening.notices.filter((one) => !one.order_id || !stop?.deliveries.some((delivery) => delivery.order_id === one.order_id));
  return elsewhere.map((one) => ({
    id: one.id,
    tone: one.tone === "plain" ? "accent" : one.tone,
    icon: one.tone === "good" ? "check" : "warn",
    text: t(one.key, one.facts),
    act: { label: t("rider.understood"), run: () => app.evening.understood(one.id) },
  }));
}

/** Position and reports, in detail, for who wants to know. @param {App} app */
export function drawSignal(app) {
  const { tracker, outbox } = app;
  say(byId("sight"), t(`rider.sight.${tracker.sight}`, { accuracy: number(Math.round(tracker.spot?.accuracy_m ?? 0)) }));
  const counts = Object.entries(tracker.verdicts).map(([verdict, count]) => ({ key: t(`rider.verdict.${verdict}`), count }));
  if (tracker.waiting) counts.push({ key: t("rider.verdict.waiting"), count: tracker.waiting });
  keyed(byId("verdicts"), counts, {
    key: ({ key }) => key,
    create: ({ key }) => h("div", {}, h("dt", {}, key), h("dd")),
    update: (row, { count }) => say(/** @type {Element} */ (row.querySelector("dd")), number(count)),
  });
  keyed(byId("reports"), outbox.waiting, {
    key: ({ body }) => body.report_id,
    create: ({ step, short_number, body }) =>
      h("li", {}, h("time", { datetime: body.occurred_at }, time(body.occurred_at)), h("span", {}, t(`rider.step.${step}`), short_number ? ` · ${t("rider.order", { number: short_number })}` : "")),
  });
  byId("no-reports").toggleAttribute("hidden", outbox.waiting.length > 0);
}
