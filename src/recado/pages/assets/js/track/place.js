// @ts-check
import { clock } from "../core/clock.js";
import { byId, say, show } from "../core/dom.js";
import { createMap } from "../core/map.js";
import { minutes, t } from "../core/texts.js";
import { isCarried } from "./situation.js";
import { vehicle } from "./words.js";

/** @typedef {import("./situation.js").Tracking} Tracking */

const SMOOTHLY_MS = 4_000; // as long as the next position usually takes, or less

/**
 * Open the map below the words: where the food comes from, where it goes, and who brings it.
 * @param {Tracking} view
 */
export async function openPlace(view) {
  show(byId("map-section"), true);
  try {
    const map = await createMap(byId("map"), { centre: view.dropoff, label: t("track.map") });
    return new Place(map);
  } catch (error) {
    show(byId("map-section"), false);
    throw error;
  }
}

export class Place {
  /** @type {Tracking | null} */
  #view = null;
  /** @type {any} */
  #position = null;
  #isLed = false; // whoever moves the map by hand is not moved any more
  #shown = "";

  /** @param {import("../core/map.js").CityMap} map */
  constructor(map) {
    this.map = map;
    map.element.addEventListener("pointerdown", () => (this.#isLed = true));
    map.element.addEventListener("keydown", () => (this.#isLed = true));
  }

  /** @param {Tracking} view */
  show(view) {
    this.#view = view;
    if (view.pickup) this.map.mark("store", { kind: "store", label: view.store_name, caption: view.store_name, place: view.pickup });
    if (view.dropoff) this.map.mark("door", { kind: "door", label: t("track.map.door"), caption: t("track.map.door"), place: view.dropoff });
    if (!isCarried(view) || (view.is_other_stop_first && !this.#position?.is_coarse)) this.#forget();
    this.#look(`${view.stage} ${this.#how}`);
  }

  /** The rider was seen here. @param {any} position */
  move(position) {
    if (!this.#view || !isCarried(this.#view)) return;
    const isNew = !this.#position;
    if (!isNew && Date.parse(position.measured_at) < Date.parse(this.#position.measured_at)) return;
    this.#position = position;
    this.#mark(isNew ? 0 : SMOOTHLY_MS);
    this.age();
    this.#look(`${this.#view.stage} ${this.#how}`);
  }

  get #how() {
    if (!this.#position) return "unseen";
    return this.#position.is_coarse ? "roughly" : "exactly";
  }

  /** Say how old the rider's place is, once it is too old to be shown as theirs. */
  age() {
    const isOld = Boolean(this.#position) && clock.until(this.#position.stale_at) <= 0;
    show(byId("map-age"), isOld);
    if (!isOld) return;
    say(byId("map-age"), t("track.map.old", { minutes: minutes(-clock.until(this.#position.measured_at)) }));
    this.#mark(0);
  }

  /** @param {number} glide_ms */
  #mark(glide_ms) {
    const rider = this.#view?.rider;
    const { lat, lon, stale_at, is_coarse, within_m } = this.#position;
    const state = clock.until(stale_at) <= 0 ? "stale" : "";
    const label = [rider?.first_name, this.#view ? vehicle(this.#view) : ""].filter(Boolean).join(", ");
    const shown = { label, caption: rider?.first_name, place: { lat, lon }, state };
    // Somewhere in the circle: a marker in its middle would say more than is known.
    if (is_coarse) this.map.unmark("rider");
    else this.map.mark("rider", { ...shown, kind: "rider", icon: rider?.vehicle, glide_ms });
    this.map.area("rider", is_coarse ? { ...shown, label: t("track.map.area", { rider: label }), within_m } : null);
    say(byId("map-area"), t("track.map.area", { rider: rider?.first_name ?? t("track.somebody") }));
    show(byId("map-area"), Boolean(is_coarse));
  }

  /** Nobody's place is shown who does not bring the food. */
  #forget() {
    this.#position = null;
    this.map.unmark("rider");
    this.map.area("rider", null);
    show(byId("map-age"), false);
    show(byId("map-area"), false);
  }

  /** Show what matters now; again when that changes, or when the rider rides out of the picture. @param {string} what */
  #look(what) {
    const here = this.#position ? cornersOf(this.#position) : [];
    if (this.#isLed || (what === this.#shown && here.every(this.map.sees))) return;
    this.#shown = what;
    const places = [...(here.length ? here : [this.#view?.pickup]), this.#view?.dropoff].filter((one) => one !== null && one !== undefined);
    this.map.fit(/** @type {any} */ (places), { zoom_max: 16, padding_px: 56 });
  }
}

const M_PER_DEG = 111_195;

/** What must be in view for a position to be: itself, or all around it. @param {any} position */
function cornersOf({ lat, lon, within_m = 0 }) {
  const north = within_m / M_PER_DEG;
  const east = north / Math.cos((lat * Math.PI) / 180);
  return [-1, 1].map((side) => ({ lat: lat + side * north, lon: lon + side * east }));
}
