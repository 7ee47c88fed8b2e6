// @ts-check
import { request } from "./api.js";
import { h, icon, isStill } from "./dom.js";
import { loadLeaflet } from "./leaflet.js";
import { Streets, coloursOf, streetLayer } from "./streets.js";
import { t } from "./texts.js";

/**
 * The map of the city: our own streets, tiles over them where the installation has a server, and markers with names.
 *
 *     const map = await createMap(byId("map"), { centre: store, zoom: 15, label: t("track.map") });
 *     map.mark("rider", { kind: "rider", icon: "bicycle", label: "Beto", place, glide_ms: 1000 });
 *     map.fit([store, door]);
 *
 * @typedef {{lat: number, lon: number}} Place
 * @typedef {{kind: "rider" | "store" | "door" | "group" | "dot", label: string, place: Place, icon?: string, caption?: string, state?: string,
 *   flags?: string, glide_ms?: number, onSelect?: (id: string, isByKey: boolean) => void, size_px?: [number, number], drawn?: string,
 *   content?: () => HTMLElement}} Marking `content` makes the sign instead of an icon, and again whenever `drawn` is another
 * @typedef {{centre: Place, bounds: {south: number, west: number, north: number, east: number}, streets_url: string,
 *   more_streets_url: string, tile_url: string | null, attribution: string}} Described
 */

const REST_FROM = 13;
const FURTHEST_GLIDE_M = 1_500; // who is further away was not seen on the way
const KEPT = "recado.map";
const COPYRIGHT = "https://www.openstreetmap.org/copyright";
const PIN_PX = 44;

/**
 * Put a map into an element. Throws `Unreachable` where nobody answers and it was never here before.
 * @param {HTMLElement} element its size is the map's; what it holds until then is replaced
 * @param {{centre?: Place, zoom?: number, label?: string}} [how] the city's centre, where none is given
 */
export async function createMap(element, { centre, zoom = 15, label = t("common.map.label") } = {}) {
  const [L, described] = await Promise.all([loadLeaflet(), describe(), loadStyle("../../css/map.css")]);
  return new CityMap(L, element, described, { centre: centre ?? described.centre, zoom, label });
}

export class CityMap {
  /** @param {any} L @param {HTMLElement} element @param {Described} described @param {{centre: Place, zoom: number, label: string}} how */
  constructor(L, element, described, { centre, zoom, label }) {
    this.L = L;
    this.element = element;
    this.described = described;
    this.streets = new Streets();
    /** @type {Map<string, Marker>} */
    this.markers = new Map();
    /** @type {Map<string, any>} */
    this.routes = new Map();
    /** @type {Map<string, any>} */
    this.areas = new Map();
    element.replaceChildren();
    element.classList.add("map");
    element.setAttribute("role", "region");
    element.setAttribute("aria-label", label);
    const moves = !isStill();
    this.leaflet = L.map(element, {
      center: [centre.lat, centre.lon], zoom, minZoom: 11, maxZoom: 19, zoomControl: false, attributionControl: false,
      zoomAnimation: moves, fadeAnimation: false, markerZoomAnimation: moves, inertia: moves,
    });
    if (!moves) withoutMovement(L, this.leaflet);
    L.control.zoom({ position: "topright", zoomInTitle: t("common.map.zoom_in"), zoomOutTitle: t("common.map.zoom_out") }).addTo(this.leaflet);
    this.addAttribution(described.attribution);
    this.addStreets(described);
    if (described.tile_url) L.tileLayer(described.tile_url, { maxZoom: 19, className: "map-tiles" }).addTo(this.leaflet);
    this.resized = new ResizeObserver(() => this.leaflet.invalidateSize({ animate: false }));
    this.resized.observe(element);
  }

  /**
   * Put a marker on the map, or change the one of this id. With `glide_ms` it goes to its new place instead of jumping.
   * @param {string} id
   * @param {Marking} marking
   */
  mark(id, marking) {
    const known = this.markers.get(id);
    if (known) known.update(marking);
    else this.markers.set(id, new Marker(this.L, this.leaflet, id, marking));
  }

