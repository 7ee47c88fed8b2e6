// @ts-check
import { fill, h } from "../core/dom.js";
import { t } from "../core/texts.js";
import { Wrong, choice, field, form, input, side } from "./forms.js";
import { coordinatesIn } from "./typed.js";

const COUNTRIES = ["AR", "BO", "BR", "CL", "CO", "CR", "DO", "EC", "GT", "HN", "MX", "NI", "PA", "PE", "PY", "SV", "UY", "VE"];
const CURRENCIES = { AR: "ARS", BO: "BOB", BR: "BRL", CL: "CLP", CO: "COP", CR: "CRC", DO: "DOP", EC: "USD", GT: "GTQ", HN: "HNL", MX: "MXN", NI: "NIO", PA: "USD", PE: "PEN", PY: "PYG", SV: "USD", UY: "UYU", VE: "VES" };
const HERE = new Intl.Locale(navigator.language).maximize().region ?? "";
const USUAL = COUNTRIES.includes(HERE) ? HERE : "BR";
const DECIMALS = 5;

/**
 * The form of a new city. Its centre is the map's until another is touched or pasted: a city need not be on the map.
 * @param {import("./desk.js").Desk} desk
 * @param {{isFirst: boolean, onMade: (city: any) => Promise<void>}} how
 */
export async function cityForm(desk, { isFirst, onMade }) {
  const { centre } = await desk.session.call("GET", "/v1/map");
  const called = new Intl.DisplayNames(document.documentElement.lang, { type: "region" });
  const countries = COUNTRIES.map((one) => /** @type {[string, string]} */ ([one, called.of(one) ?? one])).sort((a, b) => a[1].localeCompare(b[1]));
  const zones = h("datalist", { id: "time-zones" }, ...Intl.supportedValuesOf("timeZone").filter((zone) => zone.startsWith("America/")).map((value) => h("option", { value })));
  const middle = input("centre", { required: true, inputmode: "text", maxlength: 200 });
  const slot = h("div", { class: "map-slot" });
  const mark = (/** @type {import("./desk.js").Place} */ place) => {
    middle.value = `${place.lat.toFixed(DECIMALS)}, ${place.lon.toFixed(DECIMALS)}`;
    middle.removeAttribute("aria-invalid");
    desk.map?.mark("centre", { kind: "store", icon: "map", label: t("desk.city_centre"), place });
  };
  middle.addEventListener("change", () => {
    const place = coordinatesIn(middle.value);
    if (!place) return;
    mark(place);
    desk.map?.show(place);
  });
  const title = t(isFirst ? "desk.first_city" : "desk.add_city");
  const made = form({
    fields: [
      h("h2", {}, title),
      isFirst ? h("p", { class: "quiet" }, t("desk.first_city_about")) : null,
      field("city-name", t("desk.field.name"), input("name", { required: true, maxlength: 120 })),
      side(field("country", t("desk.country"), choice("country", countries, USUAL)), field("time-zone", t("desk.field.time_zone"), input("time_zone", { required: true, list: "time-zones", value: Intl.DateTimeFormat().resolvedOptions().timeZone }))),
      zones,
      field("centre", t("desk.city_centre"), middle, t("desk.centre_hint")),
      slot,
    ],
    submit: title,
    send: async (said, key) => {
      const place = coordinatesIn(String(said.get("centre")));
      if (!place) throw new Wrong(t("desk.centre_hint"), middle);
      const country = /** @type {"BR"} */ (said.get("country"));
      const wish = { name: String(said.get("name")).trim(), country, currency: CURRENCIES[country], time_zone: said.get("time_zone"), centre: place };
      await onMade(await desk.send("POST", "/v1/cities", wish, key));
    },
    style: "card",
  });
  const take = async () => {
    await desk.openMap(centre);
    desk.showMap(slot);
    desk.listen(mark);
    mark(centre);
  };
  return { made, take };
}

/** Put the form of a new city in the place of all parts. @param {HTMLElement} element @param {{made: HTMLElement, take: () => Promise<void>}} city */
export async function showCityForm(element, { made, take }) {
  fill(element, made);
  await take();
  /** @type {HTMLElement} */ (made.querySelector("#city-name")).focus();
}
