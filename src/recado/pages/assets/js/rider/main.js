// @ts-check
import { clock, everySecond } from "../core/clock.js";
import { byId, h, icon, keyed, say, show } from "../core/dom.js";
import { follow } from "../core/feed.js";
import { announce, Bell, keepAwake } from "../core/live.js";
import { showConnection, showInTab, startPage } from "../core/page.js";
import { openSession } from "../core/session.js";
import { minutes, t } from "../core/texts.js";
import { drawAlerts, drawSignal } from "./alerts.js";
import { redraw } from "./app.js";
import { change, drawDay, ledger, prepareStart, proposeStart, start } from "./day.js";
import { Evening } from "./evening.js";
import { keepTime } from "./instants.js";
import { drawMap } from "./map.js";
import { chooseNavigation, navigationApp } from "./navigation.js";
import { forgive, hear, refused, unapplied } from "./news.js";
import { Offer } from "./offer.js";
import { Outbox } from "./outbox.js";
import { hasFood } from "./reckoning.js";
import { openShelf } from "./shelf.js";
import { drawNext, mainAction, nextStop, orderName, stopTitle } from "./stop.js";
import { Tracker } from "./tracker.js";

const REST_MS = 500;
const ABOUT_WORK = /^(offer|order|delivery|shift|incident|report)\./;

let letSleep = () => {};
let isAwake = false;
let restsUntil = 0;
let isDue = false;
let asked = "";

keepTime();
startPage();
const [session, shelf] = await Promise.all([openSession("rider"), openShelf()]);

function draw() {
  if (isDue) return;
  isDue = true;
  setTimeout(() => {
    isDue = false;
    drawAll();
  });
}

const tracker = new Tracker(session, shelf, draw);
const outbox = new Outbox(session, shelf, {
  onChange: draw,
  onAnswer: (report, answer) => {
    evening.arrived(report);
    if (answer?.applied === false) unapplied(app, report, answer);
    else if (report.step === "deliver") forgive(app, report);
    if (report.step === "incidents") evening.tell({ tone: "good", key: "rider.news.incident_told", facts: { number: report.short_number ?? "" } });
    evening.refresh();
  },
  onRefused: (report, problem) => {
    refused(app, report, problem);
    evening.refresh();
  },
});
const evening = new Evening(session, shelf, () => outbox.waiting, draw);
/** @type {import("./app.js").App} */
const app = { session, evening, outbox, tracker, bell: new Bell(), isKept: shelf.isKept, network: "connecting", chosen: null, draw };
const offer = new Offer(app);

prepareStart(app);
prepareSettings();
await Promise.all([evening.recall(), outbox.load()]);
await tracker.load();
listen();
everySecond(draw);
outbox.hurry();

function listen() {
  let isFresh = false; // a resumed feed brings what happened since, and nothing that is
  follow(session, "/v1/rider/feed", {
    onSnapshot: (body) => {
      isFresh = true;
      evening.take(body).catch(() => {});
      outbox.hurry();
    },
    onEvent: (event) => {
      if (event.type.startsWith("offer.")) offer.hear(event);
      hear(app, event);
      if (ABOUT_WORK.test(event.type)) evening.refreshTwice();
    },
    onState: (state) => {
      app.network = state;
      showConnection(state);
      if (state === "live") setTimeout(() => isFresh || evening.refresh());
      if (state === "live") outbox.hurry();
      if (state !== "live") isFresh = false;
      draw();
    },
    onEnd: () => location.reload(),
  });
  addEventListener("offline", draw);
}

function prepareSettings() {
  const chosen = /** @type {HTMLSelectElement} */ (byId("app"));
  chosen.value = navigationApp();
  chosen.addEventListener("change", () => {
    chooseNavigation(chosen.value);
    draw();
  });
  // A first touch anywhere lets the bell sound.
  addEventListener("pointerdown", () => app.bell.arm().then(draw), { once: true });
}

/** Screen and position are on while the rider works. @param {boolean} isWorking @param {boolean} isCarrying */
function work(isWorking, isCarrying) {
  if (isWorking && !isAwake) letSleep = keepAwake();
  if (!isWorking && isAwake) letSleep();
  isAwake = isWorking;
  if (isWorking && clock.isSet) tracker.start({ isCarrying });
  else if (!isWorking) tracker.stop();
}

function drawAll() {
  const { shift } = evening;
  byId("rider").dataset.stage = shift?.status ?? "loading";
  const stop = nextStop(app);
  if (app.chosen && stop?.key !== app.chosen) app.chosen = null;
  const isWorking = Boolean(shift && shift.status !== "off");
  work(isWorking, evening.deliveries.some(hasFood));
  show(byId("start"), shift?.status === "off");
  if (shift?.status === "off") proposeStart(shift);
  say(byId("headline"), headline(shift, stop));
  byId("headline").classList.toggle("for-listeners", Boolean(stop)); // the stop says it below
  say(byId("standing"), shift ? standing(shift) : "");
  drawAlerts(app);
  drawCalm(shift, stop);
  drawNext(app, byId("next"));
  drawLater(stop);
  drawThumb(shift, stop);
  drawDay(app);
  show(byId("signal"), isWorking);
  drawSignal(app);
  drawMap(app, stop);
  offer.draw();
  showInTab(tab(stop));
}

/** @param {Record<string, any> | null} shift @param {import("./reckoning.js").Stop | undefined} stop */
function headline(shift, stop) {
  if (!shift) return t("rider.loading");
  if (stop) return stopTitle(app, stop);
  return t(`rider.headline.${mood(shift)}`);
}