  /** Take a marker away. @param {string} id */
  unmark(id) {
    this.markers.get(id)?.remove();
    this.markers.delete(id);
  }

  /** Take away every marker, of these kinds where some are named, but these. @param {Iterable<string>} ids @param {string[]} [kinds] */
  keep(ids, kinds) {
    const kept = new Set(ids);
    for (const [id, { marking }] of [...this.markers]) if (!kept.has(id) && (!kinds || kinds.includes(marking.kind))) this.unmark(id);
  }

  /** Go with the keyboard to the marker of these kinds that is next to a place. @param {Place} place @param {string[]} kinds */
  focusNear(place, kinds) {
    const far = (/** @type {Marker} */ marker) => apart_m(marker.place, place);
    const [first] = [...this.markers.values()].filter(({ marking }) => kinds.includes(marking.kind)).sort((a, b) => far(a) - far(b));
    (first?.marker.getElement() ?? this.element).focus({ preventScroll: true });
  }

  /** Draw a line, or change the one of this id; without places it goes. @param {string} id @param {Place[]} places @param {string} [look] how it differs */
  line(id, places, look = "") {
    this.routes.get(id)?.remove();
    this.routes.delete(id);
    if (places.length < 2) return;
    const corners = places.map(({ lat, lon }) => [lat, lon]);
    this.routes.set(id, this.L.polyline(corners, { className: `map-line ${look}`, interactive: false, weight: 5 }).addTo(this.leaflet));
  }

  /**
   * Draw somewhere around a place, or change the one of this id; without an area it goes.
   * @param {string} id
   * @param {{place: Place, within_m: number, label: string, caption?: string, state?: string} | null} area
   */
  area(id, area) {
    if (!area) {
      this.areas.get(id)?.remove();
      this.areas.delete(id);
      return;
    }
    const { place, within_m, label, caption = "", state = "" } = area;
    const drawn = this.areas.get(id) ?? this.L.circle([place.lat, place.lon], { className: "map-area", interactive: false, radius: within_m });
    if (!this.areas.has(id)) {
      this.areas.set(id, drawn.addTo(this.leaflet));
      if (caption) drawn.bindTooltip(h("span", {}, caption), { permanent: true, direction: "center", className: "map-area-caption" });
    }
    drawn.setLatLng([place.lat, place.lon]).setRadius(within_m);
    const element = drawn.getElement();
    element.setAttribute("role", "img");
    element.setAttribute("aria-label", label);
    element.dataset.state = state;
  }

  /**
   * Show all these places at once.
   * @param {Place[]} places
   * @param {{zoom_max?: number, padding_px?: number, covered_px?: number, below_px?: number}} [how] what something over the map covers:
   *   `covered_px` of its right, `below_px` of its foot
   */
  fit(places, { zoom_max = 17, padding_px = 48, covered_px = 0, below_px = 0 } = {}) {
    if (!places.length) return;
    const corners = places.map(({ lat, lon }) => [lat, lon]);
    this.leaflet.fitBounds(corners, {
      maxZoom: zoom_max, paddingTopLeft: [padding_px, padding_px], paddingBottomRight: [padding_px + covered_px, padding_px + below_px], animate: !isStill(),
    });
  }

  /** Go to a place. @param {Place} place @param {number} [zoom] */
  show({ lat, lon }, zoom = this.leaflet.getZoom()) {
    this.leaflet.setView([lat, lon], zoom, { animate: !isStill() });
  }

  /** Call back whenever another part of the world is in view, or at another zoom. Returns what stops it. @param {() => void} listener */
  onView(listener) {
    this.leaflet.on("moveend zoomend resize", listener);
    return () => this.leaflet.off("moveend zoomend resize", listener);
  }

  /** @returns {number} */
  get zoom() {
    return this.leaflet.getZoom();
  }

  /** What is in view, in screen pixels of the whole world at this zoom. */
  view() {
    const { min, max } = this.leaflet.getPixelBounds();
    return { west: min.x, north: min.y, east: max.x, south: max.y };
  }

