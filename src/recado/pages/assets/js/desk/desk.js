// @ts-check
import { byId, show } from "../core/dom.js";
import { toast } from "../core/live.js";
import { createMap } from "../core/map.js";
import { t } from "../core/texts.js";

const FARTHEST_M = 60_000; // a city's streets are nobody else's
const M_PER_DEGREE = 111_195;
const ZOOM = 14;
const narrow = matchMedia("(max-width: 60rem)");

/** What was asked for one city came when another one was chosen. Whoever chose it asks anew, so that this is no failure. */
export class Overtaken extends Error {}

/**
 * What all parts of the desk work with: who is signed in, the city, its map, and the ways to ask and to send.
 * @typedef {{lat: number, lon: number}} Place
 */
export class Desk {
  /** @type {any} */
  city = null;
  /** @type {any} */
  map = null;
  /** @type {((place: Place) => void) | null} */
  onPlace = null;
  /** Whether the map has this city's streets: where it has not, places are touched or pasted. */
  hasStreets = true;
  /** @type {HTMLElement | null} */
  #slot = null;
  /** @type {Promise<any> | null} */
  #making = null;

  /** @param {import("../core/session.js").Session} session */
  constructor(session) {
    this.session = session;
    // Kept, as a form that is drawn anew leaves what was in it nowhere.
    this.side = byId("side");
    this.tools = byId("map-tools");
    this.canvas = byId("map");
    narrow.addEventListener("change", () => this.#arrange());
    byId("mark-middle").addEventListener("click", () => this.#markMiddle());
  }

  /** @param {string} scope */
  may(scope) {
    return (this.session.identity?.scopes ?? []).includes(scope);
  }

  /** @param {any} city */
  async open(city) {
    this.city = city;
    await this.openMap(city.centre);
  }

  /** @param {Place} centre */
  async openMap(centre) {
    try {
      this.#making ??= createMap(this.canvas, { centre, zoom: ZOOM, label: t("desk.map") });
      this.map = await this.#making;
      this.map.leaflet.off("click").on("click", (/** @type {any} */ event) => this.onPlace?.({ lat: event.latlng.lat, lon: event.latlng.lng }));
      this.map.show(centre, ZOOM);
      this.hasStreets = isInside(centre, this.map.described.bounds);
    } catch {
      this.#making = null; // tried again with the next city
      toast(t("desk.no_map"), { tone: "warn" });
    }
  }

  /** Show the map beside the part, or on a phone where the part needs it. @param {HTMLElement | null} [slot] */
  showMap(slot = null) {
    this.#slot = slot;
    byId("columns").classList.add("has-map");
    this.#arrange();
  }

  /** Whom the map's touches are for. @param {((place: Place) => void) | null} onPlace */
  listen(onPlace) {
    this.onPlace = onPlace;
    show(this.tools, Boolean(onPlace));
  }

  /** Draw where the city delivers: a map without streets has that to go by. @param {HTMLElement} part whose map it is, if it still is */
  async outline(part) {
    const zones = await this.ask(this.here("/v1/zones"));
    if (!part.hidden) for (const { id, polygon } of zones) this.line(`zone ${id}`, polygon);
    return zones;
  }

  /** @param {string} id @param {Place[]} ring */
  line(id, ring) {
    this.map?.line(id, ring.length ? [...ring, ring[0]] : []);
  }

  /** Take everything off the map, and the map away. */
  clear() {
    this.map?.keep([]);
    for (const id of [...(this.map?.routes.keys() ?? [])]) this.map.line(id, []);
    this.listen(null);
    this.#slot = null;
    byId("columns").classList.remove("has-map");
    this.#arrange();
  }

  #arrange() {
    const where = narrow.matches && this.#slot ? this.#slot : byId("columns");
    if (this.side.parentElement !== where) where.append(this.side);
  }

  /** For who has no finger or mouse: the arrow keys move the map, and this takes its middle. */
  #markMiddle() {
    const middle = this.map?.leaflet.getCenter();
    if (middle) this.onPlace?.({ lat: middle.lat, lon: middle.lng });
  }

  /** Read something of this city's; throws `Overtaken` where the answer would be shown in another one. @param {string} path @returns {Promise<any>} */
  async ask(path) {
    const { city } = this;
    const answer = await this.session.call("GET", path).catch((error) => ({ error }));
    if (city !== this.city) throw new Overtaken();
    if (answer.error) throw answer.error;
    return answer;
  }

  /** Every page of a list. @param {string} path @param {string} what @returns {Promise<any[]>} */
  async all(path, what) {
    const found = [];
    let cursor = "";
    do {
      const join = path.includes("?") ? "&" : "?";
      const page = await this.ask(`${path}${join}limit=200${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
      found.push(...page[what]);
      cursor = page.next_cursor ?? "";
    } while (cursor);
    return found;
  }

  /** @param {string} path */
  here(path) {
    return `${path}?city_id=${encodeURIComponent(this.city.id)}`;
  }

  /** Tell whether a place can be meant in this city. @param {Place} place */
  isNear = (place) => {
    const { lat, lon } = this.city.centre;
    const east = (place.lon - lon) * Math.cos((lat * Math.PI) / 180);
    return Math.hypot(place.lat - lat, east) * M_PER_DEGREE < FARTHEST_M;
  };

  /** Send what is safe to repeat under this key. @param {string} method @param {string} path @param {unknown} [body] @param {string} [key] */
  send(method, path, body, key) {
    return this.session.call(method, path, body, key ? { key } : {});
  }
}

/** @param {Place} place @param {{south: number, west: number, north: number, east: number}} bounds */
const isInside = ({ lat, lon }, { south, west, north, east }) => lat >= south && lat <= north && lon >= west && lon <= east;
