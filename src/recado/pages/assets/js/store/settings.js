// @ts-check
import { clock } from "../core/clock.js";
import { byId, h, icon, say, show } from "../core/dom.js";
import { announce, toast } from "../core/live.js";
import { explain, plural, t, time } from "../core/texts.js";
import { redraw } from "./stage.js";

const PAUSES = [15, 30, 60, 120];
const EXTRAS = [5, 10, 15, 20, 30];
const SPANS = [30, 60, 120];
const DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const STEP_MINUTES = 5;

/** The store itself: whether it takes orders, how busy it is, and this tablet. What is not confirmed is not shown as done. */
export class Settings {
  /** @type {any} */
  place = null;
  #session;
  #on;
  #busyFor = SPANS[1];
  #isBusy = false;
  #drawn = "";

  /**
   * @param {import("../core/session.js").Session} session
   * @param {{onPlace: (place: any) => void, onBell: () => void, onLeave: () => void}} on
   */
  constructor(session, on) {
    this.#session = session;
    this.#on = on;
  }

  /** Ask how the store stands. @param {string} storeId */
  async load(storeId) {
    this.#take(await this.#session.call("GET", `/v1/stores/${storeId}`));
  }

  /** @param {any} place */
  #take(place) {
    this.place = place;
    this.#on.onPlace(place);
    this.show();
  }

  /** What accepting without choosing would promise now. */
  get usualMinutes() {
    return this.place?.usual_prep_minutes ?? 15;
  }

  /** @param {any} change */
  async #change(change) {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      this.#take(await this.#session.call("PATCH", `/v1/stores/${this.place.id}`, change, { patience_ms: 8_000 }));
      announce(t("store.saved"));
    } catch (error) {
      toast(`${t("store.not_saved")} ${explain(error)}`, { tone: "alert" });
    } finally {
      this.#isBusy = false;
    }
  }

  /** Whether orders come in, in a few words and a tone. @returns {{words: string, tone: string}} */
  #taking() {
    const { is_open, paused_until } = this.place;
    if (paused_until && clock.until(paused_until) > 0) return { words: t("store.is_paused", { time: time(paused_until) }), tone: "alert" };
    return is_open ? { words: t("store.is_open"), tone: "good" } : { words: t("store.is_closed"), tone: "warn" };
  }

  /** The same for the top of the page, and that it is busy. */
  #opening() {
    const { busy } = this.place;
    const taking = this.#taking();
    if (taking.tone !== "good") return taking;
    if (!busy || clock.until(busy.until) <= 0) return { words: t("store.open"), tone: "good" };
    return { words: t("store.is_busy", { minutes: busy.extra_minutes, time: time(busy.until) }), tone: "warn" };
  }

  /** Draw what changed; called each second too, as pauses end by themselves. */
  show() {
    if (!this.place) return;
    const { words, tone } = this.#opening();
    const badge = byId("opening");
    say(badge, words);
    badge.className = `badge opening badge-${tone}`;
    show(badge, true);
    const now = JSON.stringify([this.place, words, this.#busyFor]);
    if (now === this.#drawn) return;
    this.#drawn = now;
    redraw(byId("settings"), this.#pause(), this.#busy(), this.#usual(), this.#hours(), this.#tablet());
  }

  /** @param {number} minutes */
  #in(minutes) {
    return new Date(clock.now() + minutes * 60_000).toISOString();
  }

  #pause() {
    const { words, tone } = this.#taking();
    const { paused_until } = this.place;
    const is_paused = paused_until && clock.until(paused_until) > 0;
    return card(t("store.taking"), [
      h("p", { class: `notice notice-${tone} strong` }, words),
      is_paused
        ? h("button", { type: "button", class: "button button-large button-wide", dataset: { act: "resume" }, onclick: () => this.#change({ paused_until: null }) }, t("store.resume"))
        : group(t("store.pause_for"), PAUSES.map((minutes) => h("button", { type: "button", class: "chip", dataset: { act: `pause-${minutes}` }, "aria-label": plural("store.minutes", minutes), onclick: () => this.#change({ paused_until: this.#in(minutes) }) }, t("common.minutes", { minutes })))),
      h("p", { class: "hint" }, t("store.pause_about")),
    ]);
  }

  #busy() {
    const { busy } = this.place;
    const is_busy = busy && clock.until(busy.until) > 0;
    const spans = SPANS.map((minutes) => h("button", { type: "button", class: "chip", dataset: { act: `span-${minutes}` }, "aria-label": plural("store.minutes", minutes), "aria-pressed": String(minutes === this.#busyFor), onclick: () => this.#choose(minutes) }, t("common.minutes", { minutes })));
    const extras = EXTRAS.map((minutes) => h("button", { type: "button", class: "chip", dataset: { act: `busy-${minutes}` }, "aria-label": plural("store.more_minutes", minutes), onclick: () => this.#change({ busy: { extra_minutes: minutes, until: this.#in(this.#busyFor) } }) }, `+${minutes}`));
    return card(t("store.busy"), [
      h("p", { class: "hint" }, t("store.busy_about")),
      is_busy && h("p", { class: "notice notice-warn strong" }, t("store.is_busy", { minutes: busy.extra_minutes, time: time(busy.until) })),
      group(t("store.busy_for"), spans),
      group(t("store.busy_by"), extras),
      is_busy && h("button", { type: "button", class: "button button-wide", dataset: { act: "calm" }, onclick: () => this.#change({ busy: null }) }, t("store.busy_end")),
    ]);
  }

  /** @param {number} minutes */
  #choose(minutes) {
    this.#busyFor = minutes;
    this.show();
  }

  #usual() {
    const { default_prep_minutes: usual, auto_accept } = this.place;
    const set = (/** @type {number} */ minutes) => this.#change({ default_prep_minutes: Math.max(STEP_MINUTES, Math.min(120, minutes)) });
    return card(t("store.usual"), [
      h("div", { class: "stepper", role: "group", "aria-label": t("store.usual") },
        h("button", { type: "button", class: "step-button", dataset: { act: "usual-less" }, "aria-label": t("store.less"), onclick: () => set(Math.ceil(usual / STEP_MINUTES - 1) * STEP_MINUTES) }, "−"),
        h("div", { class: "stepper-value" }, h("output", { class: "minutes" }, usual), h("span", { class: "quiet" }, t("store.min"))),
        h("button", { type: "button", class: "step-button", dataset: { act: "usual-more" }, "aria-label": t("store.more"), onclick: () => set(Math.floor(usual / STEP_MINUTES + 1) * STEP_MINUTES) }, "+")),
      h("button", { type: "button", class: "switch", role: "switch", "aria-checked": String(auto_accept), dataset: { act: "auto" }, onclick: () => this.#change({ auto_accept: !auto_accept }) },
        h("span", { class: "grow" }, h("strong", {}, t("store.auto")), h("span", { class: "hint" }, t("store.auto_about"))), h("span", { class: "switch-knob", "aria-hidden": "true" })),
    ]);
  }

  #hours() {
    const week = this.place.opening_hours;
    const is_always = DAYS.every((day) => !week[day]?.length);
    const rows = DAYS.map((day) => {
      const spans = (week[day] ?? []).map((/** @type {any} */ span) => `${span.opens}–${span.closes}`).join(", ");
      return h("tr", {}, h("th", { scope: "row" }, t(`store.day.${day}`)), h("td", {}, spans || t("store.day_closed")));
    });
    return card(t("store.hours"), [is_always ? h("p", {}, t("store.always_open")) : h("table", { class: "table" }, h("tbody", {}, ...rows))]);
  }

  #tablet() {
    return card(t("store.tablet"), [
      h("button", { type: "button", class: "button button-quiet button-wide", dataset: { act: "bell" }, onclick: this.#on.onBell }, icon("bell"), t("store.try_bell")),
      h("p", { class: "hint" }, t("store.tablet_about")),
      h("button", { type: "button", class: "button button-link", dataset: { act: "leave" }, onclick: this.#on.onLeave }, t("store.leave")),
    ]);
  }
}

/** @param {string} title @param {(Node | false | null | undefined | "")[]} children */
const card = (title, children) => h("section", { class: "card stack" }, h("h3", {}, title), ...children);

/** @param {string} label @param {HTMLElement[]} chips */
const group = (label, chips) => h("div", { class: "stack stack-s" }, h("p", { class: "label" }, label), h("div", { class: "chips", role: "group", "aria-label": label }, ...chips));