  /** The place at these screen pixels of the whole world. @param {{x: number, y: number}} pixel @returns {Place} */
  placeAt({ x, y }) {
    const { lat, lng } = this.leaflet.unproject([x, y]);
    return { lat, lon: lng };
  }

  /** The screen pixels of a place. @param {Place} place @returns {{x: number, y: number}} */
  pixelOf = ({ lat, lon }) => this.leaflet.project([lat, lon]);

  /** The closest zoom that still shows all these places. @param {Place[]} places @returns {number} */
  zoomFor = (places) => this.leaflet.getBoundsZoom(places.map(({ lat, lon }) => [lat, lon]), false, [96, 96]);

  /** What lies in the middle of these places. @param {Place[]} places @returns {Place} */
  middleOf(places) {
    const { lat, lng } = this.L.latLngBounds(places.map(({ lat, lon }) => [lat, lon])).getCenter();
    return { lat, lon: lng };
  }

  /** Tell whether a place is in view. @param {Place} place */
  sees = ({ lat, lon }) => this.leaflet.getBounds().contains([lat, lon]);

  /** Leave the element as if there had been no map. */
  remove() {
    for (const id of [...this.markers.keys()]) this.unmark(id);
    this.scheme.onchange = null;
    this.resized.disconnect();
    this.leaflet.remove();
  }

  /** @param {Described} described */
  addStreets({ streets_url, more_streets_url }) {
    let colours = coloursOf(this.element);
    const layer = streetLayer(this.L, this.streets, () => colours).addTo(this.leaflet);
    this.scheme = matchMedia("(prefers-color-scheme: dark)");
    this.scheme.onchange = () => {
      colours = coloursOf(this.element);
      layer.redraw();
    };
    const load = async (/** @type {string} */ url) => {
      this.streets.add(await request("GET", url));
      if (this.leaflet.getPane("mapPane")) layer.redraw();
    };
    let isComplete = false;
    const complete = () => {
      if (isComplete || this.leaflet.getZoom() < REST_FROM) return;
      isComplete = true;
      load(more_streets_url).catch(() => (isComplete = false)); // tried again with the next movement
    };
    /** Resolves when the first streets are there. A map without a network has none, and is a map all the same. */
    this.drawn = load(streets_url).catch(() => {}).then(complete);
    this.leaflet.on("moveend", complete);
  }

  /** @param {string} attribution */
  addAttribution(attribution) {
    const control = this.L.control({ position: "bottomright" });
    control.onAdd = () => h("p", { class: "map-attribution leaflet-control-attribution" }, h("a", { href: COPYRIGHT, rel: "noopener", target: "_blank" }, attribution));
    control.addTo(this.leaflet);
  }
}

class Marker {
  /** @param {any} L @param {any} leaflet @param {string} id @param {Marking} marking */
  constructor(L, leaflet, id, marking) {
    this.moving = 0;
    this.place = marking.place;
    this.marking = marking;
    this.pin = h("span", { class: "map-pin" });
    const isButton = Boolean(marking.onSelect);
    const drawn = L.divIcon({ className: "map-marker", html: this.pin, iconSize: marking.size_px ?? [PIN_PX, PIN_PX] });
    const above = { group: 300, rider: 200, door: 100, store: 0, dot: 150 }[marking.kind];
    this.marker = L.marker([this.place.lat, this.place.lon], { icon: drawn, interactive: isButton, keyboard: isButton, zIndexOffset: above });
    this.marker.addTo(leaflet);
    if (isButton) this.marker.on("click keypress", (/** @type {any} */ event) => this.select(id, event.originalEvent));
    this.update(marking);
  }

  /** @param {string} id @param {Event | undefined} event */
  select(id, event) {
    if (event instanceof KeyboardEvent && event.key !== "Enter" && event.key !== " ") return;
    this.marking.onSelect?.(id, event instanceof KeyboardEvent);
  }

