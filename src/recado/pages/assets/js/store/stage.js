// @ts-check
import { clock } from "../core/clock.js";
import { byId, fill, h, icon, keyed, say, show } from "../core/dom.js";
import { clockFace, plural, t, time } from "../core/texts.js";
import { timed } from "./clocks.js";
import { askReason } from "./dialogs.js";
import { allergyStrip, linesOf, printButton } from "./lines.js";
import { by, countItems, orderName } from "./words.js";

/** @typedef {import("./words.js").Ticket} Ticket */

const MINUTES = [10, 15, 20, 25, 30, 40, 50, 60];
const STEP_MINUTES = 5;
const MOST_MINUTES = 120;
const SOON_MS = 120_000;
const LAST_MS = 60_000;
const OVERTAKEN_MS = 2_000; // so much later may come what rang before

/** The new orders: one in front, the others in a row above it. */
export class Stage {
  #front = "";
  #frontSince = -Infinity;
  #drawn = "";
  /** @type {Map<string, number>} how many minutes were chosen, for each order */
  #minutes = new Map();
  #usual;
  #sending;

  /** @param {import("./sending.js").Sending} sending @param {() => number} usual the store's usual minutes just now */
  constructor(sending, usual) {
    this.#sending = sending;
    this.#usual = usual;
  }

