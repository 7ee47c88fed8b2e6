// @ts-check
import { fill, h, say, show } from "../core/dom.js";
import { toast } from "../core/live.js";
import { distance, plural, t } from "../core/texts.js";
import { Wrong, button, choice, field, form, input, side } from "./forms.js";

const CORNERS = 36;
const M_PER_DEGREE = 111_195;
const RADII_M = [1000, 1500, 2000, 3000, 4000, 5000, 8000];
const FEWEST_CORNERS = 3;

/** Where the city delivers: circles, or corners touched on the map one after the other. */
export class Zones {
  /** @type {import("./desk.js").Place[]} */
  corners = [];

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
    const zones = await this.desk.outline(this.element);
    if (this.element.hidden) return;
    const mayChange = this.desk.may("administration");
    const drawn = zones.flatMap((/** @type {any} */ zone) => zone.polygon);
    const made = mayChange ? this.#form() : null;
    fill(
      this.element,
      h("div", { class: "row row-apart part-head" }, h("h2", {}, t("desk.part.zones"))),
      zones.length ? h("ul", { class: "list card" }, ...zones.map((/** @type {any} */ zone) => this.#line(zone, mayChange))) : h("p", { class: "notice notice-warn" }, t("desk.no_zones")),
      made,
    );
    this.desk.showMap(made?.querySelector(".map-slot"));
    this.desk.map?.fit(drawn);
  }

  /** @param {any} zone @param {boolean} mayChange */
  #line(zone, mayChange) {
    const seen = button(t("desk.show"), () => this.desk.map?.fit(zone.polygon));
    const change = button(t("desk.change"), () => this.#change(zone));
    return h("li", {}, h("span", { class: "grow strong" }, zone.name), h("div", { class: "row" }, seen, mayChange ? change : null));
  }

  /** @param {any} zone */
  #change(zone) {
    const made = this.#form(zone);
    this.desk.clear();
    fill(this.element, h("div", { class: "row part-head" }, button(t("desk.back"), () => this.open()), h("h2", {}, zone.name)), made);
    this.#listen();
    this.desk.showMap(made.querySelector(".map-slot"));
    this.desk.line("zone new", zone.polygon);
    this.desk.map?.fit(zone.polygon);
    made.querySelector("input")?.focus();
  }

  /** @param {any} [zone] the one to change */
  #form(zone) {
    this.corners = zone ? [...zone.polygon] : [];
    this.shape = choice("shape", [["circle", t("desk.shape.circle")], ["corners", t("desk.shape.corners")]], zone ? "corners" : "circle");
    this.radius = choice("radius", RADII_M.map((one) => [String(one), distance(one)]), "3000");
    this.told = h("p", { class: "place-told", role: "status" });
    const radiusField = field("radius", t("desk.radius"), this.radius);
    const again = () => {
      show(radiusField, this.shape?.value === "circle");
      show(undo, this.shape?.value === "corners");
      this.#draw();
    };
    this.shape.addEventListener("change", () => {
      this.corners = [];
      again();
    });
    this.radius.addEventListener("change", () => this.#draw());
    const undo = button(t("desk.undo_corner"), () => {
      this.corners.pop();
      this.#draw();
    });
    const middle = button(t("desk.city_centre"), () => this.#touched(this.desk.city.centre));
    const made = form({
      fields: [
        zone ? null : h("h3", {}, t("desk.add_zone")),
        field("zone-name", t("desk.field.name"), input("name", { required: true, maxlength: 120, value: zone?.name ?? "" })),
        side(field("shape", t("desk.shape"), this.shape), radiusField),
        this.told,
        h("div", { class: "row" }, middle, undo),
        h("div", { class: "map-slot" }),
      ],
      submit: t(zone ? "desk.save" : "desk.add_zone"),
      send: (said, key) => this.#save(zone, String(said.get("name")).trim(), key),
      style: "card",
    });
    again();
    this.#listen();
    return made;
  }

  #listen() {
    this.desk.listen((place) => this.#touched(place));
  }

  /** @param {import("./desk.js").Place} place */
  #touched(place) {
    this.corners = this.shape?.value === "circle" ? [place] : [...this.corners, place];
    this.#draw();
    const ring = this.#ring();
    if (this.shape?.value === "circle") this.desk.map?.fit(ring);
  }

  #draw() {
    const ring = this.#ring();
    this.desk.line("zone new", ring);
    const isCircle = this.shape?.value === "circle";
    const corners = plural("desk.zone_corners", this.corners.length);
    if (this.told) this.told.dataset.how = ring.length < FEWEST_CORNERS ? "missing" : "touched";
    if (this.told) say(this.told, isCircle ? t(this.corners.length ? "desk.zone_circle_set" : "desk.zone_hint") : this.corners.length ? corners : t("desk.zone_corners_hint"));
  }

  /** @param {any} zone @param {string} name @param {string} key */
  async #save(zone, name, key) {
    const polygon = this.#ring();
    if (polygon.length < FEWEST_CORNERS) throw new Wrong(t(this.shape?.value === "circle" ? "desk.zone_hint" : "desk.zone_corners_hint"));
    if (zone) await this.desk.send("PUT", `/v1/zones/${zone.id}`, { name, polygon });
    else await this.desk.send("POST", "/v1/zones", { city_id: this.desk.city.id, name, polygon }, key);
    await this.open(); // first, so that nobody types into the form that goes
    toast(t("desk.saved", { name }), { tone: "good" });
  }

  /** @returns {import("./desk.js").Place[]} */
  #ring() {
    if (this.shape?.value !== "circle") return this.corners;
    const [centre] = this.corners;
    return centre ? circle(centre, Number(this.radius?.value)) : [];
  }
}

/** @param {import("./desk.js").Place} centre @param {number} radius_m */
function circle(centre, radius_m) {
  return Array.from({ length: CORNERS }, (_, corner) => {
    const angle = (2 * Math.PI * corner) / CORNERS;
    return {
      lat: centre.lat + (radius_m * Math.cos(angle)) / M_PER_DEGREE,
      lon: centre.lon + (radius_m * Math.sin(angle)) / (M_PER_DEGREE * Math.cos((centre.lat * Math.PI) / 180)),
    };
  });
}
