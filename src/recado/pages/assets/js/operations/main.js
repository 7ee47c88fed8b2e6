// @ts-check
import { everySecond } from "../core/clock.js";
import { byId, fill, h, say } from "../core/dom.js";
import { announce, toast } from "../core/live.js";
import { createMap } from "../core/map.js";
import { showConnection, showInTab, startPage } from "../core/page.js";
import { openSession } from "../core/session.js";
import { explain, number, plural, setZone, t } from "../core/texts.js";
import { Desk } from "./acts.js";
import { Crowd } from "./crowd.js";
import { showDue, showOrders } from "./lists.js";
import { OrderPanel } from "./order.js";
import { People } from "./people.js";
import { draw, placesOf } from "./picture.js";
import { RiderPanel } from "./rider.js";
import { Town } from "./town.js";
import { GROUPS, placeOf } from "./words.js";

const CITY = "recado.operations.city";
const VIEWS = ["orders", "riders", "due", "map"];
const DRAW_EVERY_MS = 200;

const session = await openSession("operator");
const cities = await session.call("GET", "/v1/cities");
const select = /** @type {HTMLSelectElement} */ (byId("city"));
const find = /** @type {HTMLInputElement} */ (byId("find"));
const needed = /** @type {HTMLInputElement} */ (byId("needed"));
const wide = matchMedia("(min-width: 60.01rem)");

/** @type {Town | null} */
let town = null;
/** @type {import("../core/map.js").CityMap | null} */
let map = null;
/** @type {Promise<import("../core/map.js").CityMap> | null} */
let making = null;
/** @type {Crowd | null} */
let crowd = null;
/** @type {OrderPanel | null} */
let panel = null;
/** @type {RiderPanel | null} */
let riderPanel = null;
const people = new People(() => town, chooseRider);
let chosen = "";
let chosenRider = "";
let isFollowed = false; // the map shows the whole of a rider's way once, when it was read
let isFitted = false; // the map shows the whole city once, and then what somebody looks at
let drawing = 0;
let alarmed = new Set();

startPage();
if (cities.length) start();
else fill(byId("orders"), h("p", { class: "empty" }, t("operations.no_cities")));

function start() {
  fill(select, ...cities.map((/** @type {any} */ city) => h("option", { value: city.id }, city.name)));
  const known = localStorage.getItem(CITY);
  if (cities.some((/** @type {any} */ city) => city.id === known)) select.value = known ?? "";
  select.addEventListener("change", () => open(select.value));
  find.addEventListener("input", redraw);
  needed.addEventListener("change", redraw);
  VIEWS.forEach((name, place) => {
    byId(`tab-${name}`).addEventListener("click", () => view(name));
    byId(`tab-${name}`).addEventListener("keydown", (event) => step(event, place));
  });
  document.addEventListener("keydown", (event) => event.key === "Escape" && !/** @type {HTMLDialogElement} */ (byId("dialog")).open && leave());
  wide.addEventListener("change", () => document.querySelector(".console")?.getAttribute("data-view") === "map" && view("orders"));
  open(select.value);
  everySecond(() => {
    town?.riders.age();
    redraw();
  });
}

/** @param {string} cityId */
async function open(cityId) {
  const city = cities.find((/** @type {any} */ one) => one.id === cityId);
  localStorage.setItem(CITY, cityId);
  setZone(city.time_zone);
  town?.close();
  riderPanel?.close();
  crowd?.close();
  crowd = null;
  chosen = chosenRider = "";
  isFitted = false;
  alarmed = new Set();
  const opened = (town = new Town(session, city, {
    onChange: redraw,
    onRider: (rider) => {
      crowd?.put(rider);
      riderPanel?.hear(rider);
    },
    onRiderGone: (id) => {
      crowd?.drop(id);
      riderPanel?.lose(id);
      redraw();
    },
    onState: showConnection,
    onEnd: (problem) => toast(explain(problem), { tone: "alert", lasts_ms: 0 }),
  }));
  panel = new OrderPanel(opened, new Desk(opened), leave);
  riderPanel = new RiderPanel(opened, { map: () => map, onClose: leave, onOrder: choose, onTrail: showWay });
  people.reset();
  redraw();
  try {
    making ??= makeMap(city.centre);
    map = await making;
    if (opened === town) map.show(city.centre);
  } catch {
    making = null;
    toast(t("operations.no_map"), { tone: "warn" });
  }
  if (map && opened === town) gather(map, opened);
  redraw();
}

