// @ts-check
import { fill, h, show } from "../core/dom.js";
import { toast } from "../core/live.js";
import { locale, t } from "../core/texts.js";
import { Wrong, button, choice, field, form, input, side, tick } from "./forms.js";
import { openMenu } from "./menu.js";
import { PlaceField } from "./place.js";
import { phoneOf, spansOf } from "./typed.js";

const DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const A_MONDAY = Date.UTC(2026, 0, 5);
const DAY_MS = 86_400_000;

/** The city's stores: set one up, correct it, its menu, its hours. */
export class Stores {
  /** @type {any[]} */
  stores = [];
  /** @type {any[]} */
  merchants = [];

  /** @param {HTMLElement} element @param {import("./desk.js").Desk} desk */
  constructor(element, desk) {
    this.element = element;
    this.desk = desk;
  }

  /** Forget another city: nobody is to touch what is its. */
  reset() {
    fill(this.element);
  }

  async open() {
    this.desk.clear();
    [this.stores, this.merchants] = await Promise.all([this.desk.all(this.desk.here("/v1/stores"), "stores"), this.desk.all("/v1/merchants", "merchants")]);
    if (this.element.hidden) return; // somebody went on meanwhile, and so did the map
    this.desk.showMap(null);
    for (const store of this.stores) this.desk.map?.mark(store.id, { kind: "store", label: store.name, caption: store.name, place: store.point });
    this.desk.map?.fit(this.stores.map((store) => store.point), { zoom_max: 15 });
    const mayChange = this.desk.may("administration");
    fill(
      this.element,
      h("div", { class: "row row-apart part-head" }, h("h2", {}, t("desk.part.stores")), mayChange ? button(t("desk.add_store"), () => this.#edit(null), "button") : null),
      this.stores.length ? h("ul", { class: "list card" }, ...this.stores.map((store) => this.#line(store, mayChange))) : h("p", { class: "notice" }, t("desk.no_stores")),
    );
  }

  /** @param {any} store @param {boolean} mayChange */
  #line(store, mayChange) {
    const isOpen = store.is_open && !store.is_paused;
    return h(
      "li",
      {},
      h("div", { class: "grow" }, h("span", { class: "strong" }, store.name), " ", h("span", { class: `badge badge-${isOpen ? "good" : "warn"}` }, t(isOpen ? "desk.open" : store.is_paused ? "desk.paused" : "desk.closed")), h("p", { class: "small quiet" }, store.address)),
      mayChange ? h("div", { class: "row" }, button(t("desk.menu"), () => openMenu(this.desk, store)), button(t("desk.change"), () => this.#edit(store))) : null,
    );
  }

  /** @param {any} store null: a new one */
  #edit(store) {
    this.desk.clear();
    const place = new PlaceField(this.desk, { id: "store-address", kind: "store", label: t("desk.field.address"), address: store?.address, place: store?.point });
    const made = form({
      fields: [
        field("store-name", t("desk.field.name"), input("name", { required: true, maxlength: 120, value: store?.name ?? "" })),
        ...(store ? [] : this.#merchantFields()),
        side(
          field("store-phone", t("desk.field.phone"), input("phone", { type: "tel", required: true, maxlength: 32, value: store?.phone ?? "" })),
          field("prep", t("desk.prep_minutes"), input("default_prep_minutes", { type: "number", min: 1, max: 120, required: true, value: store?.default_prep_minutes ?? 15 })),
        ),
        place.element,
        hoursOf(store?.opening_hours ?? {}),
        tick("auto_accept", "on", t("desk.auto_accept"), Boolean(store?.auto_accept)),
      ],
      submit: t(store ? "desk.save" : "desk.add_store"),
      send: (said, key) => this.#save(store, said, { place, made, key }),
      style: "card",
    });
    fill(this.element, h("div", { class: "row part-head" }, button(t("desk.back"), () => this.open()), h("h2", {}, store?.name ?? t("desk.add_store"))), made);
    place.take();
    /** @type {HTMLElement} */ (made.querySelector("#store-name")).focus();
  }

  #merchantFields() {
    const name = field("merchant_name", t("desk.merchant_name"), input("merchant_name", { maxlength: 120 }), t("desk.merchant_hint"));
    const known = this.merchants.map((one) => /** @type {[string, string]} */ ([one.id, one.name]));
    const merchant = choice("merchant_id", [...known, ["", t("desk.another_merchant")]]);
    const choose = () => show(name, merchant.value === "");
    merchant.addEventListener("change", choose);
    choose();
    return [known.length ? field("merchant_id", t("desk.merchant"), merchant) : null, name];
  }

  /** @param {any} store @param {FormData} said @param {{place: PlaceField, made: HTMLFormElement, key: string}} how */
  async #save(store, said, { place, made, key }) {
    if (!place.place) throw new Wrong(t("desk.place.missing"), place.typed);
    const wish = {
      name: String(said.get("name")).trim(),
      phone: phoneOf(String(said.get("phone")), this.desk.city.country),
      address: place.address,
      point: place.place,
      opening_hours: Object.fromEntries(DAYS.map((day) => [day, spansOf(String(said.get(day) ?? ""), made.querySelector(`#hours-${day}`))])),
      default_prep_minutes: Number(said.get("default_prep_minutes")),
      auto_accept: said.has("auto_accept"),
    };
    if (store) await this.desk.send("PATCH", `/v1/stores/${store.id}`, wish);
    else await this.desk.send("POST", "/v1/stores", { ...wish, city_id: this.desk.city.id, merchant_id: await this.#merchant(said, key) }, key);
    await this.open();
    toast(t("desk.saved", { name: wish.name }), { tone: "good" });
  }

  /** @param {FormData} said @param {string} key */
  async #merchant(said, key) {
    const known = String(said.get("merchant_id") ?? "");
    if (known) return known;
    const name = String(said.get("merchant_name") ?? "").trim() || String(said.get("name")).trim();
    return (await this.desk.send("POST", "/v1/merchants", { name }, `${key}-merchant`)).id;
  }
}

/** @param {Record<string, {opens: string, closes: string}[]>} hours */
function hoursOf(hours) {
  const first = input(DAYS[0], {});
  const day = (/** @type {string} */ name, /** @type {number} */ place) => {
    const called = new Intl.DateTimeFormat(locale, { weekday: "long", timeZone: "UTC" }).format(A_MONDAY + place * DAY_MS);
    const typed = (hours[name] ?? []).map((span) => `${span.opens}-${span.closes}`).join(", ");
    const made = place ? input(name, {}) : first;
    made.id = `hours-${name}`;
    made.value = typed;
    made.placeholder = t("desk.hours_closed");
    return [h("label", { for: made.id, class: "day" }, called), made];
  };
  const rows = h("div", { class: "hours" }, ...DAYS.flatMap(day));
  const everyDay = button(t("desk.hours_same"), () => {
    for (const one of rows.querySelectorAll("input")) one.value = first.value;
    first.dispatchEvent(new Event("input", { bubbles: true }));
  });
  return h("fieldset", { class: "stack stack-s" }, h("legend", { class: "label" }, t("desk.hours")), h("p", { class: "hint" }, t("desk.hours_hint")), rows, h("div", { class: "row" }, everyDay));
}
