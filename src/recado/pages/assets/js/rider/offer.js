// @ts-check
import { Problem } from "../core/api.js";
import { clock, countdown } from "../core/clock.js";
import { byId, h, icon } from "../core/dom.js";
import { announce } from "../core/live.js";
import { distance, explain, minutes, money, plural, t, time } from "../core/texts.js";
import { metresBetween, zoneOf } from "./reckoning.js";

/** @typedef {import("./app.js").App} App */

const REASONS = ["too_far", "low_pay", "unsafe_area", "vehicle", "need_a_break", "other"];
const AGAIN_MS = 1_500;

/** The question whether the rider takes a route: over everything else, ringing, until it is answered or over. */
export class Offer {
  /** @type {Record<string, any> | null} */
  #shown = null;
  #isOver = false; // it says how it ended, until the rider has read it
  #isAnswering = false;
  #stopClock = () => {};
  #app;
  #dialog = /** @type {HTMLDialogElement} */ (byId("offer"));

  /** @param {App} app */
  constructor(app) {
    this.#app = app;
    this.#dialog.addEventListener("cancel", (event) => !this.#isOver && event.preventDefault());
    this.#dialog.addEventListener("close", () => this.#away());
  }

  get isOpen() {
    return this.#dialog.open && !this.#isOver;
  }

  /** Show what the server asks now; where it asks nothing any more, the offer is over. */
  draw() {
    const { offer } = this.#app.evening;
    if (offer && offer.offer_id !== this.#shown?.offer_id) this.#open(offer);
    else if (!offer && this.isOpen && !this.#isAnswering) this.#end("gone");
  }

  /** A fact about an offer came in. @param {any} event */
  hear(event) {
    if (event.offer_id !== this.#shown?.offer_id || this.#isOver) return;
    if (event.type === "offer.expired") this.#end("expired");
    else if (event.type === "offer.withdrawn") this.#end(event.because === "taken" ? "taken" : `withdrawn.${event.because}`);
    else if (event.type === "offer.accepted" || event.type === "offer.declined") this.#dialog.close();
  }

  /** @param {Record<string, any>} offer */
  #open(offer) {
    if (clock.until(offer.expires_at) <= 0) return;
    this.#stopClock();
    this.#shown = offer;
    this.#isOver = false;
    this.#isAnswering = false;
    this.#dialog.replaceChildren(...this.#parts(offer));
    if (!this.#dialog.open) this.#dialog.showModal();
    byId("offer-title").focus();
    this.#app.bell.start();
    const pay = money(offer.pay_minor, offer.currency);
    announce(t("rider.offer.heard", { pay, distance: distance(offer.distance_m), store: offer.deliveries[0].store_name }), "assertive");
    this.#startClock(offer);
  }

  /** @param {Record<string, any>} offer */
  #startClock(offer) {
    const ring = byId("offer-ring");
    const lasts_ms = Date.parse(offer.expires_at) - Date.parse(offer.made_at);
    this.#stopClock = countdown(byId("offer-left"), offer.expires_at, {
      write: (left_ms) => String(Math.max(0, Math.ceil(left_ms / 1000))),
      onTick: (left_ms) => {
        ring.style.setProperty("--left", String(Math.max(0, left_ms / lasts_ms)));
        ring.classList.toggle("hurry", left_ms < 10_000);
      },
      onZero: () => !this.#isAnswering && this.#end("expired"),
    });
  }