  /** @param {Marking} marking */
  update(marking) {
    this.marking = marking;
    const element = this.marker.getElement();
    element.setAttribute("role", marking.onSelect ? "button" : "img");
    if (element.getAttribute("aria-label") !== marking.label) element.setAttribute("aria-label", marking.label);
    this.pin.dataset.kind = marking.kind;
    this.pin.dataset.state = marking.state ?? "";
    this.pin.dataset.flags = marking.flags ?? "";
    this.draw(marking);
    this.goTo(marking.place, marking.glide_ms ?? 0);
  }

  /** @param {Marking} marking */
  draw(marking) {
    if (marking.content) {
      if (this.pin.dataset.drawn !== marking.drawn) this.pin.replaceChildren(marking.content());
      this.pin.dataset.drawn = marking.drawn;
      return;
    }
    const drawn = marking.icon ?? { rider: "motorcycle", store: "store", door: "door", group: "", dot: "" }[marking.kind];
    if (this.pin.dataset.icon !== drawn || this.pin.dataset.caption !== (marking.caption ?? "")) {
      Object.assign(this.pin.dataset, { icon: drawn, caption: marking.caption ?? "" });
      this.pin.replaceChildren(...(drawn ? [icon(drawn)] : []), ...(marking.caption ? [h("span", { class: "map-caption" }, marking.caption)] : []));
    }
  }

  /** @param {Place} end @param {number} glide_ms */
  goTo(end, glide_ms) {
    cancelAnimationFrame(this.moving);
    const start = this.place;
    const far = apart_m(start, end);
    if (!far) return;
    if (!glide_ms || isStill() || far > FURTHEST_GLIDE_M || document.hidden) return this.put(end);
    const began = performance.now();
    const step = (/** @type {number} */ now) => {
      const share = Math.min(1, Math.max(0, (now - began) / glide_ms));
      this.put({ lat: start.lat + (end.lat - start.lat) * share, lon: start.lon + (end.lon - start.lon) * share });
      if (share < 1) this.moving = requestAnimationFrame(step);
    };
    this.moving = requestAnimationFrame(step);
  }

  /** @param {Place} place */
  put(place) {
    this.place = place;
    this.marker.setLatLng([place.lat, place.lon]);
  }

  remove() {
    cancelAnimationFrame(this.moving);
    this.marker.remove();
  }
}

/** What the server says of the map, or said when there was a network. @returns {Promise<Described>} */
async function describe() {
  try {
    const described = await request("GET", "/v1/map");
    remember(described);
    return described;
  } catch (error) {
    const kept = remembered();
    if (kept) return kept;
    throw error;
  }
}

/** @param {Described} described */
function remember(described) {
  try {
    localStorage.setItem(KEPT, JSON.stringify(described));
  } catch {
    // A browser that keeps nothing asks again.
  }
}

/** @returns {Described | null} */
function remembered() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "null");
  } catch {
    return null;
  }
}

/** For a reader who asked for less movement: the arrow keys move the map at once. @param {any} L @param {any} leaflet */
function withoutMovement(L, leaflet) {
  leaflet.panBy = (/** @type {any} */ by, /** @type {any} */ how) => L.Map.prototype.panBy.call(leaflet, by, { ...how, animate: false });
}

/** @type {Map<string, Promise<void>>} */
const styles = new Map();

/** @param {string} path */
function loadStyle(path) {
  const href = new URL(path, import.meta.url).href;
  const known = styles.get(href);
  if (known) return known;
  const loading = new Promise((/** @type {(value: void) => void} */ resolve) => {
    const link = h("link", { rel: "stylesheet", href, onload: () => resolve(), onerror: () => resolve() });
    document.head.append(link);
  });
  styles.set(href, loading);
  return loading;
}

/** @param {Place} a @param {Place} b */
function apart_m(a, b) {
  const north = (b.lat - a.lat) * 111_195;
  const east = (b.lon - a.lon) * 111_195 * Math.cos((a.lat * Math.PI) / 180);
  return Math.hypot(north, east);
}
