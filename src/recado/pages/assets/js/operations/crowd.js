// @ts-check
import { h, icon } from "../core/dom.js";
import { locale, number, plural } from "../core/texts.js";
import { CELL_HIGH, CELL_WIDE, Grid } from "./grid.js";
import { GROUPS, placeOf, riderText, since } from "./words.js";

/**
 * A city's riders on the map: each by themselves where there are few in view, else as groups with their numbers. However often
 * they move, they are drawn a few times a second, in a frame of the browser's own, and only those in view.
 */

const FEW = 60; // so many pins can be told apart on a screen
const MANY = 80; // from so many on they are grouped; between the two it stays as it was
const GLIDING = 24; // so many pins glide; more would keep a phone busy with nothing else
const GLIDE_MS = 900;
const DRAW_EVERY_MS = 400; // a feed tells twice a second
const CLOSEST = 18; // who still stands together here is listed instead
const SIGN = { wide: 104, high: 66 };

export class Crowd {
  #grid = new Grid();
  #zoom = -1;
  #isGrouped = false;
  #drawnAt = 0;
  #waiting = 0;
  #isClosed = false;
  /** @type {Set<string>} */
  #drawn = new Set();
  /** @type {Set<string>} riders who are drawn by themselves, whoever is around them */
  #chosen = new Set();
  #isAlone = false;
  /** Where somebody used the keyboard to open a group: focus goes to what is there now. @type {import("../core/map.js").Place | null} */
  #refocus = null;

  /**
   * @param {import("../core/map.js").CityMap} map
   * @param {(id: string) => import("./riders.js").Rider | undefined} find
   * @param {{onRider: (id: string) => void, onTogether: (ids: string[]) => void}} listeners
   */
  constructor(map, find, listeners) {
    this.map = map;
    this.find = find;
    this.on = listeners;
    this.stop = map.onView(() => {
      this.#drawNow();
      this.#focusAgain();
    });
  }

  /** @param {import("./riders.js").Rider} rider */
  put(rider) {
    const place = placeOf(rider);
    if (!place) return;
    this.#grid.put(rider.rider_id, place, rider.group, Boolean(rider.is_suspected));
    this.#later();
  }

  /** @param {string} id */
  drop(id) {
    this.#grid.drop(id);
    this.#later();
  }

