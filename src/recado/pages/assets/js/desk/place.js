// @ts-check
import { fill, h } from "../core/dom.js";
import { announce } from "../core/live.js";
import { t } from "../core/texts.js";
import { button, field, input } from "./desk.js";

const ASK_AFTER_MS = 250;
const SHORTEST = 3;

/**
 * An address as it is typed and where it is: found among the streets, or touched on the map. What is only near is said so.
 */
export class PlaceField {
  /** @type {import("./desk.js").Place | null} */
  place = null;
  #asking = 0;
  #asked = "";

  /** @param {import("./desk.js").Desk} desk @param {{id: string, kind: "door" | "store", label: string, address?: string, place?: any}} how */
  constructor(desk, { id, kind, label, address = "", place = null }) {
    this.desk = desk;
    this.kind = kind;
    this.label = label;
    this.typed = input("address", { required: true, maxlength: 300, autocomplete: "off", value: address });
    this.found = h("div", { class: "found" });
    this.told = h("p", { class: "hint", role: "status" }, t("desk.place_missing"));
    this.element = h("div", { class: "stack stack-s" }, field(id, label, this.typed, t("desk.place_hint")), this.found, this.told);
    this.typed.addEventListener("input", () => this.#later());
    this.take();
    if (place) this.set(place, "");
  }

  /** The map's touches are for this field from now on. */
  take() {
    this.desk.onPlace = (place) => this.set(place, t("desk.place_touched"));
    this.desk.map?.keep([]);
    if (this.place) this.#pin(this.place);
  }

  get address() {
    return this.typed.value.trim();
  }

  clear() {
    this.place = null;
    this.typed.value = "";
    fill(this.found);
    this.told.textContent = t("desk.place_missing");
    this.desk.map?.keep([]);
  }

  /** @param {import("./desk.js").Place} place @param {string} told */
  set(place, told) {
    this.place = { lat: place.lat, lon: place.lon };
    this.told.textContent = told;
    fill(this.found);
    this.#pin(this.place);
    this.element.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** @param {import("./desk.js").Place} place */
  #pin(place) {
    this.desk.map?.mark("place", { kind: this.kind, label: this.label, place });
    if (this.desk.map && !this.desk.map.sees(place)) this.desk.map.show(place, 16);
  }

  #later() {
    clearTimeout(this.#asking);
    this.#asking = setTimeout(() => this.#ask(), ASK_AFTER_MS);
  }

  async #ask() {
    const q = this.address;
    if (q.length < SHORTEST || q === this.#asked) return;
    this.#asked = q;
    const { lat, lon } = this.desk.city.centre;
    const query = new URLSearchParams({ q: q.slice(0, 100), lat: String(lat), lon: String(lon), limit: "4" });
    const answer = await this.desk.session.call("GET", `/v1/streets/search?${query}`).catch(() => ({ candidates: [] }));
    if (q !== this.address) return;
    const offer = (/** @type {any} */ one) => button(one.address, () => this.#choose(one), "button button-link");
    fill(this.found, ...answer.candidates.map(offer));
    if (answer.candidates.length) announce(t("desk.places_found", { count: answer.candidates.length }));
  }

  /** @param {any} candidate */
  #choose(candidate) {
    this.#asked = this.typed.value = candidate.address;
    this.set(candidate.point, t("desk.place_street"));
    this.desk.map?.show(candidate.point, 17);
  }
}
