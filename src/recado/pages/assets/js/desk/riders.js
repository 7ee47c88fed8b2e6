// @ts-check
import { fill, h } from "../core/dom.js";
import { toast } from "../core/live.js";
import { plural, t } from "../core/texts.js";
import { button, choice, field, form, input, openDialog, side, whatIsWrong } from "./forms.js";
import { offerOwnApp } from "./own_app.js";
import { offerPairing } from "./pairing.js";
import { phoneOf } from "./typed.js";

const VEHICLES = ["bicycle", "motorcycle", "car", "foot"];
const USUAL_CAPACITY = 3;

/** The city's riders, each with a phone to pair, or with an app of their own. */
export class Riders {
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
    const riders = await this.desk.all(this.desk.here("/v1/riders"), "riders");
    const mayChange = this.desk.may("administration");
    fill(
      this.element,
      h("div", { class: "row row-apart part-head" }, h("h2", {}, t("desk.part.riders")), mayChange ? button(t("desk.add_rider"), () => this.#edit(null), "button") : null),
      riders.length ? h("ul", { class: "list card" }, ...riders.map((rider) => this.#line(rider, mayChange))) : h("p", { class: "notice" }, t("desk.no_riders")),
    );
  }

  /** @param {any} rider @param {boolean} mayChange */
  #line(rider, mayChange) {
    const tell = (/** @type {unknown} */ error) => toast(whatIsWrong(error), { tone: "alert" });
    const pair = () => offerPairing(this.desk, { role: "rider", subject_id: rider.id, label: rider.name }).catch(tell);
    const own = button(t("desk.own_app"), () => offerOwnApp(this.desk, rider).catch(tell));
    const about = [t(`desk.vehicle.${rider.vehicle}`), rider.phone, plural("desk.carries", rider.capacity)].join(" · ");
    return h(
      "li",
      {},
      h("div", { class: "grow" }, h("span", { class: "strong" }, rider.name), h("p", { class: "small quiet" }, about)),
      h("div", { class: "row" }, ...(mayChange ? [button(t("desk.pair_phone"), pair), own, button(t("desk.change"), () => this.#edit(rider))] : [own])),
    );
  }

  /** @param {any} rider null: a new one */
  #edit(rider) {
    const vehicles = VEHICLES.map((one) => /** @type {[string, string]} */ ([one, t(`desk.vehicle.${one}`)]));
    const close = openDialog(rider?.name ?? t("desk.add_rider"), [
      form({
        fields: [
          field("rider-name", t("desk.field.name"), input("name", { required: true, maxlength: 120, value: rider?.name ?? "" })),
          field("rider-phone", t("desk.field.phone"), input("phone", { type: "tel", required: true, maxlength: 32, value: rider?.phone ?? "" })),
          side(field("vehicle", t("desk.vehicle"), choice("vehicle", vehicles, rider?.vehicle)), field("capacity", t("desk.capacity"), input("capacity", { type: "number", min: 1, max: 20, required: true, value: rider?.capacity ?? USUAL_CAPACITY }))),
        ],
        submit: t(rider ? "desk.save" : "desk.add_rider"),
        send: async (said, key) => {
          const wish = { name: String(said.get("name")).trim(), phone: phoneOf(String(said.get("phone")), this.desk.city.country), vehicle: said.get("vehicle"), capacity: Number(said.get("capacity")) };
          if (rider) await this.desk.send("PATCH", `/v1/riders/${rider.id}`, wish);
          else await this.desk.send("POST", "/v1/riders", { ...wish, city_id: this.desk.city.id }, key);
          close();
          toast(t("desk.saved", { name: wish.name }), { tone: "good" });
          await this.open();
        },
      }),
    ]);
  }
}
