// @ts-check
import { clock } from "../core/clock.js";
import { Problem } from "../core/api.js";
import { domainTimeOf } from "./instants.js";
import { metresBetween } from "./reckoning.js";

/**
 * @typedef {"off" | "asking" | "good" | "inaccurate" | "denied" | "unavailable" | "silent" | "insecure"} Sight
 * How well the phone sees where it is; everything but "good" has a cause that the rider can do something about.
 * @typedef {{lat: number, lon: number, accuracy_m: number, at_ms: number}} Spot
 */

/** How often a position is kept: closer while something is carried. */
const PACE = { carrying: { every_ms: 3_000, metres: 12 }, waiting: { every_ms: 10_000, metres: 40 } };
const SEND_EVERY_MS = 5_000;
const ASK_AGAIN_MS = 20_000; // a phone that stands still says nothing by itself, and would be held for silent
const SILENT_AFTER_MS = 60_000;
const MOST_AT_ONCE = 200;
const MOST_KEPT = 3_000; // two and a half hours of carrying without signal
const INACCURATE_M = 100; // the server's own threshold
const LONGEST_WAIT_MS = 30_000;
const CLOCK_WAS_WRONG_MS = 60_000;

/** Takes the phone's positions, keeps them, and brings them to the server in batches. */
export class Tracker {
  /** @type {Sight} */
  sight = "off";
  /** @type {Spot | null} */
  spot = null;
  /** How many of this evening got which verdict. @type {Record<string, number>} */
  verdicts = {};
  waiting = 0;
  #session;
  #shelf;
  #onChange;
  #pace = PACE.waiting;
  #watch = 0;
  #heardAt = 0;
  #kept = { at: 0, lat: 0, lon: 0 };
  #failures = 0;
  #battery = /** @type {number | undefined} */ (undefined);
  /** @type {Record<string, number>} */
  #timers = {};