  /** Show these orders that wait for an answer. @param {Ticket[]} offers */
  show(offers) {
    const waiting = offers.toSorted(by("accept_by"));
    const front = this.#choose(waiting);
    if (front && front.id !== this.#front) this.#frontSince = performance.now();
    this.#front = front?.id ?? "";
    byId("stage").dataset.state = front ? "ringing" : "quiet";
    say(byId("stage-words"), front ? plural("store.new", waiting.length) : t("store.none_new"));
    this.#showQueue(waiting);
    const said = front && this.#sending.of(front.id);
    const drawn = front ? JSON.stringify([front, said, this.#usual()]) : "";
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    redraw(byId("offer"), ...(front ? [this.#offer(front, said)] : []));
  }

  /** What is in front stays there, but for what rang before it and was read later. @param {Ticket[]} waiting the one with least time first */
  #choose(waiting) {
    const first = waiting.find((ticket) => !this.#sending.of(ticket.id)) ?? waiting[0];
    const before = waiting.find((ticket) => ticket.id === this.#front);
    const isNew = performance.now() - this.#frontSince < OVERTAKEN_MS;
    return before && (this.#sending.of(before.id) || !isNew) ? before : first;
  }

  /** @param {Ticket[]} waiting */
  #showQueue(waiting) {
    show(byId("queue"), waiting.length > 1);
    keyed(byId("queue"), waiting.length > 1 ? waiting : [], {
      key: (ticket) => ticket.id,
      create: (ticket) => {
        const left = timed(h("span", { class: "queue-left" }), (element) => say(element, clockFace(clock.until(ticket.accept_by))));
        const bring = () => {
          this.#front = ticket.id;
          this.#frontSince = -Infinity;
          this.show(waiting);
        };
        return h("button", { type: "button", class: "queued", onclick: bring }, h("span", { class: "queue-number" }, orderName(ticket)), left);
      },
      update: (element, ticket) => element.setAttribute("aria-pressed", String(ticket.id === this.#front)),
    });
  }

  /** @param {Ticket} ticket @param {import("./sending.js").Said | undefined} said */
  #offer(ticket, said) {
    return h(
      "article",
      { class: "offer", "aria-labelledby": "offer-name" },
      h(
        "header",
        { class: "offer-head" },
        h("h3", { id: "offer-name", class: "offer-number" }, h("span", { class: "label" }, t("store.order_word")), " ", h("span", {}, ticket.short_number)),
        this.#countdown(ticket),
        ticket.reminders_sent > 0 && h("p", { class: "badge badge-warn" }, plural("store.reminders", ticket.reminders_sent)),
        ticket.heard?.is_escalated && h("p", { class: "notice notice-warn" }, t("store.escalated")),
      ),
      h(
        "div",
        { class: "offer-body" },
        allergyStrip(ticket),
        h("p", { class: "quiet strong" }, plural("store.items", countItems(ticket))),
        linesOf(ticket),
      ),
      said ? this.#sent(ticket, said) : this.#answers(ticket),
    );
  }

  /** @param {Ticket} ticket */
  #countdown(ticket) {
    const whole_ms = Math.max(1, Date.parse(ticket.accept_by) - Date.parse(ticket.offered_at));
    const face = h("p", { class: "offer-left", role: "timer", "aria-label": t("store.to_accept") });
    const bar = h("div", { class: "bar", "aria-hidden": "true" }, h("span"));
    return timed(h("div", { class: "countdown" }, face, h("p", { class: "quiet" }, t("store.accept_until", { time: time(ticket.accept_by) })), bar), (element) => {
      const left_ms = clock.until(ticket.accept_by);
      say(face, clockFace(left_ms));
      element.dataset.tone = left_ms <= LAST_MS ? "alert" : left_ms <= SOON_MS ? "warn" : "calm";
      /** @type {HTMLElement} */ (bar.firstElementChild).style.setProperty("inline-size", `${Math.max(0, Math.min(100, (left_ms / whole_ms) * 100))}%`);
      element.closest(".offer")?.toggleAttribute("data-over", left_ms <= 0);
    });
  }

  /** @param {Ticket} ticket */
  #answers(ticket) {
    const shown = h("output", { class: "minutes", id: "minutes" });
    const until = h("span", { class: "ready-at" });
    const accept = h("button", { type: "button", class: "button button-accept", dataset: { act: "accept" }, onclick: () => this.#accept(ticket) });
    const chips = [...new Set([...MINUTES, this.#usual()])].sort((one, other) => one - other);
    const presets = chips.map((minutes) =>
      h("button", { type: "button", class: "chip", dataset: { minutes, act: `minutes-${minutes}` }, "aria-label": plural("store.minutes", minutes), onclick: () => choose(minutes) }, minutes),
    );
    const choose = (/** @type {number} */ minutes) => {
      const chosen = Math.min(MOST_MINUTES, Math.max(1, minutes));
      this.#minutes.set(ticket.id, chosen);
      say(shown, String(chosen));
      fill(accept, icon("check"), t("store.accept_in", { minutes: chosen }));
      for (const preset of presets) preset.setAttribute("aria-pressed", String(Number(preset.dataset.minutes) === chosen));
    };
    const step = (/** @type {number} */ by) => {
      const now = this.#minutesFor(ticket);
      choose(by > 0 ? Math.floor(now / STEP_MINUTES) * STEP_MINUTES + STEP_MINUTES : Math.ceil(now / STEP_MINUTES) * STEP_MINUTES - STEP_MINUTES);
    };
    choose(this.#minutesFor(ticket));
    timed(until, (element) => say(element, t("store.ready_at", { time: time(clock.now() + this.#minutesFor(ticket) * 60_000) })));
    return h(
      "div",
      { class: "answers" },
      h("div", { class: "while-open" },
        h("p", { class: "label", id: "prep-label" }, t("store.ready_in")),
        h("div", { class: "stepper", role: "group", "aria-labelledby": "prep-label" },
          h("button", { type: "button", class: "step-button", dataset: { act: "less" }, "aria-label": t("store.less"), onclick: () => step(-1) }, "−"),
          h("div", { class: "stepper-value" }, shown, h("span", { class: "quiet" }, t("store.min")), until),
          h("button", { type: "button", class: "step-button", dataset: { act: "more" }, "aria-label": t("store.more"), onclick: () => step(1) }, "+"),
        ),
        h("div", { class: "chips", role: "group", "aria-label": t("store.ready_in") }, ...presets),
        accept,
        h("div", { class: "pair" },
          h("button", { type: "button", class: "button button-quiet", dataset: { act: "reject" }, onclick: () => this.#reject(ticket) }, icon("cross"), t("store.reject")),
          printButton(ticket),
        ),
      ),
      h("p", { class: "notice notice-alert when-over", role: "status" }, t("store.time_over")),
    );
  }

  /** What was said and not confirmed: never shown as if it were done. @param {Ticket} ticket @param {import("./sending.js").Said} said */
  #sent(ticket, said) {
    const isAccept = said.word === "accept";
    if (!said.is_late) return h("div", { class: "answers" }, h("p", { class: "notice", role: "status" }, isAccept ? t("store.accepting") : t("store.rejecting")));
    return h(
      "div",
      { class: "answers" },
      h("p", { class: "notice notice-warn strong", role: "status" }, isAccept ? t("store.accept_waits") : t("store.reject_waits")),
      h("button", { type: "button", class: "button button-quiet button-wide", dataset: { act: "unsay" }, onclick: () => this.#sending.drop(ticket.id) }, t("store.unsay")),
    );
  }

  /** @param {Ticket} ticket */
  #minutesFor(ticket) {
    return this.#minutes.get(ticket.id) ?? this.#usual();
  }

  /** @param {Ticket} ticket */
  #accept(ticket) {
    this.#sending.say(ticket.id, "accept", { prep_minutes: this.#minutesFor(ticket) }, ticket.accept_by);
  }

  /** @param {Ticket} ticket */
  async #reject(ticket) {
    const answer = await askReason(ticket);
    if (answer) this.#sending.say(ticket.id, "reject", answer, ticket.accept_by);
  }
}

/** @type {WeakMap<Element, string>} where the focus was in a part that had nothing to hold it for a while */
const lost = new WeakMap();

/**
 * Draw anew, and leave the focus on the same control, or on what came in its place.
 * @param {Element} parent @param {...(Node | string | false | null | undefined)} children
 */
export function redraw(parent, ...children) {
  const main = document.getElementById("main");
  const active = /** @type {HTMLElement | null} */ (document.activeElement);
  const isOurs = parent.contains(active);
  const act = isOurs ? active?.dataset.act ?? "" : active === main ? lost.get(parent) : undefined;
  fill(parent, ...children);
  if (act === undefined) return;
  const next = /** @type {HTMLElement | null} */ (parent.querySelector(`[data-act="${act}"]`) ?? parent.querySelector("button"));
  if (next) lost.delete(parent);
  else lost.set(parent, act);
  (next ?? main)?.focus({ preventScroll: true });
}
