// @ts-check
import { fill, h } from "../core/dom.js";
import { toast } from "../core/live.js";
import { distance, t } from "../core/texts.js";
import { Wrong, button, choice, field, form, input } from "./desk.js";

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

  async open() {
    this.desk.clear();
    const zones = await this.desk.session.call("GET", this.desk.here("/v1/zones"));
    for (const zone of zones) this.#outline(zone.id, zone.polygon);
    if (zones.length) this.desk.map?.fit(zones.flatMap((/** @type {any} */ zone) => zone.polygon));
    const show = (/** @type {any} */ zone) => button(t("desk.show"), () => this.desk.map?.fit(zone.polygon));
    fill(
      this.element,
      zones.length ? h("ul", { class: "list card" }, ...zones.map((/** @type {any} */ zone) => h("li", {}, h("span", { class: "grow strong" }, zone.name), show(zone)))) : h("p", { class: "notice" }, t("desk.no_zones")),
      this.desk.may("administration") ? this.#form() : null,
    );
  }

  #form() {
    this.corners = [];
    const told = h("p", { class: "hint", role: "status" }, t("desk.zone_hint"));
    const radius = choice("radius", RADII_M.map((one) => [String(one), distance(one)]), "3000");
    const shape = choice("shape", [["circle", t("desk.shape.circle")], ["corners", t("desk.shape.corners")]]);
    const draw = () => {
      const ring = this.#ring(shape.value, Number(radius.value));
      this.#outline("new", ring);
      told.textContent = t(shape.value === "circle" ? (this.corners.length ? "desk.zone_circle_set" : "desk.zone_hint") : "desk.zone_corners_hint");
    };
    shape.addEventListener("change", () => {
      this.corners = [];
      draw();
    });
    radius.addEventListener("change", draw);
    this.desk.onPlace = (place) => {
      this.corners = shape.value === "circle" ? [place] : [...this.corners, place];
      draw();
    };
    const undo = button(t("desk.undo_corner"), () => {
      this.corners.pop();
      draw();
    });
    const middle = button(t("desk.city_centre"), () => this.desk.onPlace?.(this.desk.city.centre));
    const made = form({
      fields: [
        h("h2", {}, t("desk.add_zone")),
        field("zone-name", t("desk.field.name"), input("name", { required: true, maxlength: 120 })),
        h("div", { class: "pair-of" }, field("shape", t("desk.shape"), shape), field("radius", t("desk.radius"), radius)),
        told,
        h("div", { class: "row" }, middle, undo),
      ],
      submit: t("desk.add_zone"),
      send: async (said, key) => {
        const polygon = this.#ring(shape.value, Number(radius.value));
        if (polygon.length < FEWEST_CORNERS) throw new Wrong(t("desk.zone_hint"));
        await this.desk.send("POST", "/v1/zones", { city_id: this.desk.city.id, name: String(said.get("name")).trim(), polygon }, key);
        toast(t("desk.saved", { name: String(said.get("name")) }), { tone: "good" });
        await this.open();
      },
    });
    made.classList.add("card");
    return made;
  }

  /** @param {string} shape @param {number} radius_m @returns {import("./desk.js").Place[]} */
  #ring(shape, radius_m) {
    if (shape !== "circle") return this.corners;
    const [centre] = this.corners;
    return centre ? circle(centre, radius_m) : [];
  }

  /** @param {string} id @param {import("./desk.js").Place[]} ring */
  #outline(id, ring) {
    this.desk.map?.line(`zone ${id}`, ring.length ? [...ring, ring[0]] : []);
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