  /** Draw these by themselves, and no group over what is drawn for one who is looked at alone. @param {string[]} ids @param {boolean} isAlone */
  choose(ids, isAlone) {
    if (isAlone === this.#isAlone && ids.length === this.#chosen.size && ids.every((id) => this.#chosen.has(id))) return;
    this.#chosen = new Set(ids);
    this.#isAlone = isAlone;
    this.#drawNow();
  }

  close() {
    this.#isClosed = true;
    this.stop();
    clearTimeout(this.#waiting);
    for (const id of this.#drawn) this.map.unmark(id);
  }

  #later() {
    if (this.#waiting) return;
    const rest_ms = Math.max(0, this.#drawnAt + DRAW_EVERY_MS - performance.now());
    this.#waiting = setTimeout(() => requestAnimationFrame(() => this.#drawNow()), rest_ms);
  }

  #drawNow() {
    if (this.#isClosed) return;
    clearTimeout(this.#waiting);
    this.#waiting = 0;
    this.#drawnAt = performance.now();
    if (this.map.zoom !== this.#zoom) this.#grid.zoomTo((this.#zoom = this.map.zoom));
    const box = this.map.view();
    const cells = this.#grid.within({ west: box.west - CELL_WIDE / 2, north: box.north - CELL_HIGH / 2, east: box.east + CELL_WIDE / 2, south: box.south + CELL_HIGH / 2 });
    const count = cells.reduce((sum, cell) => sum + cell.ids.size, 0);
    this.#isGrouped = count > (this.#isGrouped ? FEW : MANY);
    const drawn = new Set();
    const pin = (/** @type {string} */ id) => {
      const rider = this.find(id);
      if (rider && placeOf(rider)) drawn.add(this.#markRider(rider));
    };
    for (const cell of cells) {
      if (!this.#isGrouped || (cell.ids.size === 1 && !this.#isAlone)) cell.ids.forEach(pin);
      else if (!this.#isAlone) drawn.add(this.#markGroup(cell));
    }
    this.#chosen.forEach(pin);
    for (const id of this.#drawn) if (!drawn.has(id)) this.map.unmark(id);
    this.#drawn = drawn;
  }

  /** @param {import("./riders.js").Rider} rider */
  #markRider(rider) {
    const id = `rider ${rider.rider_id}`;
    const isChosen = this.#chosen.has(rider.rider_id);
    const isStale = rider.group === "stale";
    const age = isStale && rider.position ? since(rider.position.measured_ms) : undefined;
    this.map.mark(id, {
      kind: "rider", icon: rider.vehicle, place: /** @type {any} */ (placeOf(rider)), label: riderText(rider),
      caption: isChosen ? [rider.name, age].filter(Boolean).join(" · ") : age, state: rider.group,
      flags: [isChosen && "chosen", rider.is_suspected && "suspected"].filter(Boolean).join(" "), glide_ms: this.#drawn.size > GLIDING ? 0 : GLIDE_MS, onSelect: () => this.on.onRider(rider.rider_id),
    });
    return id;
  }

  /** @param {import("./grid.js").Cell} cell */
  #markGroup(cell) {
    const id = `group ${cell.key}`;
    const drawn = `${cell.ids.size} ${GROUPS.map((group) => cell[group])}`;
    const before = this.map.markers.get(id)?.marking;
    const label = before?.drawn === drawn ? before.label : groupText(cell);
    this.map.mark(id, {
      kind: "group", place: this.map.placeAt(this.#grid.middle(cell, SIGN)), label, size_px: [SIGN.wide, SIGN.high], drawn, content: () => sign(cell),
      onSelect: (_, isByKey) => this.#open(cell, isByKey),
    });
    return id;
  }

  /** Come nearer until a group falls apart; those who stand at one place are listed. @param {import("./grid.js").Cell} cell @param {boolean} isByKey */
  #open(cell, isByKey) {
    const ids = [...cell.ids];
    const places = ids.map((id) => placeOf(this.find(id))).filter(Boolean);
    const zoom = this.map.zoomFor(places);
    if (this.#zoom >= CLOSEST) return this.on.onTogether(ids);
    const middle = this.map.middleOf(places);
    if (isByKey) this.#refocus = middle;
    this.map.show(middle, Math.min(CLOSEST, Math.max(zoom, this.#zoom + 1)));
  }

  #focusAgain() {
    if (this.#refocus) this.map.focusNear(this.#refocus, ["group", "rider"]);
    this.#refocus = null;
  }
}

/** @param {import("./grid.js").Cell} cell */
function groupText(cell) {
  const said = GROUPS.filter((group) => cell[group] > 0).map((group) => plural(`operations.group.${group}`, cell[group]));
  return `${plural("operations.together", cell.ids.size)}: ${said.join(", ")}`;
}

const ROOM = 4; // parts that fit on a sign: of five the breaks are left to its label

/** @param {import("./grid.js").Cell} cell */
function sign(cell) {
  const counts = GROUPS.filter((group) => cell[group] > 0);
  const part = (/** @type {(typeof GROUPS)[number]} */ group) => h("span", { class: "group-part", dataset: { group } }, h("span", { class: "group-dot", dataset: { group } }), short(cell[group]));
  return h("span", { class: "group-sign" }, h("span", { class: "group-count" }, icon("motorcycle"), number(cell.ids.size)), h("span", { class: "group-parts" }, ...counts.filter((group) => counts.length <= ROOM || group !== "break").map(part)));
}

const compact = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });

/** @param {number} count */
const short = (count) => (count < 1000 ? number(count) : compact.format(count));