/** There is one map in the element, whoever chooses another city while it comes. @param {import("../core/map.js").Place} centre */
async function makeMap(centre) {
  const made = await createMap(byId("map"), { centre, zoom: 14, label: t("operations.map") });
  made.onView(() => riderPanel?.trail.draw());
  return made;
}

/** Put the city's riders on the map. @param {import("../core/map.js").CityMap} map @param {Town} opened */
function gather(map, opened) {
  crowd?.close();
  crowd = new Crowd(map, opened.riders.get, {
    onRider: chooseRider,
    onTogether: (ids) => {
      view("riders");
      people.only(ids);
      /** @type {HTMLElement | null} */ (document.querySelector("#rider-list .line"))?.focus();
    },
  });
  for (const rider of opened.riders.values()) crowd.put(rider);
}

/** Many things change at once: what is seen is drawn a few times a second. */
function redraw() {
  drawing ||= setTimeout(() => {
    drawing = 0;
    drawAll();
  }, DRAW_EVERY_MS);
}

function drawAll() {
  if (!town || !panel) return;
  const orders = town.sorted();
  showOrders(orders, { chosen, find: find.value, isNeededOnly: needed.checked, onChoose: choose });
  people.draw(chosenRider);
  showLegend(town.riders.tally());
  showDue(town.due.filter((one) => town?.orders.has(one.order_id)), { onChoose: choose });
  if (chosen && !town.orders.has(chosen)) over();
  panel.show(town.orders.get(chosen));
  riderPanel?.tick();
  crowd?.choose([chosenRider, town.orders.get(chosen)?.rider?.rider_id].filter(Boolean), chosenRider !== "");
  if (map && town.stores.length && town.areRidersRead && !isFitted && wide.matches) {
    isFitted = true;
    if (!chosen) map.fit(everything(), { zoom_max: 15 });
  }
  if (map) draw(map, town, { chosen, onOrder: choose });
  alarm(orders);
}

function over() {
  chosen = "";
  toast(t("operations.is_over"));
}

/** @param {string} orderId */
function choose(orderId) {
  if (orderId) leaveRider();
  const before = chosen;
  chosen = orderId;
  drawAll();
  const order = town?.orders.get(orderId);
  if (order && town) {
    panel?.focus();
    if (map && wide.matches) map.fit(placesOf(town, order), { zoom_max: 16, covered_px: byId("order").offsetWidth });
  } else if (before) {
    /** @type {HTMLElement | null} */ (document.querySelector(`[data-key="${before}"] .line`))?.focus();
  }
}

/** A rider's own: what they do, and their way of the last hour on the map. @param {string} riderId */
function chooseRider(riderId) {
  const rider = town?.riders.get(riderId) ?? people.off(riderId);
  if (!rider || !riderPanel) return;
  chosen = "";
  chosenRider = riderId;
  isFollowed = false;
  if (!wide.matches) view("map");
  riderPanel.open(rider, !town?.riders.get(riderId));
  drawAll();
  riderPanel.focus();
  if (map && placeOf(rider)) map.show(placeOf(rider), Math.max(map.zoom, 15));
}

function showWay() {
  if (isFollowed || !map || !riderPanel) return;
  isFollowed = true;
  const panelElement = byId("rider");
  const isBeside = wide.matches;
  map.fit(riderPanel.places(), { zoom_max: 16, covered_px: isBeside ? panelElement.offsetWidth : 0, below_px: isBeside ? 0 : panelElement.offsetHeight });
}

