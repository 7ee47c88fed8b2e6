// @ts-check
import { clock } from "../core/clock.js";
import { byId, fill, h, keyed, say, show } from "../core/dom.js";
import { minutes, money, number, t, time } from "../core/texts.js";
import { isLate, isOver, reachedAt, situationOf, STEPS, stepsReached, tabOf } from "./situation.js";
import { apology, causeOf, change, detail, headline, vehicle } from "./words.js";

/** @typedef {import("./situation.js").Tracking} Tracking */

/** What the tab tells may come a moment later. @param {Parameters<typeof import("../core/page.js").showInTab>[0]} state */
const tell = (state) => import("../core/page.js").then(({ showInTab }) => showInTab(state));

/** Show everything there is to say. @param {Tracking} view */
export function draw(view) {
  const root = byId("track");
  root.dataset.situation = situationOf(view);
  root.toggleAttribute("data-late", isLate(view));
  say(byId("order"), t("track.order", { number: number(view.short_number), store: view.store_name }));
  say(byId("headline"), headline(view));
  say(byId("detail"), detail(view));
  show(byId("detail"), detail(view) !== "");
  drawEstimate(view);
  drawHandOver(view);
  drawSteps(view);
  drawChanges(view);
  drawContent(view);
  drawTab(view);
}

/** What changes by itself as time goes by. @param {Tracking} view */
export function drawTime(view) {
  if (!view.eta) return;
  const left_ms = clock.until(view.eta.eta_at);
  say(byId("eta-left"), left_ms > 30_000 ? t("track.in", { minutes: minutes(left_ms) }) : t("track.any_moment"));
}

/** @param {Tracking} view */
function drawEstimate(view) {
  const { eta, promise } = view;
  show(byId("eta"), Boolean(eta));
  show(byId("late"), isLate(view));
  if (isLate(view)) say(byId("late"), apology(view));
  if (!eta || !promise) return;
  const clockTime = /** @type {HTMLTimeElement} */ (byId("eta-time"));
  say(clockTime, time(eta.eta_at));
  clockTime.dateTime = eta.eta_at;
  say(byId("eta-band"), t("track.band", { low: time(eta.low_at), high: time(eta.high_at) }));
  say(byId("promise"), t("track.promised", { from: time(promise.promised_from), by: time(promise.promised_by) }));
  drawWindow(view);
  drawTime(view);
}

/** The promised window on a line that holds the estimate too. @param {Tracking} view */
function drawWindow({ eta, promise, placed_at }) {
  if (!eta || !promise) return;
  const [from, by, at] = [promise.promised_from, promise.promised_by, eta.eta_at].map(Date.parse);
  const begin = Math.min(Date.parse(placed_at ?? promise.promised_from), from, at);
  const end = Math.max(by, at) + 120_000;
  const share = (/** @type {number} */ instant) => (100 * (instant - begin)) / (end - begin);
  byId("eta-window").style.setProperty("--from", `${share(from)}%`);
  byId("eta-window").style.setProperty("--to", `${100 - share(by)}%`);
  byId("eta-mark").style.setProperty("--at", `${share(at)}%`);
}

/** Who brings it, and what to have ready at the door. @param {Tracking} view */
function drawHandOver(view) {
  const rider = isOver(view) ? undefined : view.rider;
  const due = isOver(view) ? undefined : view.due;
  show(byId("carrier"), Boolean(rider));
  if (rider) {
    say(byId("carrier-name"), rider.first_name);
    say(byId("carrier-rides"), vehicle(view));
    byId("carrier-vehicle").setAttribute("href", `#icon-${rider.vehicle}`);
  }
  show(byId("code-row"), Boolean(view.dropoff_code));
  say(byId("code"), view.dropoff_code ?? "");
  show(byId("due-row"), Boolean(due));
  if (due) say(byId("due"), money(due.amount_minor, due.currency));
  show(byId("hand-over"), Boolean(rider || view.dropoff_code || due));
}

/** @param {Tracking} view */
function drawSteps(view) {
  const reached = stepsReached(view);
  const times = reachedAt(view);
  STEPS.forEach((step, number) => {
    const item = byId(`step-${step}`);
    const isNow = number === reached - 1 && !isOver(view);
    item.className = `step${number < reached ? " step-done" : ""}${isNow ? " step-now" : ""}`;
    if (isNow) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
    sayWhen(item, times[step]);
    show(item, number < reached || view.stage !== "cancelled");
  });
  const ended = byId("step-ended");
  show(ended, view.stage === "cancelled");
  if (view.stage === "cancelled") {
    say(/** @type {Element} */ (ended.firstElementChild), t(`track.step.${situationOf(view)}`));
    sayWhen(ended, view.ended_at);
  }
  show(byId("progress"), true);
}

/** @param {Element} item @param {string | undefined} at */
function sayWhen(item, at) {
  const shown = /** @type {HTMLTimeElement} */ (item.querySelector("time"));
  say(shown, at ? time(at) : "");
  if (at) shown.dateTime = at;
}

/** @param {Tracking} view */
function drawChanges(view) {
  const revisions = (view.revisions ?? []).slice().reverse();
  show(byId("changes"), revisions.length > 0);
  keyed(byId("changes-list"), revisions, {
    key: (one) => String(one.revision_no),
    create: (one) =>
      h("li", {}, h("span", {}, causeOf(one)), h("span", { class: "quiet small" }, `${time(one.revised_at)} · ${change(one)}`)),
  });
}

/** @param {Tracking} view */
function drawContent(view) {
  show(byId("content"), view.items.length > 0);
  fill(
    byId("content-list"),
    ...view.items.map((item) => h("li", {}, h("span", { class: "quiet" }, `${number(item.quantity)}×`), h("span", {}, item.name))),
  );
}

/** @param {Tracking} view */
function drawTab(view) {
  const at = view.eta ? `${time(view.eta.eta_at)} · ` : "";
  tell({ title: `${at}${headline(view)} · Recado`, ...tabOf(view) });
}

/** The link opens nothing: never did, or not any more. @param {number} status */
export function drawGone(status) {
  const why = status === 410 ? "over" : "unknown";
  byId("track").dataset.situation = "gone";
  for (const id of ["eta", "late", "offline", "hand-over", "progress", "changes", "content", "map-section", "connection"]) show(byId(id), false);
  say(byId("order"), "");
  say(byId("headline"), t(`track.gone.${why}`));
  say(byId("detail"), t("track.gone.help"));
  show(byId("detail"), true);
  show(byId("help"), true);
  tell({ title: `${t(`track.gone.${why}`)} · Recado`, sign: "×", tone: "plain" });
}
