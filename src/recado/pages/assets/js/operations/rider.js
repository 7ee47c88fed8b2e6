// @ts-check
import { Problem } from "../core/api.js";
import { byId, fill, h, icon } from "../core/dom.js";
import { distance, has, number, plural, t, time, timeRange } from "../core/texts.js";
import { partText, Trail } from "./trail.js";
import { isOld, left, placeOf, seenText, silenceText } from "./words.js";

/**
 * One rider over the map: what they do, how old their place is and why, what speaks against it, and their way of the last hour.
 * @typedef {{suspicion_bp: number, is_suspected: boolean, evidence: {code: string, reason: string, at: string}[], motion: string | null,
 *   silence: {cause: string} | string | null}} Truth
 */

const TRUTH_AGAIN_MS = 30_000;
const NOT_FOUND = 404;

export class RiderPanel {
  /** @type {import("./riders.js").Rider | null} as they were last known, also once they are off shift */
  #rider = null;
  #isOff = false;
  /** What was found about their positions; null: nobody judges them here. @type {Truth | null} */
  #truth = null;
  #timer = 0;
  #drawn = "";
  /** @type {Set<string>} what is unfolded stays so */
  #open = new Set(["way"]);

  /**
   * @param {import("./town.js").Town} town
   * @param {{map: () => import("../core/map.js").CityMap | null, onClose: () => void, onOrder: (id: string) => void, onTrail: () => void}} how
   */
  constructor(town, how) {
    this.town = town;
    this.how = how;
    this.panel = byId("rider");
    this.trail = new Trail(town.session, {
      map: how.map,
      onRead: () => {
        this.#draw();
        how.onTrail();
      },
    });
  }

  get riderId() {
    return this.#rider?.rider_id ?? "";
  }

