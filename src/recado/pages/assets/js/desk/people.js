// @ts-check
import { fill, h } from "../core/dom.js";
import { toast } from "../core/live.js";
import { dayAndTime, t, time } from "../core/texts.js";
import { button, choice, field, form, input, openDialog, phoneOf, whatIsWrong } from "./desk.js";

const VEHICLES = ["bicycle", "motorcycle", "car", "foot"];
const SCOPES = ["intake", "dispatch", "support", "rules", "administration"];
const USUAL_SCOPES = new Set(["intake", "dispatch", "support"]);

/** The city's riders, each with a phone to pair. */
export class Riders {
  /** @param {HTMLElement} element @param {import("./desk.js").Desk} desk */
  constructor(element, desk) {
    this.element = element;
    this.desk = desk;
  }

  async open() {
    this.desk.clear();
    const riders = await this.desk.all(this.desk.here("/v1/riders"), "riders");
    const mayChange = this.desk.may("administration");
    fill(
      this.element,
      mayChange ? h("div", { class: "row" }, button(t("desk.add_rider"), () => this.#edit(null), "button")) : null,
      riders.length ? h("ul", { class: "list card" }, ...riders.map((rider) => this.#line(rider, mayChange))) : h("p", { class: "notice" }, t("desk.no_riders")),
    );
  }

  /** @param {any} rider @param {boolean} mayChange */
  #line(rider, mayChange) {
    const pair = () => offerPairing(this.desk, { role: "rider", subject_id: rider.id, label: rider.name });
    return h(
      "li",
      {},
      h("div", { class: "grow" }, h("span", { class: "strong" }, rider.name), h("p", { class: "small quiet" }, [t(`desk.vehicle.${rider.vehicle}`), rider.phone].join(" · "))),
      mayChange ? h("div", { class: "row" }, button(t("desk.pair_phone"), pair), button(t("desk.change"), () => this.#edit(rider))) : null,
    );
  }

  /** @param {any} rider */
  #edit(rider) {
    const fields = [
      field("rider-name", t("desk.field.name"), input("name", { required: true, maxlength: 120, value: rider?.name ?? "" })),
      field("rider-phone", t("desk.field.phone"), input("phone", { type: "tel", required: true, value: rider?.phone ?? "" })),
      h("div", { class: "pair-of" }, field("vehicle", t("desk.vehicle"), choice("vehicle", VEHICLES.map((one) => [one, t(`desk.vehicle.${one}`)]), rider?.vehicle)), field("capacity", t("desk.capacity"), input("capacity", { type: "number", min: 1, max: 20, required: true, value: rider?.capacity ?? 3 }))),
    ];
    const close = openDialog(rider?.name ?? t("desk.add_rider"), [
      form({
        fields,
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

/** Tablets, phones and computers: pair one, see when each was last here, take one's access away. */
export class Devices {
  /** @param {HTMLElement} element @param {import("./desk.js").Desk} desk */
  constructor(element, desk) {
    this.element = element;
    this.desk = desk;
  }

  async open() {
    this.desk.clear();
    if (!this.desk.may("administration")) return fill(this.element, h("p", { class: "notice" }, t("desk.not_yours")));
    const [devices, stores] = await Promise.all([this.desk.all("/v1/devices?active=true", "devices"), this.desk.all(this.desk.here("/v1/stores"), "stores")]);
    fill(
      this.element,
      h("div", { class: "row" }, button(t("desk.pair_tablet"), () => this.#tablet(stores), "button"), button(t("desk.pair_operator"), () => this.#operator())),
      h("p", { class: "hint" }, t("desk.pair_riders_hint")),
      devices.length ? h("ul", { class: "list card" }, ...devices.map((device) => this.#line(device, stores))) : h("p", { class: "notice" }, t("desk.no_devices")),
    );
  }

  /** @param {any} device @param {any[]} stores */
  #line(device, stores) {
    const names = device.store_ids.map((/** @type {string} */ id) => stores.find((store) => store.id === id)?.name ?? id);
    const isThis = device.id === this.desk.session.identity?.device_id;
    return h(
      "li",
      {},
      h(
        "div",
        { class: "grow" },
        h("span", { class: "strong" }, device.label), " ", h("span", { class: "badge" }, t(`desk.role.${device.role}`)), isThis ? h("span", { class: "badge badge-accent" }, t("desk.this_device")) : null,
        h("p", { class: "small quiet" }, [device.name, ...names, t("desk.last_seen", { at: dayAndTime(device.last_seen_at) })].join(" · ")),
      ),
      button(t("desk.revoke"), () => this.#revoke(device)),
    );
  }

  /** @param {any} device */
  #revoke(device) {
    const close = openDialog(t("desk.revoke_title", { name: device.label }), [
      h("p", {}, t("desk.revoke_about")),
      form({
        fields: [],
        submit: t("desk.revoke"),
        send: async () => {
          await this.desk.send("DELETE", `/v1/devices/${device.id}`);
          close();
          await this.open();
        },
      }),
    ]);
  }

  /** @param {any[]} stores */
  #tablet(stores) {
    const ticks = stores.map((store) => h("label", { class: "tick" }, h("input", { type: "checkbox", name: "store_ids", value: store.id, checked: stores.length === 1 }), store.name));
    const fields = [
      h("fieldset", {}, h("legend", { class: "label" }, t("desk.which_stores")), ...ticks),
      field("label", t("desk.device_label"), input("label", { required: true, maxlength: 80, value: t("desk.tablet") })),
      h("label", { class: "tick" }, h("input", { type: "checkbox", name: "is_manager" }), t("desk.is_manager")),
    ];
    openDialog(t("desk.pair_tablet"), [
      form({
        fields,
        submit: t("desk.make_code"),
        send: async (said) => offerPairing(this.desk, { role: "merchant", subject_id: newPerson(), store_ids: said.getAll("store_ids"), is_manager: said.has("is_manager"), label: said.get("label") }),
      }),
    ]);
  }

  #operator() {
    const ticks = SCOPES.map((scope) => h("label", { class: "tick" }, h("input", { type: "checkbox", name: "scopes", value: scope, checked: USUAL_SCOPES.has(scope) }), t(`desk.scope.${scope}`)));
    const fields = [field("label", t("desk.person"), input("label", { required: true, maxlength: 80 })), h("fieldset", {}, h("legend", { class: "label" }, t("desk.scopes")), ...ticks)];
    openDialog(t("desk.pair_operator"), [
      form({
        fields,
        submit: t("desk.make_code"),
        send: async (said) => offerPairing(this.desk, { role: "operator", subject_id: newPerson(), scopes: said.getAll("scopes"), label: said.get("label") }),
      }),
    ]);
  }
}

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const TIME_LETTERS = 10;
const ID_LETTERS = 26;

/** A new person's id, in the one form ids have: the time first, so that they sort. */
function newPerson() {
  let rest = Date.now();
  const letters = [];
  for (let place = 0; place < TIME_LETTERS; place += 1, rest = Math.floor(rest / 32)) letters.unshift(CROCKFORD[rest % 32]);
  for (const byte of crypto.getRandomValues(new Uint8Array(ID_LETTERS - TIME_LETTERS))) letters.push(CROCKFORD[byte % 32]);
  return `per_${letters.join("")}`;
}

/** Show a code to type and to scan. @param {import("./desk.js").Desk} desk @param {any} wish */
async function offerPairing(desk, wish) {
  let offered;
  try {
    offered = await desk.send("POST", "/v1/pairings", wish);
  } catch (error) {
    toast(whatIsWrong(error), { tone: "alert" });
    throw error;
  }
  const picture = h("img", { src: `data:image/svg+xml,${encodeURIComponent(offered.qr_svg)}`, alt: t("desk.qr_alt") });
  openDialog(t("desk.pair_title", { name: wish.label }), [
    h("p", {}, t("desk.pair_how")),
    h("div", { class: "qr" }, picture),
    h("p", { class: "numeral code" }, offered.code),
    h("p", { class: "small quiet" }, t("desk.pair_until", { at: time(offered.expires_at) })),
    h("p", { class: "small" }, h("a", { href: offered.url, target: "_blank", rel: "noopener" }, offered.url)),
  ]);
}