  /**
   * @param {import("../core/session.js").Session} session
   * @param {import("./shelf.js").Shelf | import("./shelf.js").LooseShelf} shelf
   * @param {() => void} onChange
   */
  constructor(session, shelf, onChange) {
    this.#session = session;
    this.#shelf = shelf;
    this.#onChange = onChange;
    addEventListener("online", () => this.#send());
  }

  /** Send what another evening, or the tab before this one, left behind. */
  async load() {
    this.verdicts = (await this.#shelf.recall("verdicts")) ?? {};
    this.waiting = await this.#shelf.countPings();
    this.#send();
  }

  /** Watch where the phone is. @param {{isCarrying: boolean}} how more often, and as exactly as it can, while carrying */
  start({ isCarrying }) {
    const pace = isCarrying ? PACE.carrying : PACE.waiting;
    if (this.#watch && pace === this.#pace) return;
    this.stop();
    this.#pace = pace;
    if (!window.isSecureContext || !navigator.geolocation) return this.#see("insecure");
    this.#see(this.spot ? this.sight : "asking");
    this.#heardAt = performance.now();
    this.#watch = navigator.geolocation.watchPosition(this.#take, this.#miss, this.#wish);
    this.#timers.again = setInterval(this.#ask, ASK_AGAIN_MS);
    this.#readBattery();
  }

  /** Ask where the phone is once, for the beginning of a shift; it asks for permission too. @param {number} patience_ms */
  async locate(patience_ms) {
    if (!window.isSecureContext || !navigator.geolocation) return null;
    const wish = { enableHighAccuracy: true, maximumAge: 60_000, timeout: patience_ms };
    const found = await new Promise((/** @type {(value: GeolocationPosition | null) => void} */ resolve) => {
      navigator.geolocation.getCurrentPosition(resolve, () => resolve(null), wish);
      setTimeout(resolve, patience_ms * 2, null); // while the rider reads the question
    });
    return found && { lat: found.coords.latitude, lon: found.coords.longitude };
  }

  stop() {
    if (this.#watch) navigator.geolocation.clearWatch(this.#watch);
    this.#watch = 0;
    clearInterval(this.#timers.again);
    this.#see("off");
  }

  /** Ask the phone again, as after the rider switched something on. */
  retry() {
    const isCarrying = this.#pace === PACE.carrying;
    this.stop();
    this.start({ isCarrying });
  }

  /** A new shift counts anew. */
  forget() {
    this.verdicts = {};
    this.#shelf.remember("verdicts", {});
  }

  get #wish() {
    return { enableHighAccuracy: true, maximumAge: this.#pace.every_ms, timeout: 30_000 };
  }

  #ask = () => {
    const silence_ms = performance.now() - this.#heardAt;
    if (silence_ms > SILENT_AFTER_MS && this.sight !== "denied" && this.sight !== "unavailable") this.#see("silent");
    if (silence_ms > ASK_AGAIN_MS - 1_000) navigator.geolocation.getCurrentPosition(this.#take, this.#miss, this.#wish);
  };

  #take = async (/** @type {GeolocationPosition} */ { coords, timestamp }) => {
    this.#heardAt = performance.now();
    const at = domainTimeOf(timestamp);
    const { latitude: lat, longitude: lon, accuracy: accuracy_m } = coords;
    this.spot = { lat, lon, accuracy_m, at_ms: at };
    this.#see(accuracy_m > INACCURATE_M ? "inaccurate" : "good");
    const rested_ms = at - this.#kept.at;
    const isSame = rested_ms < this.#pace.every_ms && metresBetween(this.#kept, this.spot) < this.#pace.metres;
    if (isSame && rested_ms > -CLOCK_WAS_WRONG_MS) return;
    this.#kept = { at, lat, lon };
    await this.#keep({
      rider_id: this.#session.identity?.subject_id, device_at: at, lat, lon, accuracy_m, source: "browser",
      ...(coords.speed === null ? {} : { speed_mps: coords.speed }),
      ...(coords.heading === null || Number.isNaN(coords.heading) ? {} : { bearing_deg: coords.heading }),
      ...(this.#battery === undefined ? {} : { battery: this.#battery }),
    });
    this.#timers.send ||= setTimeout(this.#send, this.#failures ? this.#patience : SEND_EVERY_MS / Math.max(1, clock.rate));
    this.#onChange();
  };

  /** @param {import("./shelf.js").Ping} ping */
  async #keep(ping) {
    try {
      await this.#shelf.addPing(ping);
      this.waiting = await this.#shelf.countPings();
      if (this.waiting > MOST_KEPT) await this.#thin();
    } catch {
      // A full phone keeps no more positions; reports come first.
    }
  }

  /** Too many to keep: of the older half every second one goes, so that the way stays whole and only gets coarser. */
  async #thin() {
    const older = (await this.#shelf.listPings()).slice(0, MOST_KEPT / 2);
    await this.#shelf.dropPings(older.filter((_, number) => number % 2 === 1).map((ping) => ping.device_at));
    this.waiting = await this.#shelf.countPings();
  }

  #miss = (/** @type {GeolocationPositionError} */ { code }) => {
    if (code === GeolocationPositionError.PERMISSION_DENIED) this.#see("denied");
    else if (code === GeolocationPositionError.POSITION_UNAVAILABLE) this.#see("unavailable");
    else if (performance.now() - this.#heardAt > SILENT_AFTER_MS) this.#see("silent");
  };

  #send = async () => {
    clearTimeout(this.#timers.send);
    this.#timers.send = 0;
    try {
      const pass = () => this.#sendAll();
      await (navigator.locks ? navigator.locks.request("recado.rider.pings", pass) : pass());
      this.#failures = 0;
    } catch {
      this.#failures += 1;
      this.#timers.send ||= setTimeout(this.#send, this.#patience);
    }
    this.#onChange();
  };

  /** @type {() => Promise<void>} */
  async #sendAll() {
    for (;;) {
      // Those of another rider who used this phone wait for them.
      const own = (await this.#shelf.listPings()).filter((ping) => ping.rider_id === this.#session.identity?.subject_id);
      const batch = own.slice(0, MOST_AT_ONCE);
      if (!batch.length) break;
      try {
        const answers = await this.#session.call("POST", "/v1/rider/positions", { positions: batch.map(({ rider_id: _, ...ping }) => ping) });
        for (const { verdict } of answers) this.verdicts[verdict] = (this.verdicts[verdict] ?? 0) + 1;
      } catch (error) {
        // A batch that is refused as a whole would be refused for ever.
        if (!(error instanceof Problem) || ![400, 422].includes(error.status)) throw error;
        this.verdicts.invalid = (this.verdicts.invalid ?? 0) + batch.length;
      }
      await this.#shelf.dropPings(batch.map((ping) => ping.device_at));
      await this.#shelf.remember("verdicts", this.verdicts);
      this.waiting = await this.#shelf.countPings();
    }
  }

  get #patience() {
    return Math.min(1_000 * 2 ** this.#failures, LONGEST_WAIT_MS);
  }

  async #readBattery() {
    try {
      const battery = await /** @type {any} */ (navigator).getBattery?.();
      if (!battery) return;
      const read = () => (this.#battery = battery.level);
      read();
      battery.onlevelchange = read;
    } catch {
      // Not every browser tells.
    }
  }

  /** @param {Sight} sight */
  #see(sight) {
    if (sight === this.sight) return;
    this.sight = sight;
    this.#onChange();
  }
}
