// @ts-check
import { byId, fill, h, show } from "../core/dom.js";
import { startPage } from "../core/page.js";
import { clock } from "../core/clock.js";
import { openSession } from "../core/session.js";
import { setZone, t } from "../core/texts.js";
import { Desk, button, choice, field, form, input, whatIsWrong } from "./desk.js";
import { Entry } from "./entry.js";
import { Devices, Riders } from "./people.js";
import { Stores } from "./stores.js";
import { Waiting } from "./waiting.js";
import { Zones } from "./zones.js";

const CITY = "recado.desk.city";
const CLOCK_AGAIN_MS = 60_000;

const session = await openSession("operator");
const desk = new Desk(session);
const waiting = new Waiting(byId("waiting"), desk);
/** @type {Record<string, {open: () => Promise<any>}>} */
const parts = {
  entry: new Entry(byId("entry"), desk, () => waiting.read()),
  waiting,
  stores: new Stores(byId("stores"), desk),
  riders: new Riders(byId("riders"), desk),
  zones: new Zones(byId("zones"), desk),
  devices: new Devices(byId("devices"), desk),
};
const names = Object.keys(parts);
const select = /** @type {HTMLSelectElement} */ (byId("city"));

startPage();
await readClock();
setInterval(() => readClock(), CLOCK_AGAIN_MS);
await start();

async function start() {
  const cities = await session.call("GET", "/v1/cities");
  if (!cities.length) return firstCity();
  fill(select, ...cities.map((/** @type {any} */ city) => h("option", { value: city.id }, city.name)));
  const known = localStorage.getItem(CITY);
  if (cities.some((/** @type {any} */ city) => city.id === known)) select.value = known ?? "";
  const enter = async () => {
    const city = cities.find((/** @type {any} */ one) => one.id === select.value);
    localStorage.setItem(CITY, city.id);
    setZone(city.time_zone);
    await desk.open(city);
    await Promise.all([view(shownPart()), waiting.read()]);
  };
  select.onchange = enter;
  names.forEach((name, place) => {
    byId(`tab-${name}`).onclick = () => view(name);
    byId(`tab-${name}`).onkeydown = (event) => step(event, place);
  });
  addEventListener("hashchange", () => view(shownPart()));
  await enter();
}

function shownPart() {
  const part = location.hash.slice(1);
  return names.includes(part) ? part : "entry";
}

/** @param {string} name */
async function view(name) {
  for (const one of names) {
    byId(`tab-${one}`).setAttribute("aria-selected", String(one === name));
    byId(`tab-${one}`).tabIndex = one === name ? 0 : -1;
    show(byId(one), one === name);
  }
  if (location.hash.slice(1) !== name) history.replaceState(null, "", `#${name}`);
  document.title = `${t(`desk.part.${name}`)} · ${t("desk.title")}`;
  try {
    await parts[name].open();
  } catch (error) {
    fill(byId(name), h("p", { class: "notice notice-alert", role: "alert" }, whatIsWrong(error)), button(t("desk.again"), () => view(name)));
  }
}

/** Arrow keys go from tab to tab. @param {KeyboardEvent} event @param {number} place */
function step(event, place) {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  const next = names[(place + by + names.length) % names.length];
  view(next);
  byId(`tab-${next}`).focus();
}

/** Nothing is there yet: the first thing is a city. */
function firstCity() {
  for (const name of names) show(byId(`tab-${name}`), false);
  if (!desk.may("administration")) return fill(byId("entry"), h("p", { class: "notice" }, t("desk.no_city")));
  const countries = ["AR", "BO", "BR", "CL", "CO", "CR", "DO", "EC", "GT", "HN", "MX", "NI", "PA", "PE", "PY", "SV", "UY", "VE"];
  const currencies = { AR: "ARS", BO: "BOB", BR: "BRL", CL: "CLP", CO: "COP", CR: "CRC", DO: "DOP", EC: "USD", GT: "GTQ", HN: "HNL", MX: "MXN", NI: "NIO", PA: "USD", PE: "PEN", PY: "PYG", SV: "USD", UY: "UYU", VE: "VES" };
  const called = new Intl.DisplayNames(document.documentElement.lang, { type: "region" });
  const country = choice("country", countries.map((one) => [one, called.of(one) ?? one]), "BR");
  const made = form({
    fields: [
      h("h2", {}, t("desk.first_city")),
      h("p", { class: "quiet" }, t("desk.first_city_about")),
      field("city-name", t("desk.field.name"), input("name", { required: true, maxlength: 120 })),
      field("country", t("desk.country"), country),
      field("zone", t("desk.time_zone"), input("time_zone", { required: true, value: Intl.DateTimeFormat().resolvedOptions().timeZone })),
    ],
    submit: t("desk.first_city"),
    send: async (said, key) => {
      const { centre } = await session.call("GET", "/v1/map");
      const code = /** @type {"BR"} */ (said.get("country"));
      await session.call("POST", "/v1/cities", { name: said.get("name"), country: code, currency: currencies[code], time_zone: said.get("time_zone"), centre }, { key });
      for (const name of names) show(byId(`tab-${name}`), true);
      await start();
    },
  });
  made.classList.add("card");
  fill(byId("entry"), made);
}

/** Domain time, for the clocks of what waits. */
async function readClock() {
  const reading = await session.call("GET", "/v1/clock").catch(() => null);
  if (reading) clock.set(reading);
}
