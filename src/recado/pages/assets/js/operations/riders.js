// @ts-check
import { clock } from "../core/clock.js";

/**
 * Who works in a city, as far as the page knows: lines that were read, and places that are told many times a second.
 * @typedef {"free" | "carrying" | "break" | "stale"} Group
 * @typedef {{lat: number, lon: number, bearing_deg: number | null, measured_ms: number, stale_ms: number}} Seen
 * @typedef {[string, number, number, number | null, number, number]} Row a rider's place in a `positions` frame
 * @typedef {{rider_id: string, name: string, vehicle: string, state: string, in_hand: number, stops_left: number, order_ids: string[],
 *   position: Seen | null, started_from: {lat: number, lon: number} | null, planned_end_at: string | null, misses_in_row: number,
 *   is_suspected: boolean | null, silence: string | null, group: Group}} Rider
 * @typedef {{all: number, suspected: number} & Record<Group, number>} Tally
 */

const IDLE = new Set(["free", "offered"]);

/** Which of the few kinds a rider counts as on the map: who is not heard of is never counted as at work. @param {Rider} rider @returns {Group} */
function groupOf(rider) {
  if (!rider.position || rider.position.stale_ms <= clock.now()) return "stale";
  if (rider.state === "break") return "break";
  return IDLE.has(rider.state) ? "free" : "carrying";
}

export class Riders {
  /** @type {Map<string, Rider>} */
  #all = new Map();
  /** @type {Rider[] | null} */
  #sorted = null;
  #order = new Intl.Collator();

  /** @param {{onRider: (rider: Rider) => void, onGone: (id: string) => void}} listeners told of every change, many times a second */
  constructor(listeners) {
    this.on = listeners;
  }

  /** @param {string} id */
  get = (id) => this.#all.get(id);

  get size() {
    return this.#all.size;
  }

  values() {
    return this.#all.values();
  }

  /** Everybody by name; the same list until somebody comes or goes. */
  sorted() {
    return (this.#sorted ??= [...this.#all.values()].sort((a, b) => this.#order.compare(a.name, b.name)));
  }

  /** Take a line that was read. A place that was told since is newer than the line's. @param {any} line */
  take(line) {
    const known = this.#all.get(line.rider_id);
    const read = line.position && seen(line.position);
    const position = known?.position && known.position.measured_ms > (read?.measured_ms ?? 0) ? known.position : read;
    if (known?.name !== line.name) this.#sorted = null;
    // The same object for as long as they work: the list of everybody stays sorted.
    const rider = Object.assign(known ?? {}, line, { position });
    rider.group = groupOf(rider);
    this.#all.set(rider.rider_id, rider);
    this.on.onRider(rider);
  }

  /** @param {string} id */
  forget(id) {
    if (!this.#all.delete(id)) return;
    this.#sorted = null;
    this.on.onGone(id);
  }

  /** @param {Row} row */
  place([id, lat, lon, bearing_deg, measured_ms, stale_ms]) {
    const rider = this.#all.get(id);
    if (!rider || (rider.position && rider.position.measured_ms > measured_ms)) return;
    rider.position = { lat, lon, bearing_deg, measured_ms, stale_ms };
    rider.group = groupOf(rider);
    this.on.onRider(rider);
  }

  /** Time passes, and nobody tells: who was live a moment ago is stale now. */
  age() {
    for (const rider of this.#all.values()) {
      const group = groupOf(rider);
      if (group === rider.group) continue;
      rider.group = group;
      this.on.onRider(rider);
    }
  }

  /** @returns {Tally} */
  tally() {
    const tally = { all: this.#all.size, free: 0, carrying: 0, break: 0, stale: 0, suspected: 0 };
    for (const rider of this.#all.values()) {
      tally[rider.group] += 1;
      if (rider.is_suspected) tally.suspected += 1;
    }
    return tally;
  }
}

/** @param {any} position of a line @returns {Seen} */
export const seen = ({ lat, lon, bearing_deg, measured_at, stale_at }) => ({ lat, lon, bearing_deg, measured_ms: Date.parse(measured_at), stale_ms: Date.parse(stale_at) });
