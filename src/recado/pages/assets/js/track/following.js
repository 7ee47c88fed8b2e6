// @ts-check
import { Problem } from "../core/api.js";
import { clock, everySecond } from "../core/clock.js";
import { byId, say, show } from "../core/dom.js";
import { openShare } from "../core/session.js";
import { setZone, t, time } from "../core/texts.js";
import { draw, drawGone, drawTime } from "./draw.js";
import { shareToken, trackingPath } from "./main.js";
import { isCarried, isOver, situationOf } from "./situation.js";
import { news } from "./words.js";

/** @typedef {import("./situation.js").Tracking} Tracking */

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;
const TOGETHER_MS = 120; // facts of one moment are asked for once

/** @type {import("../core/session.js").Session} */
let session;
/** @type {Tracking | null} */
let view = null;
/** @type {ReturnType<typeof import("../core/feed.js").follow> | null} */
let feed = null;
/** @type {Promise<import("./place.js").Place | null> | null} */
let place = null;
/** @type {any} */
let position = null;
let isGone = false;
let asking = 0;
let isStale = false;
let knownAt = 0;

/** What is not needed to show how the order stands: each file less before it is a wait less. */
const rest = Promise.all([import("../core/feed.js"), import("../core/live.js"), import("../core/page.js")]).then(([feeds, live, page]) => ({ ...feeds, ...live, ...page }));

/** @param {string} text @param {"polite" | "assertive"} how */
const announce = async (text, how) => (await rest).announce(text, how);

/**
 * Follow the order whose link is being opened.
 * @param {Promise<Response>} answer
 */
export async function followOrder(answer) {
  everySecond(() => {
    if (view) drawTime(view);
    place?.then((there) => there?.age());
  });
  rest.then(({ startPage }) => startPage());
  try {
    const opened = await openShare(shareToken, (problem) => gone(problem.status), answer);
    session = opened.session;
    listen();
    take(opened.tracking);
  } catch (error) {
    if (session) throw error;
    refused(error, FIRST_WAIT_MS);
  }
}

/** @param {unknown} error @param {number} wait_ms */
function refused(error, wait_ms) {
  if (error instanceof Problem && [400, 404, 410, 422].includes(error.status)) return gone(error.status);
  connection("offline");
  let isTried = false;
  const again = async () => {
    if (isTried) return;
    isTried = true;
    try {
      const opened = await openShare(shareToken, (problem) => gone(problem.status));
      session = opened.session;
      listen();
      take(opened.tracking);
    } catch (next) {
      refused(next, Math.min(wait_ms * 2, LONGEST_WAIT_MS));
    }
  };
  setTimeout(again, wait_ms);
  addEventListener("online", again, { once: true });
}

async function listen() {
  const { follow } = await rest;
  if (isGone) return;
  feed = follow(session, `/v1/orders/${/** @type {any} */ (session.identity).order_id}/feed`, {
    onSnapshot: take,
    onEvent: () => ask(TOGETHER_MS),
    onPosition: (seen) => {
      position = seen;
      place?.then((there) => there?.move(seen));
    },
    onState: (state) => {
      connection(state);
      if (state === "live" && isStale) ask(0);
    },
    onEnd: (problem) => gone(problem?.status ?? 404),
  });
}

/** Ask how things stand: events say that something changed, the answer says to what. @param {number} wait_ms */
function ask(wait_ms) {
  isStale = true;
  clearTimeout(asking);
  asking = setTimeout(async () => {
    try {
      take(await session.call("GET", trackingPath(session)));
    } catch (error) {
      if (error instanceof Problem && error.status === 404) gone(404);
      // Otherwise the feed is away too, and asks again once it is back.
    }
  }, wait_ms);
}

/** @param {Tracking} told */
function take(told) {
  if (view && told.seq < view.seq) return;
  const before = view;
  view = told;
  isStale = false;
  knownAt = clock.now();
  setZone(told.time_zone);
  draw(told);
  const heard = news(before, told);
  const isUrgent = before && ["at_the_door", "cancelled", "rejected", "expired"].includes(situationOf(told));
  if (heard && heard !== news(before, before ?? told)) announce(heard, isUrgent ? "assertive" : "polite");
  if (!isCarried(told)) position = null;
  else if (told.is_other_stop_first && !position?.is_coarse) position = told.position ?? null;
  else if (told.position && (!position || told.position.measured_at > position.measured_at)) position = told.position;
  if (isOver(told)) leaveMap();
  else showMap(told);
}

/** The map comes after the words, and where it does not come the words are enough. @param {Tracking} told */
function showMap(told) {
  if (!told.pickup || !told.dropoff) return;
  place ??= import("./place.js")
    .then(({ openPlace }) => openPlace(told))
    .catch(() => null);
  place.then((there) => {
    if (!there || !view || isOver(view)) return;
    there.show(view);
    if (position) there.move(position);
  });
}

function leaveMap() {
  show(byId("map-section"), false);
}

/** @param {"connecting" | "live" | "offline"} state */
async function connection(state) {
  const { showConnection } = await rest;
  if (isGone) return;
  showConnection(state);
  if (view) say(byId("offline"), t("track.as_of", { time: time(knownAt) }));
  else say(byId("offline"), t("common.connection.lost"));
  show(byId("offline"), state === "offline" && !(view && isOver(view)));
}

/** @param {number} status */
function gone(status) {
  isGone = true;
  feed?.close();
  clearTimeout(asking);
  view = null;
  drawGone(status);
  announce(byId("headline").textContent ?? "", "assertive");
}
