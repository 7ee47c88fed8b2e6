// @ts-check
import { Unreachable } from "../core/api.js";
import { clock } from "../core/clock.js";
import { byId, fill, h, show } from "../core/dom.js";
import { follow } from "../core/feed.js";
import { showConnection, showInTab, startPage } from "../core/page.js";
import { openSession } from "../core/session.js";
import { setZone, t } from "../core/texts.js";
import { cityForm, showCityForm } from "./cities.js";
import { Desk, Overtaken } from "./desk.js";
import { Devices } from "./devices.js";
import { Entry } from "./entry.js";
import { button, whatIsWrong } from "./forms.js";
import { Riders } from "./riders.js";
import { Stores } from "./stores.js";
import { Waiting } from "./waiting.js";
import { Zones } from "./zones.js";

const CITY = "recado.desk.city";
const NEW_CITY = "new";
const CLOCK_AGAIN_MS = 60_000;
const HANDLING = ["intake", "dispatch", "support", "quality"];
/** Who may open which part; what changes the city is shown to administration alone. @type {Record<string, string[]>} */
const SCOPES = { entry: ["intake"], waiting: ["intake"], stores: [], riders: ["dispatch", "administration"], zones: [], devices: ["administration"] };

const session = await openSession("operator");
const desk = new Desk(session);
const isLive = HANDLING.some((scope) => desk.may(scope));
const waiting = new Waiting(byId("waiting"), desk, (state) => {
  if (!isLive || state === "offline") showConnection(state);
  showTitle();
});
/** @type {Record<string, {open: () => Promise<any>, reset: () => void}>} */
const parts = {
  entry: new Entry(byId("entry"), desk, waiting),
  waiting,
  stores: new Stores(byId("stores"), desk),
  riders: new Riders(byId("riders"), desk),
  zones: new Zones(byId("zones"), desk),
  devices: new Devices(byId("devices"), desk),
};
const names = Object.keys(parts).filter((name) => !SCOPES[name].length || SCOPES[name].some((scope) => desk.may(scope)));
const select = /** @type {HTMLSelectElement} */ (byId("city"));
/** @type {{close: () => void} | null} */
let feed = null;
/** @type {any[]} */
let cities = [];
let opened = "";

startPage();
names.forEach((name, place) => {
  byId(`tab-${name}`).onclick = () => view(name);
  byId(`tab-${name}`).onkeydown = (event) => step(event, place);
});
for (const name of Object.keys(parts)) show(byId(`tab-${name}`), false);
select.onchange = () => (select.value === NEW_CITY ? addCity() : enter(select.value));
addEventListener("hashchange", () => view(shownPart()));
await readClock();
setInterval(readClock, CLOCK_AGAIN_MS);
await start();

async function start() {
  try {
    cities = await session.call("GET", "/v1/cities");
  } catch (error) {
    showConnection(error instanceof Unreachable ? "offline" : "live");
    return fill(byId("failure"), ...failed(error, start));
  }
  fill(byId("failure"));
  if (!cities.length) return firstCity();
  for (const name of names) show(byId(`tab-${name}`), true);
  const known = localStorage.getItem(CITY);
  await enter(cities.some((city) => city.id === known) ? String(known) : cities[0].id);
}

/** @param {string} cityId */
async function enter(cityId) {
  const city = cities.find((one) => one.id === cityId);
  desk.clear();
  for (const [name, part] of Object.entries(parts)) {
    show(byId(name), false);
    part.reset();
  }
  fill(byId("found"));
  const more = desk.may("administration") ? h("option", { value: NEW_CITY }, t("desk.another_city")) : null;
  fill(select, ...cities.map((one) => h("option", { value: one.id }, one.name)), more);
  select.value = city.id;
  show(select, true);
  localStorage.setItem(CITY, city.id);
  setZone(city.time_zone);
  feed?.close();
  await desk.open(city);
  if (desk.city !== city) return; // another one was chosen meanwhile
  await Promise.all([view(shownPart()), waiting.read()]);
  if (desk.city !== city) return;
  if (isLive) feed = follow(session, desk.here("/v1/operations/feed"), { onSnapshot: () => waiting.read(), onEvent: () => waiting.read(), onState: showConnection });
}

function shownPart() {
  const named = location.hash.slice(1);
  return names.includes(named) ? named : names[0];
}

/** @param {string} name */
async function view(name) {
  opened = name;
  for (const one of Object.keys(parts)) {
    byId(`tab-${one}`).setAttribute("aria-selected", String(one === name));
    byId(`tab-${one}`).tabIndex = one === name ? 0 : -1;
    show(byId(one), one === name);
  }
  byId(`tab-${name}`).scrollIntoView({ block: "nearest", inline: "nearest" });
  if (location.hash.slice(1) !== name) history.replaceState(null, "", `#${name}`);
  showTitle();
  try {
    await parts[name].open();
  } catch (error) {
    if (!(error instanceof Overtaken)) fill(byId("failure"), ...failed(error, () => view(name)));
    return;
  }
  fill(byId("failure"));
}

/** @param {unknown} error @param {() => void} again */
function failed(error, again) {
  return [h("p", { class: "notice notice-alert", role: "alert" }, whatIsWrong(error)), button(t("desk.again"), again)];
}

/** How many wait is seen from every other tab of the browser too. */
function showTitle() {
  const count = waiting.orders.length;
  const title = `${t(`desk.part.${opened || names[0]}`)} · ${t("desk.title")}`;
  showInTab({ title: count ? `(${count}) ${title}` : title, sign: count ? String(count) : "", tone: count ? "warn" : "plain" });
}

/** Arrow keys go from tab to tab. @param {KeyboardEvent} event @param {number} place */
function step(event, place) {
  const last = names.length - 1;
  const next = { ArrowRight: place === last ? 0 : place + 1, ArrowLeft: place === 0 ? last : place - 1, Home: 0, End: last }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  view(names[next]);
  byId(`tab-${names[next]}`).focus();
}

/** Nothing is there yet: the first thing is a city. */
async function firstCity() {
  show(select, false);
  if (!desk.may("administration")) return fill(byId("found"), h("p", { class: "notice" }, t("desk.no_city")));
  await found(true);
}

async function addCity() {
  for (const name of Object.keys(parts)) show(byId(name), false);
  desk.clear();
  await found(false);
}

/** Ask for a city, and go on to its zones: without one nobody can order. @param {boolean} isFirst */
async function found(isFirst) {
  const onMade = async (/** @type {any} */ city) => {
    localStorage.setItem(CITY, city.id);
    history.replaceState(null, "", "#zones");
    await start();
  };
  try {
    await showCityForm(byId("found"), await cityForm(desk, { isFirst, onMade }));
  } catch (error) {
    fill(byId("failure"), ...failed(error, () => found(isFirst)));
  }
}

/** Domain time, for the clocks of what waits. */
async function readClock() {
  const reading = await session.call("GET", "/v1/clock").catch(() => null);
  if (reading) clock.set(reading);
}
