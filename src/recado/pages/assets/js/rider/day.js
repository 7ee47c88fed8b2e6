// @ts-check
import { clock } from "../core/clock.js";
import { byId, h, keyed, say } from "../core/dom.js";
import { toast } from "../core/live.js";
import { explain, minutes, money, number, plural, t } from "../core/texts.js";
import { redraw } from "./app.js";

/**
 * The shift: its beginning, its breaks, its end, and what it came to.
 * @typedef {import("./app.js").App} App
 */

const field = (/** @type {string} */ id) => /** @type {HTMLInputElement} */ (byId(id));
const form = () => /** @type {HTMLFormElement} */ (byId("start"));
const PLACE_PATIENCE_MS = 4_000;
let isBusy = false;

/** Let the start form work. @param {App} app */
export function prepareStart(app) {
  const step = (/** @type {number} */ by) => (field("capacity").value = String(Math.min(20, Math.max(1, (Number(field("capacity").value) || 1) + by))));
  byId("fewer").addEventListener("click", () => step(-1));
  byId("more").addEventListener("click", () => step(1));
  form().addEventListener("submit", (event) => {
    event.preventDefault();
    start(app);
  });
}

let isProposed = false;

/** Propose what the desk entered, once. @param {Record<string, any>} shift */
export function proposeStart(shift) {
  if (isProposed) return;
  isProposed = true;
  const vehicle = form().querySelector(`[value="${shift.vehicle}"]`);
  if (vehicle) /** @type {HTMLInputElement} */ (vehicle).checked = true;
  field("capacity").value = String(shift.capacity);
}

/** @param {App} app */
export async function start(app) {
  app.bell.arm();
  const place = await app.tracker.locate(PLACE_PATIENCE_MS);
  const wish = {
    vehicle: String(new FormData(form()).get("vehicle")),
    capacity: Math.min(20, Math.max(1, Number(field("capacity").value) || 1)),
    ...(place ?? {}),
  };
  app.tracker.forget();
  await change(app, "start", wish);
}

/** @param {App} app @param {"start" | "break" | "resume" | "end"} move @param {unknown} [wish] */
export async function change(app, move, wish) {
  if (isBusy) return;
  isBusy = true;
  try {
    const before = app.evening.shift && app.evening.shift.status !== "off" ? ledger(app, app.evening.shift) : null;
    app.evening.shift = { ...(await app.session.call("POST", `/v1/rider/shift/${move}`, wish)), read_at: clock.now() };
    app.evening.last = move === "end" ? before : null;
    if (move === "resume") app.bell.arm();
    app.evening.changed();
    byId("headline").focus({ preventScroll: true });
    scrollTo({ top: 0 });
    app.evening.refresh();
  } catch (error) {
    toast(explain(error), { tone: "alert" });
  } finally {
    isBusy = false;
    app.draw();
  }
}

/** Return why the shift cannot end now, in words; null where it can. @param {App} app */
function whyNotEnd({ evening, outbox, network }) {
  const open = evening.deliveries.filter(({ ended_at }) => !ended_at).length;
  if (open) return plural("rider.end.in_hand", open);
  if (outbox.waiting.length) return plural("rider.end.waiting", outbox.waiting.length);
  return network === "offline" ? t("rider.end.offline") : null;
}

/** @param {App} app */
export function drawDay(app) {
  const { shift } = app.evening;
  const isWorking = shift && shift.status !== "off";
  byId("day").toggleAttribute("hidden", !shift || (!isWorking && !app.evening.last));
  if (!shift) return;
  // What the shift came to is read before one thinks of the next.
  const below = byId(isWorking ? "signal" : "start");
  if (byId("day").nextElementSibling !== below) below.before(byId("day"));
  say(byId("day-title"), t(isWorking ? "rider.day.title" : "rider.day.last"));
  drawFacts(isWorking ? ledger(app, shift) : app.evening.last ?? []);
  const why = whyNotEnd(app);
  redraw(byId("day-actions"), [shift.status, why, app.network], () => (isWorking ? actions(app, shift.status, why) : []));
}

/** @param {App} app @param {string} status @param {string | null} why */
function actions(app, status, why) {
  const isOffline = app.network === "offline";
  return [
    status === "on" && h("button", { type: "button", id: "break", class: "button button-quiet button-large button-wide", disabled: isOffline, onclick: () => change(app, "break") }, t("rider.break")),
    h("button", { type: "button", id: "end", class: "button button-quiet button-large button-wide", disabled: Boolean(why), "aria-describedby": why ? "why-not" : null, onclick: () => change(app, "end") }, t("rider.end")),
    why && h("p", { id: "why-not", class: "hint" }, why),
  ].filter(Boolean);
}

/** What counts while it is looked at is reckoned on from the last reading. @param {App} app @param {Record<string, any>} shift */
export function ledger(app, shift) {
  const since_ms = shift.read_at ? Math.max(0, clock.now() - shift.read_at) : 0;
  const span = (/** @type {number} */ total_s, /** @type {boolean} */ isRunning) => minutes(total_s * 1000 + (isRunning ? since_ms : 0));
  return [
    [t("rider.day.connected"), span(shift.connected_s, true)],
    [t("rider.day.engaged"), minutes(shift.engaged_s * 1000 + engagedSince(app, shift))],
    ...(shift.break_s || shift.status === "break" ? [[t("rider.day.break"), span(shift.break_s, shift.status === "break")]] : []),
    [t("rider.day.delivered"), number(shift.delivered_count)],
    [t("rider.day.pay"), money(shift.pay_minor, shift.currency)],
    ...(shift.cash_minor ? [[t("rider.day.cash"), money(shift.cash_minor, shift.currency)]] : []),
  ];
}

/** Orders were in hand since the last reading for so long: until the last one's end, where that still waits for signal. @param {App} app @param {Record<string, any>} shift */
function engagedSince({ evening }, shift) {
  if (!shift.read_at || evening.told.every(({ ended_at }) => ended_at)) return 0;
  const ends = evening.deliveries.map(({ ended_at }) => (ended_at ? Date.parse(ended_at) : clock.now()));
  return Math.max(0, Math.max(...ends) - shift.read_at);
}

/** @param {string[][]} facts */
function drawFacts(facts) {
  keyed(byId("day-facts"), facts, {
    key: ([name]) => name,
    create: ([name]) => h("div", {}, h("dt", {}, name), h("dd")),
    update: (row, [, value]) => say(/** @type {Element} */ (row.querySelector("dd")), value),
  });
}
