// @ts-check
import { newKey } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { toast } from "../core/live.js";
import { money, number, t } from "../core/texts.js";
import { Wrong, button, choice, field, form, input, minorOf, openDialog, phoneOf, typedAmount, whatIsWrong } from "./desk.js";
import { PlaceField } from "./place.js";

const DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const A_MONDAY = Date.UTC(2026, 0, 5);
const SPAN = /^(\d{1,2})(?::(\d\d))?\s*[-–]\s*(\d{1,2})(?::(\d\d))?$/;
const MIDNIGHT = "24:00";

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

  async open() {
    this.desk.clear();
    [this.stores, this.merchants] = await Promise.all([this.desk.all(this.desk.here("/v1/stores"), "stores"), this.desk.all("/v1/merchants", "merchants")]);
    for (const store of this.stores) this.desk.map?.mark(store.id, { kind: "store", label: store.name, caption: store.name, place: store.point });
    const mayChange = this.desk.may("administration");
    fill(
      this.element,
      mayChange ? h("div", { class: "row" }, button(t("desk.add_store"), () => this.#edit(null), "button")) : null,
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
      mayChange ? h("div", { class: "row" }, button(t("desk.menu"), () => this.#menu(store)), button(t("desk.change"), () => this.#edit(store))) : null,
    );
  }

  /** @param {any} store null: a new one */
  #edit(store) {
    this.desk.clear();
    const place = new PlaceField(this.desk, { id: "store-address", kind: "store", label: t("desk.field.address"), address: store?.address, place: store?.point });
    const newMerchant = field("merchant_name", t("desk.merchant_name"), input("merchant_name", { maxlength: 120 }));
    const merchant = choice("merchant_id", [...this.merchants.map((one) => /** @type {[string, string]} */ ([one.id, one.name])), ["", t("desk.another_merchant")]]);
    const choose = () => (newMerchant.hidden = merchant.value !== "");
    merchant.addEventListener("change", choose);
    choose();
    const hours = DAYS.map((day, place) => this.#day(day, place, store?.opening_hours?.[day] ?? []));
    const fields = [
      field("store-name", t("desk.field.name"), input("name", { required: true, maxlength: 120, value: store?.name ?? "" })),
      store ? null : field("merchant_id", t("desk.merchant"), merchant),
      store ? null : newMerchant,
      h("div", { class: "pair-of" }, field("store-phone", t("desk.field.phone"), input("phone", { type: "tel", required: true, value: store?.phone ?? "" })), field("prep", t("desk.prep_minutes"), input("prep", { type: "number", min: 1, max: 120, required: true, value: store?.default_prep_minutes ?? 15 }))),
      place.element,
      h("fieldset", { class: "stack stack-s" }, h("legend", { class: "label" }, t("desk.hours")), h("p", { class: "hint" }, t("desk.hours_hint")), h("div", { class: "hours" }, ...hours.flat())),
      h("label", { class: "tick" }, h("input", { type: "checkbox", name: "auto_accept", checked: store?.auto_accept }), t("desk.auto_accept")),
    ];
    const made = form({ fields, submit: t(store ? "desk.save" : "desk.add_store"), send: (said, key) => this.#save(store, said, place, key) });
    made.classList.add("card");
    fill(this.element, h("div", { class: "row" }, button(t("desk.back"), () => this.open())), h("h2", {}, store?.name ?? t("desk.add_store")), made);
    this.element.focus();
  }

  /** @param {string} day @param {number} place @param {any[]} spans */
  #day(day, place, spans) {
    const name = new Intl.DateTimeFormat(document.documentElement.lang, { weekday: "long", timeZone: "UTC" }).format(A_MONDAY + place * 86_400_000);
    const typed = spans.map((span) => `${span.opens}-${span.closes}`).join(", ");
    return [h("label", { for: `hours-${day}` }, name), input(day, { id: `hours-${day}`, value: typed, placeholder: t("desk.hours_closed") })];
  }

  /** @param {any} store @param {FormData} said @param {PlaceField} place @param {string} key */
  async #save(store, said, place, key) {
    if (!place.place) throw new Wrong(t("desk.place_missing"));
    const wish = {
      name: String(said.get("name")).trim(),
      phone: phoneOf(String(said.get("phone")), this.desk.city.country),
      address: place.address,
      point: place.place,
      opening_hours: Object.fromEntries(DAYS.map((day) => [day, spansOf(String(said.get(day) ?? ""))])),
      default_prep_minutes: Number(said.get("prep")),
      auto_accept: said.has("auto_accept"),
    };
    if (store) await this.desk.send("PATCH", `/v1/stores/${store.id}`, wish);
    else await this.desk.send("POST", "/v1/stores", { ...wish, city_id: this.desk.city.id, merchant_id: await this.#merchant(said, key) }, key);
    toast(t("desk.saved", { name: wish.name }), { tone: "good" });
    await this.open();
  }

  /** @param {FormData} said @param {string} key */
  async #merchant(said, key) {
    const known = String(said.get("merchant_id") ?? "");
    if (known) return known;
    const name = String(said.get("merchant_name") ?? "").trim() || String(said.get("name")).trim();
    return (await this.desk.send("POST", "/v1/merchants", { name }, `${key}-merchant`)).id;
  }

  /** @param {any} store */
  async #menu(store) {
    const menu = await this.desk.session.call("GET", `/v1/stores/${store.id}/menu`);
    const rows = h("div", {}, ...menu.items.map((/** @type {any} */ item) => this.#item(item, menu.currency)));
    const add = button(t("desk.add_item"), () => {
      const row = this.#item(null, menu.currency);
      rows.append(row);
      row.querySelector("input")?.focus();
    });
    const made = form({
      fields: [rows, h("div", { class: "row" }, add)],
      submit: t("desk.save"),
      send: async () => {
        await this.desk.send("PUT", `/v1/stores/${store.id}/menu`, { items: [...rows.children].map((row) => itemOf(row, menu.currency)).filter(Boolean) });
        toast(t("desk.saved", { name: store.name }), { tone: "good" });
        close();
      },
    });
    const close = openDialog(t("desk.menu_of", { store: store.name }), [h("p", { class: "hint" }, t("desk.menu_hint")), made], { isWide: true });
  }

  /** @param {any} item @param {string} currency */
  #item(item, currency) {
    const named = (/** @type {string} */ what, /** @type {Record<string, any>} */ more) => input(what, { "data-what": what, "aria-label": t(`desk.item.${what}`), placeholder: t(`desk.item.${what}`), ...more });
    const row = h(
      "div",
      { class: "item-row", "data-ref": item?.external_ref ?? newKey().slice(0, 16), "data-available": item?.is_available ?? true },
      named("name", { required: true, maxlength: 120, value: item?.name ?? "" }),
      named("price", { required: true, inputmode: "decimal", maxlength: 14, value: item ? typedAmount(item.price_minor, currency) : "" }),
      named("stock", { inputmode: "numeric", maxlength: 7, value: item?.stock_count ?? "" }),
      button(t("desk.remove"), () => row.remove()),
    );
    return row;
  }
}

/** @param {Element} row @param {string} currency */
function itemOf(row, currency) {
  const said = (/** @type {string} */ what) => /** @type {HTMLInputElement} */ (row.querySelector(`[data-what="${what}"]`)).value.trim();
  if (!said("name")) return null;
  const { ref, available } = /** @type {HTMLElement} */ (row).dataset;
  const stock = said("stock");
  if (stock && !/^\d+$/.test(stock)) throw new Wrong(t("desk.wrong_amount", { typed: stock }));
  return { external_ref: ref, name: said("name"), price_minor: minorOf(said("price"), currency), is_available: available === "true", stock_count: stock ? Number(stock) : null };
}

/** Opening hours as people write them: "18-23", "11:30-15, 18:00-01:00"; nothing is closed. @param {string} typed */
export function spansOf(typed) {
  return typed
    .split(",")
    .map((one) => one.trim())
    .filter(Boolean)
    .map((one) => {
      const [, from, fromMinute = "00", to, toMinute = "00"] = SPAN.exec(one) ?? [];
      if (!from || Number(from) > 23 || Number(to) > 24 || Number(fromMinute) > 59 || Number(toMinute) > 59) throw new Wrong(t("desk.wrong_hours", { typed: one }));
      const closes = Number(to) === 24 ? MIDNIGHT : `${to.padStart(2, "0")}:${toMinute}`;
      return { opens: `${from.padStart(2, "0")}:${fromMinute}`, closes };
    });
}
