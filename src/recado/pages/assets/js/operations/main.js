// @ts-check
import { everySecond } from "../core/clock.js";
import { byId, fill, h } from "../core/dom.js";
import { announce, toast } from "../core/live.js";
import { createMap } from "../core/map.js";
import { showConnection, showInTab, startPage } from "../core/page.js";
import { openSession } from "../core/session.js";
import { explain, plural, setZone, t } from "../core/texts.js";
import { Desk } from "./acts.js";
import { showDue, showOrders, showRiders } from "./lists.js";
import { OrderPanel } from "./order.js";
import { draw, placesOf } from "./picture.js";
import { Town } from "./town.js";
import { placeOf } from "./words.js";

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
/** @type {any} */
let map = null;
/** @type {OrderPanel | null} */
let panel = null;
let chosen = "";
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
  document.addEventListener("keydown", (event) => event.key === "Escape" && !/** @type {HTMLDialogElement} */ (byId("dialog")).open && choose(""));
  wide.addEventListener("change", () => document.querySelector(".console")?.getAttribute("data-view") === "map" && view("orders"));
  open(select.value);
  everySecond(redraw);
}

/** @param {string} cityId */
async function open(cityId) {
  const city = cities.find((/** @type {any} */ one) => one.id === cityId);
  localStorage.setItem(CITY, cityId);
  setZone(city.time_zone);
  town?.close();
  chosen = "";
  isFitted = false;
  alarmed = new Set();
  const opened = (town = new Town(session, city, { onChange: redraw, onState: showConnection, onEnd: (problem) => toast(explain(problem), { tone: "alert", lasts_ms: 0 }) }));
  panel = new OrderPanel(opened, new Desk(opened), () => choose(""));
  redraw();
  try {
    if (map) map.show(city.centre);
    else map = await createMap(byId("map"), { centre: city.centre, zoom: 14, label: t("operations.map") });
  } catch {
    toast(t("operations.no_map"), { tone: "warn" });
  }
  redraw();
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
  showRiders([...town.riders.values()].sort((a, b) => b.in_hand - a.in_hand || a.name.localeCompare(b.name)), { onChoose: chooseRider });
  showDue(town.due.filter((one) => town?.orders.has(one.order_id)), { onChoose: choose });
  if (chosen && !town.orders.has(chosen)) over();
  panel.show(town.orders.get(chosen));
  if (map && town.stores.length && !isFitted && wide.matches) {
    isFitted = true;
    if (!chosen) map.fit(everything(), { zoom_max: 15 });
  }
  if (map) draw(map, town, { chosen, onRider: chooseRider, onOrder: choose });
  alarm(orders);
}

function over() {
  chosen = "";
  toast(t("operations.is_over"));
}

/** @param {string} orderId */
function choose(orderId) {
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

/** A rider with something in hand stands for it; another is shown on the map. @param {string} riderId */
function chooseRider(riderId) {
  const rider = town?.riders.get(riderId);
  if (!rider) return;
  if (rider.order_ids.length) return choose(rider.order_ids[0]);
  if (map && placeOf(rider)) {
    if (!wide.matches) view("map");
    map.show(placeOf(rider), 16);
  }
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
  if (name === "map") requestAnimationFrame(() => map?.fit(everything(), { zoom_max: 15 })); // on a phone it had no size until now
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