  /** Show a rider, on shift or off. @param {import("./riders.js").Rider} rider @param {boolean} isOff */
  open(rider, isOff) {
    const isNew = rider.rider_id !== this.riderId;
    this.#rider = rider;
    this.#isOff = isOff;
    if (isNew) {
      this.#truth = null;
      this.trail.open(rider.rider_id);
      clearTimeout(this.#timer);
      this.#readTruth(rider.rider_id);
    }
    this.panel.hidden = false;
    this.#draw();
  }

  close() {
    clearTimeout(this.#timer);
    this.#rider = null;
    this.#drawn = "";
    this.panel.hidden = true;
    this.trail.close();
  }

  focus() {
    this.panel.focus({ preventScroll: true });
  }

  /** They moved, or did something. @param {import("./riders.js").Rider} rider */
  hear(rider) {
    if (rider.rider_id !== this.riderId) return;
    this.#rider = rider;
    this.#isOff = false;
    this.trail.add(rider.position);
  }

  /** They went off shift: what is known of them stays in view. @param {string} id */
  lose(id) {
    if (id === this.riderId) this.#isOff = true;
  }

  /** Say how old it all is by now. */
  tick() {
    if (this.#rider) this.#draw();
  }

  /** @param {string} riderId */
  async #readTruth(riderId) {
    try {
      this.#truth = await this.town.session.call("GET", `/v1/riders/${riderId}/truth`);
    } catch (error) {
      // Where nobody judges positions there is no such answer; what was found before stays while nobody answers at all.
      if (error instanceof Problem && error.status === NOT_FOUND) this.#truth = null;
    }
    if (riderId !== this.riderId) return;
    this.#draw();
    this.#timer = setTimeout(() => this.#readTruth(riderId), TRUTH_AGAIN_MS);
  }

  #draw() {
    const rider = this.#rider;
    if (!rider) return;
    const parts = this.trail.way.map((part) => `${part.kind}${part.from_ms}${Math.floor(part.to_ms / 60_000)}`);
    const drawn = JSON.stringify([rider.name, rider.state, rider.order_ids, rider.is_suspected, this.#isOff, this.#truth, seenText(rider), isOld(rider), rider.planned_end_at, this.trail.isRead, parts]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const held = this.panel.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement).dataset.act : undefined;
    const scrolled = this.panel.scrollTop;
    fill(this.panel, h("div", { class: "stack" }, this.#head(rider), this.#state(rider), this.#suspicion(rider), this.#orders(rider), this.#facts(rider), this.#way()));
    this.panel.scrollTop = scrolled;
    if (held) /** @type {HTMLElement | null} */ (this.panel.querySelector(`[data-act="${held}"]`))?.focus({ preventScroll: true });
  }

  /** @param {import("./riders.js").Rider} rider */
  #head(rider) {
    return h(
      "div",
      { class: "detail-head" },
      h("h2", { id: "rider-title" }, rider.name),
      h("button", { class: "button button-quiet", "aria-label": t("operations.close"), dataset: { act: "close" }, onclick: this.how.onClose }, icon("cross")),
    );
  }

  /** @param {import("./riders.js").Rider} rider */
  #state(rider) {
    const cause = causeOf(this.#truth) ?? rider.silence;
    const isStale = isOld(rider);
    return h(
      "div",
      { class: isStale && !this.#isOff ? "notice notice-warn" : "notice" },
      h("p", { class: "strong" }, [t(`operations.state.${this.#isOff ? "off" : rider.state}`), isStale && !this.#isOff ? t("operations.silent") : ""].filter(Boolean).join(" · ")),
      h("p", {}, isStale ? seenText({ position: rider.position, silence: null }) : t("operations.live", { span: seenText(rider) })),
      isStale && !this.#isOff ? h("p", {}, cause ? silenceText(cause) : t("operations.silence.unknown")) : null,
    );
  }

  /** @param {import("./riders.js").Rider} rider */
  #suspicion(rider) {
    const truth = this.#truth;
    const isSuspected = truth?.is_suspected ?? rider.is_suspected;
    if (!truth) return isSuspected ? h("p", { class: "notice notice-alert" }, t("operations.suspected_only")) : null;
    const score = t("operations.suspicion", { share: number((truth.suspicion_bp ?? 0) / 10_000, { style: "percent", maximumFractionDigits: 0 }) });
    const evidence = truth.evidence ?? [];
    const told = (/** @type {Truth["evidence"][number]} */ one) => h("li", {}, h("time", { datetime: one.at }, time(one.at)), h("span", {}, codeText("operations.evidence.", one.code, one.reason)));
    return h(
      "div",
      { class: isSuspected ? "notice notice-alert stack stack-s" : "stack stack-s" },
      isSuspected ? h("p", { class: "strong" }, t("operations.suspected_why")) : null,
      evidence.length ? this.#fold("evidence", score, h("ul", { class: "history" }, ...evidence.map(told))) : h("p", { class: "small quiet" }, `${score} · ${t("operations.no_evidence")}`),
    );
  }

  /** @param {import("./riders.js").Rider} rider */
  #orders(rider) {
    const orders = (rider.order_ids ?? []).map((id) => this.town.orders.get(id)).filter(Boolean);
    if (!orders.length) return null;
    const button = (/** @type {any} */ order) => h("button", { class: "button button-quiet", dataset: { act: order.order_id }, onclick: () => this.how.onOrder(order.order_id) }, `#${number(order.short_number, { useGrouping: false })} ${order.store_name}`);
    return h("div", { class: "row" }, ...orders.map(button));
  }

  /** @param {import("./riders.js").Rider} rider */
  #facts(rider) {
    const fact = (/** @type {string} */ name, /** @type {any} */ value) => (value ? [h("dt", {}, t(`operations.fact.${name}`)), h("dd", {}, value)] : []);
    const motion = this.#truth?.motion;
    return h(
      "dl",
      { class: "facts" },
      ...fact("vehicle", t(`operations.vehicle.${rider.vehicle}`)),
      ...fact("motion", motion && codeText("operations.motion.", motion, motion)),
      ...fact("stops", rider.in_hand ? plural("operations.stops", rider.stops_left) : null),
      ...fact("shift_end", rider.planned_end_at && !this.#isOff ? `${time(rider.planned_end_at)} (${left(rider.planned_end_at)})` : null),
    );
  }

  /** The way as a list: all that the map draws, in words. */
  #way() {
    const { way, isRead } = this.trail;
    const lines = [...way].reverse().map((part) =>
      h(
        "li",
        { dataset: { part: part.kind }, "data-late": part.kind !== "gap" && part.isLate },
        h("span", { class: "way-time" }, timeRange(part.from_ms, part.to_ms)),
        h("span", {}, partText(part), part.kind === "ride" && part.length_m ? ` · ${distance(part.length_m)}` : null, part.kind !== "gap" && part.isLate ? h("span", { class: "badge badge-warn" }, t("operations.way.late")) : null),
      ),
    );
    const empty = h("p", { class: "quiet" }, t(isRead ? "operations.way.none" : "operations.way.reading"));
    return this.#fold("way", t("operations.way.title"), lines.length ? h("ol", { class: "way" }, ...lines) : empty);
  }

  /** @param {string} name @param {string} title @param {HTMLElement} content */
  #fold(name, title, content) {
    const fold = /** @type {HTMLDetailsElement} */ (h("details", { class: "fold", open: this.#open.has(name) }, h("summary", { dataset: { act: name } }, title), content));
    fold.addEventListener("toggle", () => (fold.open ? this.#open.add(name) : this.#open.delete(name)));
    return fold;
  }

  /** Everywhere they were, and are. */
  places() {
    const here = this.#rider && placeOf(this.#rider);
    return [...this.trail.places(), ...(here ? [here] : [])];
  }
}

/** @param {Truth | null} truth @returns {string | null} */
const causeOf = (truth) => (typeof truth?.silence === "string" ? truth.silence : (truth?.silence?.cause ?? null));

/** A code in words; one that is newer than this page says what came with it. @param {string} kind @param {string} code @param {string} otherwise */
const codeText = (kind, code, otherwise) => (has(kind + code) ? t(kind + code) : otherwise || code);
