// @ts-check
import { fill, h } from "../core/dom.js";
import { toast } from "../core/live.js";
import { dayAndTime, t } from "../core/texts.js";
import { Wrong, button, field, form, input, openDialog, tick } from "./forms.js";
import { offerPairing } from "./pairing.js";

const SCOPES = ["intake", "dispatch", "support", "rules", "administration"];
const USUAL_SCOPES = new Set(["intake", "dispatch", "support"]);

/** Tablets, phones and computers: pair one, see when each was last here, take one's access away. */
export class Devices {
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
    const [devices, stores] = await Promise.all([this.desk.all("/v1/devices?active=true", "devices"), this.desk.all(this.desk.here("/v1/stores"), "stores")]);
    const add = h("div", { class: "row" }, button(t("desk.pair_tablet"), () => this.#tablet(stores), "button"), button(t("desk.pair_operator"), () => this.#operator(), "button"));
    fill(
      this.element,
      h("div", { class: "row row-apart part-head" }, h("h2", {}, t("desk.part.devices")), add),
      h("p", { class: "hint" }, t("desk.pair_riders_hint")),
      devices.length ? h("ul", { class: "list card" }, ...devices.map((device) => this.#line(device, stores))) : h("p", { class: "notice" }, t("desk.no_devices")),
    );
  }

  /** @param {any} device @param {any[]} stores */
  #line(device, stores) {
    const names = device.store_ids.map((/** @type {string} */ id) => stores.find((store) => store.id === id)?.name).filter(Boolean);
    const scopes = device.scopes.map((/** @type {string} */ scope) => t(`desk.scope.${scope}`));
    const isThis = device.id === this.desk.session.identity?.device_id;
    const about = [device.name, ...names, ...scopes, t("desk.last_seen", { at: dayAndTime(device.last_seen_at) })];
    return h(
      "li",
      {},
      h(
        "div",
        { class: "grow" },
        h("div", { class: "row named" }, h("span", { class: "strong" }, device.label), h("span", { class: "badge" }, t(`desk.role.${device.role}`)), isThis ? h("span", { class: "badge badge-accent" }, t("desk.this_device")) : null),
        h("p", { class: "small quiet" }, about.join(" · ")),
      ),
      h("button", { type: "button", class: "button button-quiet", "aria-label": t("desk.revoke_title", { name: device.label }), onclick: () => this.#revoke(device) }, t("desk.revoke")),
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
          toast(t("desk.revoked", { name: device.label }), { tone: "good" });
          await this.open();
        },
      }),
    ]);
  }

  /** @param {any[]} stores */
  #tablet(stores) {
    const ticks = stores.map((store) => tick("store_ids", store.id, store.name, stores.length === 1));
    const fields = [
      stores.length ? h("fieldset", {}, h("legend", { class: "label" }, t("desk.which_stores")), ...ticks) : h("p", { class: "notice" }, t("desk.no_stores")),
      field("label", t("desk.device_label"), input("label", { required: true, maxlength: 80, value: t("desk.tablet") })),
      tick("is_manager", "on", t("desk.is_manager")),
    ];
    const send = async (/** @type {FormData} */ said) => {
      if (!said.getAll("store_ids").length) throw new Wrong(t("desk.which_stores"));
      await this.#offer({ role: "merchant", store_ids: said.getAll("store_ids"), is_manager: said.has("is_manager"), label: said.get("label") });
    };
    openDialog(t("desk.pair_tablet"), [form({ fields, submit: t("desk.make_code"), send })]);
  }

  #operator() {
    const ticks = SCOPES.map((scope) => tick("scopes", scope, t(`desk.scope.${scope}`), USUAL_SCOPES.has(scope)));
    const fields = [field("label", t("desk.person"), input("label", { required: true, maxlength: 80 })), h("fieldset", {}, h("legend", { class: "label" }, t("desk.scopes")), ...ticks)];
    const send = (/** @type {FormData} */ said) => this.#offer({ role: "operator", scopes: said.getAll("scopes"), label: said.get("label") });
    openDialog(t("desk.pair_operator"), [form({ fields, submit: t("desk.make_code"), send })]);
  }

  /** @param {any} wish */
  #offer(wish) {
    return offerPairing(this.desk, wish, () => this.open());
  }
}
