// @ts-check
import { fill, h, say, show } from "../core/dom.js";
import { announce } from "../core/live.js";
import { plural, t } from "../core/texts.js";
import { field, input } from "./forms.js";
import { coordinatesIn } from "./typed.js";

const ASK_AFTER_MS = 200;
const SHORTEST = 3;
const MOST = 5;
const CLOSE = 17;

/**
 * An address as it is typed and where it is: found among the streets, touched on the map, or pasted as coordinates.
 * What is only near is said so, and a street that is typed over is not the place any more.
 */
export class PlaceField {
  /** @type {import("./desk.js").Place | null} */
  place = null;
  /** @type {any[]} */
  #offered = [];
  #active = -1;
  #street = "";
  #asking = 0;

  /** @param {import("./desk.js").Desk} desk @param {{id: string, kind: "door" | "store", label: string, address?: string, place?: any}} how */
  constructor(desk, { id, kind, label, address = "", place = null }) {
    this.desk = desk;
    this.kind = kind;
    this.label = label;
    this.list = h("ul", { id: `${id}-list`, class: "offered", role: "listbox", "aria-label": t("desk.places"), hidden: true });
    this.typed = input("address", {
      required: true, maxlength: 300, value: address, role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": `${id}-list`,
      oninput: () => this.#changed(), onkeydown: (/** @type {KeyboardEvent} */ event) => this.#step(event), onblur: () => this.#offer([]),
    });
    this.told = h("p", { class: "place-told", role: "status" });
    this.slot = h("div", { class: "map-slot" });
    const box = field(id, label, this.typed, t(desk.hasStreets ? "desk.place_hint" : "desk.place_hint_no_streets"));
    this.typed.after(h("div", { class: "offered-place" }, this.list));
    this.element = h("div", { class: "stack stack-s" }, box, this.told, this.slot);
    this.#tell("missing");
    if (place) this.set(place, "kept");
  }

  /** The map's touches are for this field from now on. */
  take() {
    this.desk.showMap(this.slot);
    this.desk.listen((place) => this.set(place, "touched"));
    this.desk.map?.unmark("place");
    if (this.place) this.#pin(this.place);
  }

  get address() {
    return this.typed.value.trim();
  }

  /** @param {import("./desk.js").Place} place @param {"touched" | "found" | "street" | "pasted" | "kept"} how */
  set(place, how) {
    if (this.element.closest("[inert]")) return; // under way to the server as it was
    this.place = { lat: place.lat, lon: place.lon };
    if (how !== "found" && how !== "street") this.#street = "";
    this.#tell(how);
    this.#pin(this.place);
    this.element.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** @param {"missing" | "touched" | "found" | "street" | "pasted" | "kept"} how */
  #tell(how) {
    this.told.dataset.how = how;
    say(this.told, t(`desk.place.${how}`));
  }

  /** @param {import("./desk.js").Place} place */
  #pin(place) {
    if (this.desk.onPlace === null) return; // another part has the map
    this.desk.map?.mark("place", { kind: this.kind, label: this.label, place });
    if (this.desk.map && !this.desk.map.sees(place)) this.desk.map.show(place, CLOSE);
  }

  #changed() {
    const pasted = coordinatesIn(this.typed.value);
    if (pasted) {
      this.typed.value = "";
      this.#offer([]);
      return this.set(pasted, "pasted");
    }
    if (this.#street && !this.address.toLowerCase().includes(this.#street.toLowerCase())) {
      this.place = null;
      this.#street = "";
      this.desk.map?.unmark("place");
      this.#tell("missing");
    }
    clearTimeout(this.#asking);
    this.#asking = setTimeout(() => this.#ask(), ASK_AFTER_MS);
  }

  async #ask() {
    const q = this.address;
    if (q.length < SHORTEST || !this.desk.hasStreets) return this.#offer([]);
    const { lat, lon } = this.desk.city.centre;
    const query = new URLSearchParams({ q: q.slice(0, 100), lat: String(lat), lon: String(lon), limit: String(MOST) });
    const answer = await this.desk.session.call("GET", `/v1/streets/search?${query}`).catch(() => ({ candidates: [] }));
    if (q !== this.address || document.activeElement !== this.typed) return;
    this.#offer(answer.candidates.filter((/** @type {any} */ one) => this.desk.isNear(one.point)));
  }

  /** @param {any[]} candidates */
  #offer(candidates) {
    this.#offered = candidates;
    const option = (/** @type {any} */ one, /** @type {number} */ place) =>
      h("li", { role: "option", id: `${this.list.id}-${place}`, class: "offer", onpointerdown: (/** @type {Event} */ event) => event.preventDefault(), onclick: () => this.#choose(one) }, one.address);
    fill(this.list, ...candidates.map(option));
    show(this.list, candidates.length > 0);
    this.typed.setAttribute("aria-expanded", String(candidates.length > 0));
    this.#point(-1);
    if (candidates.length) announce(plural("desk.places_found", candidates.length));
  }

  /** @param {number} place */
  #point(place) {
    this.#active = place;
    [...this.list.children].forEach((one, at) => one.setAttribute("aria-selected", String(at === place)));
    if (place < 0) this.typed.removeAttribute("aria-activedescendant");
    else this.typed.setAttribute("aria-activedescendant", `${this.list.id}-${place}`);
  }

  /** @param {KeyboardEvent} event */
  #step(event) {
    const count = this.#offered.length;
    if (event.key === "Enter") event.preventDefault(); // an order is not sent from here
    if (!count) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const by = event.key === "ArrowDown" ? 1 : -1;
      this.#point(this.#active < 0 && by < 0 ? count - 1 : (this.#active + by + count) % count);
    } else if (event.key === "Enter") this.#choose(this.#offered[Math.max(0, this.#active)]);
    else if (event.key === "Escape") this.#offer([]);
  }

  /** @param {any} found */
  #choose(found) {
    this.typed.value = found.address;
    this.#street = found.street;
    this.#offer([]);
    clearTimeout(this.#asking);
    this.set(found.point, found.precision === "street" ? "street" : "found");
    this.desk.map?.show(found.point, CLOSE);
  }
}
