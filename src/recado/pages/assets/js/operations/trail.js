// @ts-check
import { clock } from "../core/clock.js";
import { minutes, t, time } from "../core/texts.js";
import { readWay, spotOf } from "./way.js";
import { apart_m } from "./words.js";

/** One rider's way of the last hour on the map: rides as lines, stops and times as dots, and nothing where nothing is known. */

const HOUR_MS = 3_600_000;
const AGAIN_MS = 15_000; // what came late is read; what comes now is told by the feed
const PAGES = 8; // of 1,000 places: an hour of a phone that tells twice a second
const TICK_MS = 600_000;
const LETTER_PX = 8; // of a caption, and its edges
const CAPTION_PX = 26;

export class Trail {
  /** @type {import("./way.js").Spot[]} */
  #spots = [];
  #riderId = "";
  #timer = 0;
  #drawn = 0; // how many lines are on the map
  /** @type {ReturnType<typeof readWay>} */
  way = [];
  isRead = false;

  /**
   * @param {import("../core/session.js").Session} session
   * @param {{map: () => import("../core/map.js").CityMap | null, onRead: () => void}} how `onRead`: after each reading, and each place that came
   */
  constructor(session, { map, onRead }) {
    this.session = session;
    this.map = map;
    this.onRead = onRead;
  }

  /** @param {string} riderId */
  open(riderId) {
    this.close();
    this.#riderId = riderId;
    this.#read(riderId);
  }

  close() {
    clearTimeout(this.#timer);
    this.#riderId = "";
    this.#spots = [];
    this.way = [];
    this.isRead = false;
    this.draw();
  }

  /** @param {import("./riders.js").Seen | null} seen where the rider is now */
  add(seen) {
    const last = this.#spots[this.#spots.length - 1];
    if (!this.isRead || !seen || (last && seen.measured_ms <= last.at_ms)) return;
    this.#spots.push({ lat: seen.lat, lon: seen.lon, at_ms: seen.measured_ms, isLate: false });
    this.#show();
  }

  /** All places, for a map that is to show the whole of it. */
  places() {
    return this.#spots;
  }

  /** @param {string} riderId */
  async #read(riderId) {
    try {
      const spots = [];
      let since = "";
      for (let page = 0; page < PAGES && (page === 0 || since); page++) {
        const read = await this.session.call("GET", `/v1/riders/${riderId}/trail${since ? `?since=${encodeURIComponent(since)}` : ""}`);
        spots.push(...read.points.map(spotOf));
        since = read.next_since ?? "";
      }
      if (riderId !== this.#riderId) return;
      const newest = spots[spots.length - 1]?.at_ms ?? 0;
      this.#spots = [...spots, ...this.#spots.filter(({ at_ms }) => at_ms > newest)];
      this.isRead = true;
      this.#show();
    } catch {
      // What is drawn stays, and says its times; the next reading tries again.
    }
    if (riderId === this.#riderId) this.#timer = setTimeout(() => this.#read(riderId), AGAIN_MS);
  }

  #show() {
    const from_ms = clock.now() - HOUR_MS;
    this.#spots = this.#spots.filter(({ at_ms }) => at_ms >= from_ms);
    this.way = readWay(this.#spots, apart_m);
    this.draw();
    this.onRead();
  }

  /** Draw it anew: at another zoom other times have room. */
  draw() {
    const map = this.map();
    if (!map) return;
    const lines = this.way.filter((part) => part.kind === "ride");
    lines.forEach((ride, i) => map.line(`trail ${i}`, ride.kind === "ride" ? ride.spots : [], ride.kind === "ride" && ride.isLate ? "map-line-late" : "map-line-trail"));
    for (let i = lines.length; i < this.#drawn; i++) map.line(`trail ${i}`, []);
    this.#drawn = lines.length;
    const taken = /** @type {{x: number, y: number, wide: number}[]} */ ([]);
    const dots = this.#dots();
    dots.forEach(({ place, label, caption, state }, i) => {
      const at = map.pixelOf(place);
      const wide = (caption.length + 1) * LETTER_PX;
      const hasRoom = taken.every((other) => Math.abs(other.x - at.x) > (other.wide + wide) / 2 || Math.abs(other.y - at.y) > CAPTION_PX);
      if (hasRoom) taken.push({ ...at, wide });
      map.mark(`trail ${i}`, { kind: "dot", place, label, caption: hasRoom ? caption : undefined, state });
    });
    map.keep(dots.map((_, i) => `trail ${i}`), ["dot"]);
  }

  /** What is said along the way, the most telling first: it gets the room. */
  #dots() {
    /** @type {{place: import("./way.js").Place, label: string, caption: string, state: string}[]} */
    const dots = [];
    for (const part of this.way) {
      if (part.kind === "stop") dots.push({ place: part.place, label: partText(part), caption: `${time(part.from_ms)} · ${minutes(Math.max(1, part.to_ms - part.from_ms - 30_000))}`, state: "stop" });
      if (part.kind === "gap") {
        dots.push({ place: part.from, label: t("operations.way.gap_from", { from: time(part.from_ms) }), caption: `${time(part.from_ms)} …`, state: "gap" });
        dots.push({ place: part.to, label: t("operations.way.gap_to", { to: time(part.to_ms) }), caption: `… ${time(part.to_ms)}`, state: "gap" });
      }
    }
    const first = this.#spots[0];
    if (first) dots.push({ place: first, label: t("operations.way.begins", { from: time(first.at_ms) }), caption: time(first.at_ms), state: "time" });
    for (const part of this.way) if (part.kind === "ride") dots.push(...ticks(part));
    return dots;
  }
}

/** The times that a ride passes: every ten minutes. @param {import("./way.js").Ride} ride */
function ticks({ spots }) {
  const passes = spots.filter((spot, i) => i > 0 && Math.floor(spot.at_ms / TICK_MS) > Math.floor(spots[i - 1].at_ms / TICK_MS));
  return passes.map((spot) => ({ place: spot, label: time(spot.at_ms), caption: time(spot.at_ms), state: "time" }));
}

/** A part of the way in words. @param {import("./way.js").Ride | import("./way.js").Stop | import("./way.js").Gap} part */
export function partText(part) {
  if (part.from_ms === part.to_ms) return t("operations.way.once");
  return t(`operations.way.${part.kind}`, { span: minutes(Math.max(1, part.to_ms - part.from_ms - 30_000)) });
}