/** How it stands without a stop: nobody is told to wait for what cannot reach them. @param {Record<string, any>} shift */
function mood({ status }) {
  return status === "on" && app.network === "offline" ? "unheard" : status;
}

/** @param {Record<string, any>} shift */
function standing(shift) {
  if (shift.status === "off") return t("rider.standing.off");
  const [[, connected]] = ledger(app, shift);
  return t(`rider.standing.${shift.status}`, { span: connected });
}

/** @param {Record<string, any> | null} shift @param {import("./reckoning.js").Stop | undefined} stop */
function drawCalm(shift, stop) {
  const isCalm = Boolean(shift && !stop);
  show(byId("calm"), isCalm);
  if (shift && isCalm) say(byId("calm"), t(`rider.calm.${mood(shift)}`));
}

/** @param {import("./reckoning.js").Stop | undefined} next */
function drawLater(next) {
  const later = evening.stops.filter(({ key }) => key !== next?.key);
  const sent = evening.deliveries.filter(({ ended_at, waits }) => ended_at && waits);
  show(byId("later"), later.length + sent.length > 0);
  const rows = [
    ...later.map((stop) => ({ key: `${stop.key} ${ordersOf(stop)}`, stop, done: null })),
    ...sent.map((done) => ({ key: `done ${done.delivery_id}`, stop: null, done })),
  ];
  keyed(byId("later-list"), rows, {
    key: ({ key }) => key,
    create: ({ stop, done }) => (stop ? laterStop(stop) : doneRow(/** @type {any} */ (done))),
  });
}

/** @param {import("./reckoning.js").Stop} stop */
function ordersOf(stop) {
  return stop.deliveries.map((delivery) => orderName(app, delivery)).join(" · ");
}

/** @param {import("./reckoning.js").Stop} stop */
function laterStop(stop) {
  const orders = ordersOf(stop);
  const go = () => {
    app.chosen = stop.key;
    draw();
    byId("headline").focus();
    scrollTo({ top: 0 });
  };
  return h(
    "li",
    { class: "later-stop" },
    icon(stop.kind === "dropoff" ? "door" : "store"),
    h("div", {}, h("strong", {}, stopTitle(app, stop)), h("p", {}, stop.place.address), h("p", { class: "quiet" }, orders)),
    // Nobody goes to a door with nothing to hand over.
    (stop.kind !== "dropoff" || stop.deliveries.some(hasFood)) && h("button", { type: "button", class: "button button-quiet", onclick: go }, t("rider.go_first"), h("span", { class: "for-listeners" }, ` ${stopTitle(app, stop)}`)),
  );
}

/** @param {import("./reckoning.js").Delivery} delivery */
function doneRow(delivery) {
  const said = h("p", { class: "quiet" }, t(`rider.sent.${delivery.status}`));
  return h("li", { class: "later-stop" }, icon("wait"), h("div", {}, h("strong", {}, orderName(app, delivery)), said));
}

/** @param {Record<string, any> | null} shift @param {import("./reckoning.js").Stop | undefined} stop */
function drawThumb(shift, stop) {
  const action = thumbAction(shift, stop);
  const isResting = performance.now() < restsUntil;
  show(byId("thumb"), Boolean(action));
  if (action?.since) ringOnce(action.since, action.hint);
  redraw(byId("thumb"), action && [action.key, action.label, action.hint, isResting, stop?.deliveries], () => [
    action?.hint && h("p", { class: action.since ? "seen" : "hint", id: "main-hint" }, action.hint),
    action && h("button", { type: "button", id: "main-action", class: "button button-huge button-wide", disabled: Boolean(action.hint) && !action.since, "aria-disabled": isResting && "true", "aria-describedby": action.hint ? "main-hint" : null, onclick: once(action.act) }, action.label),
  ].filter(Boolean));
}

/** Ring for a visit, once. @param {string} since @param {string} [hint] */
function ringOnce(since, hint = "") {
  if (asked === since) return;
  asked = since;
  app.bell.strike();
  announce(hint, "assertive");
}

/** @param {Record<string, any> | null} shift @param {import("./reckoning.js").Stop | undefined} stop @returns {ReturnType<typeof mainAction>} */
function thumbAction(shift, stop) {
  if (!shift) return null;
  const hint = app.network === "offline" ? t("rider.needs_signal") : undefined;
  if (stop) return mainAction(app, stop);
  if (shift.status === "off") return { key: "start", label: t("rider.start"), hint, act: () => start(app) };
  if (shift.status === "break") return { key: "resume", label: t("rider.resume"), hint, act: () => change(app, "resume") };
  return null;
}

/** A thumb that trembles taps twice: the second tap must not be the next step. @param {() => unknown} act */
function once(act) {
  return async () => {
    if (performance.now() < restsUntil) return;
    restsUntil = performance.now() + REST_MS;
    setTimeout(draw, REST_MS);
    await act();
    draw();
  };
}

/** @param {import("./reckoning.js").Stop | undefined} stop @returns {{title: string, sign?: string, tone?: "plain" | "active" | "good" | "warn" | "alert"}} */
function tab(stop) {
  if (offer.isOpen) return { title: t("rider.offer.title"), sign: "!", tone: "alert" };
  if (stop) return { title: stopTitle(app, stop), sign: String(evening.stops.length), tone: "active" };
  return { title: `${t("rider.title")} · Recado`, tone: "plain" };
}