  /** @param {Record<string, any>} offer */
  #parts(offer) {
    const collect_minor = offer.deliveries.reduce((/** @type {number} */ sum, /** @type {any} */ one) => sum + one.collect_minor, 0);
    return [
      h(
        "div",
        { class: "offer-head" },
        h("div", { id: "offer-ring", class: "ring", role: "timer", "aria-label": t("rider.offer.left") }, h("span", { id: "offer-left" })),
        h("div", {}, h("h2", { id: "offer-title", tabindex: "-1" }, t("rider.offer.title")), h("p", { class: "pay" }, money(offer.pay_minor, offer.currency)), h("p", { class: "quiet" }, this.#summary(offer))),
      ),
      collect_minor > 0 && h("p", { class: "notice notice-warn offer-cash" }, icon("cash"), t("rider.offer.collect", { amount: money(collect_minor, offer.currency) })),
      h("ol", { class: "way" }, ...offer.stops.map((/** @type {any} */ stop) => this.#stop(offer, stop))),
      h("p", { id: "offer-said", class: "notice notice-warn", hidden: true }),
      h(
        "div",
        { id: "offer-actions", class: "offer-actions" },
        h("button", { type: "button", class: "button button-huge button-wide", id: "accept", onclick: () => this.#accept(offer) }, t("rider.offer.accept")),
        h("button", { type: "button", class: "button button-quiet button-large button-wide", id: "decline", onclick: () => this.#askWhy(offer) }, t("rider.offer.decline")),
      ),
    ].filter((part) => part !== false);
  }

  /** @param {Record<string, any>} offer */
  #summary(offer) {
    const count = plural("rider.offer.deliveries", offer.deliveries.length);
    return [count, distance(offer.distance_m)].join(" · ");
  }

  /** @param {Record<string, any>} offer @param {any} stop */
  #stop(offer, stop) {
    const own = offer.deliveries.filter((/** @type {any} */ one) => stop.delivery_ids.includes(one.delivery_id));
    const [first] = own;
    const { spot } = this.#app.tracker;
    const far = spot ? t("rider.away", { distance: distance(metresBetween(spot, stop.point)) }) : "";
    if (stop.kind === "pickup") {
      const count = own.reduce((/** @type {number} */ sum, /** @type {any} */ one) => sum + one.item_count, 0);
      const facts = [plural("rider.items", count), first.ready_by && this.#ready(first.ready_by), far].filter(Boolean);
      return h("li", { class: "way-stop" }, icon("store"), h("div", {}, h("strong", {}, first.store_name), h("p", {}, first.store_address), h("p", { class: "quiet" }, facts.join(" · "))));
    }
    const zone = zoneOf(stop.point, this.#app.evening.zones);
    const ride = t("rider.offer.from_store", { distance: distance(metresBetween(first.pickup, stop.point)) });
    return h("li", { class: "way-stop" }, icon("door"), h("div", {}, h("strong", {}, zone ? t("rider.offer.area", { area: zone.name }) : t("rider.kind.dropoff")), h("p", { class: "quiet" }, ride)));
  }

  /** @param {string} ready_by */
  #ready(ready_by) {
    const left_ms = clock.until(ready_by);
    return left_ms > 0 ? t("rider.ready_by", { time: time(ready_by), span: minutes(left_ms) }) : t("rider.ready");
  }

  /** @param {Record<string, any>} offer */
  async #accept(offer) {
    await this.#answer(offer, "accept", undefined, () => {
      announce(t("rider.offer.accepted"));
      this.#dialog.close();
      document.getElementById("main-action")?.focus();
    });
  }

  /** @param {Record<string, any>} offer */
  #askWhy(offer) {
    const say = (/** @type {string} */ reason) => this.#answer(offer, "decline", { reason }, () => this.#dialog.close());
    byId("offer-actions").replaceChildren(
      h("p", { id: "why", class: "label", tabindex: "-1" }, t("rider.offer.why")),
      h("div", { class: "reasons", role: "group", "aria-labelledby": "why" }, ...REASONS.map((reason) => h("button", { type: "button", class: "button button-quiet", onclick: () => say(reason) }, t(`rider.offer.why.${reason}`)))),
      h("button", { type: "button", class: "button button-huge button-wide", id: "accept", onclick: () => this.#accept(offer) }, t("rider.offer.accept")),
    );
    byId("why").focus();
  }

  /**
   * Send the answer until somebody hears it or the offer is over. Safe to repeat.
   * @param {Record<string, any>} offer
   * @param {"accept" | "decline"} word
   * @param {unknown} body
   * @param {() => void} done
   */
  async #answer(offer, word, body, done) {
    this.#isAnswering = true;
    this.#app.bell.stop();
    for (const button of this.#dialog.querySelectorAll("button")) button.disabled = true;
    for (;;) {
      try {
        await this.#app.session.call("POST", `/v1/offers/${offer.offer_id}/${word}`, body, { patience_ms: 5_000 });
        await this.#app.evening.refresh();
        this.#isAnswering = false;
        return done();
      } catch (error) {
        if (error instanceof Problem && error.status < 500) return this.#refused(error);
        if (clock.until(offer.expires_at) <= 0) return this.#end("unheard");
        this.#say(t("rider.offer.no_signal"));
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
  }

  /** @param {Problem} problem */
  #refused(problem) {
    const because = problem.facts.because;
    if (problem.code === "offer.expired") this.#end("expired");
    else if (problem.code === "offer.taken" || because === "taken") this.#end("taken");
    else if (problem.code === "offer.withdrawn") this.#end(`withdrawn.${because}`);
    else this.#end("gone", explain(problem));
    this.#app.evening.refresh();
  }

  /** @param {string} text */
  #say(text) {
    const said = byId("offer-said");
    said.textContent = text;
    said.hidden = false;
  }

  /** Say how it ended, and leave it there until it is read. @param {string} how @param {string} [why] */
  #end(how, why) {
    this.#stopClock();
    this.#app.bell.stop();
    this.#isOver = true;
    this.#isAnswering = false;
    this.#dialog.replaceChildren(
      h(
        "div",
        { class: "offer-over stack" },
        icon(how === "taken" ? "foot" : "clock"),
        h("h2", { id: "offer-title", tabindex: "-1" }, t(`rider.over.${how}`)),
        h("p", {}, why ?? t(`rider.over.${how}.about`)),
      ),
      h("div", { class: "offer-actions" }, h("button", { type: "button", class: "button button-huge button-wide", id: "offer-read", onclick: () => this.#dialog.close() }, t("rider.understood"))),
    );
    if (!this.#dialog.open) this.#dialog.showModal();
    byId("offer-read").focus();
    announce(t(`rider.over.${how}`), "assertive");
    if (this.#app.evening.offer?.offer_id === this.#shown?.offer_id) this.#app.evening.offer = null;
  }

  #away() {
    this.#stopClock();
    this.#app.bell.stop();
    this.#isOver = true;
    if (this.#app.evening.offer?.offer_id === this.#shown?.offer_id) this.#app.evening.offer = null;
    this.#app.draw();
  }
}