/** Close what is open over the map, and be where one was before. */
function leave() {
  if (!chosenRider) return choose("");
  const before = chosenRider;
  leaveRider();
  drawAll();
  const line = /** @type {HTMLElement | null} */ (document.querySelector(`#rider-list [data-key="${before}"] .line`));
  if (line?.checkVisibility()) line.focus();
  else byId("map").focus({ preventScroll: true });
}

function leaveRider() {
  chosenRider = "";
  riderPanel?.close();
}

/** What the signs on the map mean, and how many there are of each in the city. @param {import("./riders.js").Tally} tally */
function showLegend(tally) {
  const legend = byId("legend");
  if (!legend.children.length) fill(legend, ...GROUPS.map((group) => h("li", {}, h("span", { class: "group-dot", dataset: { group } }), t(`operations.kind.${group}`), " ", h("span", { class: "strong" }))));
  GROUPS.forEach((group, i) => {
    legend.children[i].toggleAttribute("hidden", tally[group] === 0);
    say(/** @type {Element} */ (legend.children[i].lastElementChild), number(tally[group]));
  });
}

/** Say what newly needs a person, in the tab and to those who listen. @param {any[]} orders */
function alarm(orders) {
  const urgent = orders.filter((order) => order.urgency === "danger" || order.urgency === "now");
  const fresh = urgent.filter((order) => !alarmed.has(order.order_id));
  alarmed = new Set(urgent.map((order) => order.order_id));
  if (fresh.length) announce(t("operations.alarm", { numbers: fresh.map((order) => `#${order.short_number}`).join(", ") }), "assertive");
  const badge = (/** @type {string} */ tone, /** @type {number} */ count) => (count ? h("span", { class: `badge badge-${tone}` }, plural(`operations.count.${tone}`, count)) : null);
  const soon = orders.filter((order) => order.urgency === "soon").length;
  const counts = byId("counts");
  const told = `${urgent.length} ${soon}`;
  if (counts.dataset.told !== told) {
    counts.dataset.told = told;
    fill(counts, badge("alert", urgent.length), badge("warn", soon));
  }
  const title = t("operations.title");
  showInTab({ title: urgent.length ? `(${urgent.length}) ${title}` : title, sign: urgent.length ? String(Math.min(urgent.length, 99)) : "", tone: urgent.length ? "alert" : "plain" });
}

/** @param {string} name */
function view(name) {
  document.querySelector(".console")?.setAttribute("data-view", name);
  for (const one of VIEWS) {
    const isShown = one === name;
    byId(`tab-${one}`).setAttribute("aria-selected", String(isShown));
    byId(`tab-${one}`).tabIndex = isShown ? 0 : -1;
    if (one !== "map") byId(one).toggleAttribute("hidden", !isShown);
  }
  if (name === "map" && !chosenRider) requestAnimationFrame(() => map?.fit(everything(), { zoom_max: 15 })); // on a phone it had no size until now
  drawAll();
}

/** Where anything is: what a map shows that is opened anew. */
function everything() {
  if (!town) return [];
  const riders = [...town.riders.values()].map(placeOf).filter(Boolean);
  const places = [...riders, ...town.stores.map((store) => store.point), ...[...town.orders.values()].flatMap((order) => [order.pickup, order.dropoff].filter(Boolean))];
  return places.length ? places : [town.city.centre];
}

/** Arrow keys go from tab to tab. @param {KeyboardEvent} event @param {number} place */
function step(event, place) {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  const shown = VIEWS.filter((name) => byId(`tab-${name}`).checkVisibility());
  const next = shown[(shown.indexOf(VIEWS[place]) + by + shown.length) % shown.length];
  view(next);
  byId(`tab-${next}`).focus();
}
