// @ts-check
import { clock } from "../core/clock.js";
import { byId, h, icon, keyed, say } from "../core/dom.js";
import { clockFace, has, plural, t, time } from "../core/texts.js";
import { timed } from "./clocks.js";
import { askLonger, askToUnbegin, extensionsOf } from "./dialogs.js";
import { allergyStrip, linesOf, printButton } from "./lines.js";
import { redraw } from "./stage.js";
import { by, countItems, left, orderName, riderWords, startAt, vehicleWord } from "./words.js";

/** @typedef {import("./words.js").Ticket} Ticket */
/** @typedef {import("./sending.js").Said} Said */
/** @typedef {(word: string, body?: any, until?: string | null) => void} Say */

const COLUMNS = /** @type {const} */ ({
  cooking: { takes: (/** @type {Ticket} */ ticket) => !ticket.rider_arrived_at && ticket.status !== "ready", order: by("ready_by") },
  ready: { takes: (/** @type {Ticket} */ ticket) => !ticket.rider_arrived_at && ticket.status === "ready", order: by("ready_at") },
  here: { takes: (/** @type {Ticket} */ ticket) => Boolean(ticket.rider_arrived_at), order: by("rider_arrived_at") },
});

/** @type {WeakMap<Element, string>} */
const drawn = new WeakMap();
/** @type {Map<string, string>} what somebody began to write, by ticket */
const notes = new Map();

/**
 * Show the accepted orders, each in its column, the oldest deadline first.
 * @param {Ticket[]} tickets
 * @param {import("./sending.js").Sending} sending
 */
export function showColumns(tickets, sending) {
  for (const [name, { takes, order }] of Object.entries(COLUMNS)) {
    const column = /** @type {HTMLElement} */ (document.querySelector(`[data-column=${name}]`));
    const shown = tickets.filter(takes).sort(order);
    keyed(column, shown, {
      key: (ticket) => ticket.id,
      create: () => h("article", { class: "card ticket" }),
      update: (element, ticket) => {
        const said = sending.of(ticket.id);
        const now = JSON.stringify([ticket, said]);
        if (drawn.get(element) === now) return;
        drawn.set(element, now);
        draw(element, ticket, said, sending);
      },
    });
    say(/** @type {Element} */ (document.querySelector(`[data-count=${name}]`)), String(shown.length));
    column.parentElement?.toggleAttribute("data-empty", shown.length === 0);
  }
}

/** @param {HTMLElement} element @param {Ticket} ticket @param {Said | undefined} said @param {import("./sending.js").Sending} sending */
function draw(element, ticket, said, sending) {
  const heading = `ticket-${ticket.id}`;
  element.setAttribute("aria-labelledby", heading);
  element.dataset.status = ticket.status;
  element.dataset.number = String(ticket.short_number);
  const tell = (/** @type {string} */ word, /** @type {any} */ body, /** @type {string | null} */ until = null) => sending.say(ticket.id, word, body, until);
  redraw(
    element,
    h("header", { class: "ticket-head" },
      h("h3", { id: heading, class: "ticket-number" }, h("span", { class: "for-listeners" }, t("store.order_word")), " ", h("span", {}, ticket.short_number)),
      clockOf(ticket, element)),
    riderOf(ticket),
    ticket.heard?.is_escalated && h("p", { class: "notice notice-warn" }, t("store.escalated_late")),
    ticket.cancellation_answer_by && cancellation(ticket, said, tell),
    ticket.items_disputed.length > 0 && dispute(ticket, said, tell),
    allergyStrip(ticket),
    linesOf(ticket),
    said ? sent(said) : actions(ticket, tell),
  );
}

/** The card's one clock: when to begin, when it is due, how long it waits. @param {Ticket} ticket @param {HTMLElement} card */
function clockOf(ticket, card) {
  const face = h("span", { class: "ticket-left" });
  const label = h("span", { class: "ticket-label" });
  return timed(h("p", { class: "ticket-clock" }, face, label), () => {
    const { text, words, tone } = reading(ticket);
    say(face, text);
    say(label, words);
    card.dataset.tone = tone;
  });
}

const SOON_MS = 120_000;
const LONG_MS = 300_000;

/** @param {Ticket} ticket @returns {{text: string, words: string, tone: string}} */
function reading(ticket) {
  const { rider_arrived_at, ready_at, ready_by, status } = ticket;
  if (rider_arrived_at) {
    const waits_ms = -clock.until(rider_arrived_at);
    return { text: clockFace(waits_ms), words: t("store.waits"), tone: status !== "ready" || waits_ms > LONG_MS ? "alert" : "accent" };
  }
  if (status === "ready") return { text: clockFace(-clock.until(ready_at ?? "")), words: t("store.is_ready"), tone: "good" };
  const left_ms = clock.until(ready_by ?? "");
  const start_ms = startAt(ticket) - clock.now();
  if (status === "accepted" && left_ms > 0 && start_ms > 0) return { text: time(clock.now() + start_ms), words: t("store.start_at"), tone: "calm" };
  const words = left_ms <= 0 ? t("store.late") : status === "accepted" ? t("store.start_now") : t("store.until_ready", { time: time(ready_by ?? "") });
  return { text: left(left_ms), words, tone: left_ms <= 0 ? "alert" : left_ms <= SOON_MS ? "warn" : "calm" };
}

/** @param {Ticket} ticket */
function riderOf(ticket) {
  const { rider, heard } = ticket;
  const words = h("span", { class: "grow" });
  const tone = ticket.rider_arrived_at ? "accent" : heard?.is_held && !rider ? "warn" : "";
  return h("p", { class: `rider ${tone && `rider-${tone}`}` },
    icon(rider?.vehicle && has(`store.vehicle.${rider.vehicle}`) ? rider.vehicle : "foot"),
    timed(words, (element) => say(element, [riderWords(ticket), !ticket.rider_arrived_at && vehicleWord(ticket)].filter(Boolean).join(" · "))));
}

/** @param {Ticket} ticket @param {Said | undefined} said @param {Say} tell */
function cancellation(ticket, said, tell) {
  const until = ticket.cancellation_answer_by ?? "";
  const face = timed(h("span", { class: "ticket-left", role: "timer" }), (element) => say(element, clockFace(clock.until(until))));
  const agree = async () => {
    const answer = await askToUnbegin(ticket);
    if (answer) tell("cancellation-answer", answer, until);
  };
  return h("div", { class: "question question-alert", role: "group", "aria-label": t("store.cancel_asked") },
    h("div", { class: "question-head" }, h("strong", {}, t("store.cancel_asked")), face),
    h("p", {}, t("store.cancel_about")),
    !said && h("div", { class: "pair" },
      h("button", { type: "button", class: "button", dataset: { act: "began" }, onclick: () => tell("cancellation-answer", { agree: false }, until) }, t("store.we_began")),
      h("button", { type: "button", class: "button button-quiet", dataset: { act: "agree" }, onclick: agree }, t("store.agree"))));
}

/** @param {Ticket} ticket @param {Said | undefined} said @param {Say} tell */
function dispute(ticket, said, tell) {
  const names = new Map(ticket.lines.map((line) => [line.item_id, line.name]));
  const note = h("input", { id: `note-${ticket.id}`, maxlength: "300", autocomplete: "off", dataset: { act: "note" }, value: notes.get(ticket.id) ?? "" });
  note.addEventListener("input", () => notes.set(ticket.id, /** @type {HTMLInputElement} */ (note).value));
  const answer = (/** @type {string} */ resolution, /** @type {string} */ look) =>
    h("button", { type: "button", class: `button ${look}`, dataset: { act: resolution }, onclick: () => tell("items-answer", { resolution, note: (notes.get(ticket.id) ?? "").trim() }) }, t(`store.answer.${resolution}`));
  return h("div", { class: "question question-alert", role: "group", "aria-label": t("store.counted") },
    h("strong", {}, t("store.counted_by", { name: ticket.rider?.first_name ?? t("store.rider_unnamed") })),
    h("ul", { class: "complaints" }, ...ticket.items_disputed.map((complaint) =>
      h("li", {},
        h("strong", {}, names.get(complaint.item_id) ?? complaint.item_id), ": ",
        complaint.problem === "missing" && complaint.missing_quantity ? plural("store.missing", complaint.missing_quantity) : t(`store.complaint.${complaint.problem}`),
        complaint.note && h("span", { class: "quiet" }, ` “${complaint.note}”`)))),
    !said && h("div", { class: "stack stack-s" },
      h("div", { class: "field" }, h("label", { for: `note-${ticket.id}` }, t("store.answer_note")), note),
      answer("fixed", ""), answer("goes_without", "button-quiet"), answer("disagrees", "button-quiet")));
}

/** What was said and waits to be confirmed. @param {Said} said */
function sent(said) {
  const about = t(`store.saying.${said.word}`);
  return h("p", { class: `notice ${said.is_late ? "notice-warn" : ""}`, role: "status" }, said.is_late ? t("store.saying_waits", { what: about }) : t("store.saying_now", { what: about }));
}

/** @param {Ticket} ticket @param {Say} tell */
function actions(ticket, tell) {
  const longer = async () => {
    const answer = await askLonger(ticket);
    if (answer) tell("extend", answer);
  };
  const number = ticket.short_number;
  const is_cooking = ticket.status !== "ready";
  return h("div", { class: "actions" },
    ticket.status === "accepted" && h("button", { type: "button", class: "button button-large button-wide", dataset: { act: "start" }, "aria-label": t("store.start_order", { number }), onclick: () => tell("start") }, icon("fire"), t("store.start")),
    is_cooking && h("button", { type: "button", class: `button button-large button-wide ${ticket.status === "accepted" ? "button-quiet" : ""}`, dataset: { act: "ready" }, "aria-label": t("store.ready_order", { number }), onclick: () => tell("ready") }, icon("check"), t("store.ready")),
    !is_cooking && ticket.rider_arrived_at && ticket.items_disputed.length === 0 && h("p", { class: "notice notice-accent" }, t("store.give", { number, name: ticket.rider?.first_name ?? t("store.rider_unnamed") })),
    h("div", { class: "pair" },
      is_cooking && extensionsOf(ticket).length > 0 && h("button", { type: "button", class: "button button-quiet", dataset: { act: "longer" }, "aria-label": t("store.longer_order", { number }), onclick: longer }, icon("clock"), t("store.longer")),
      printButton(ticket)));
}

/**
 * Show how orders ended while nobody looked, until somebody saw it.
 * @param {{ticket: Ticket, words: string, tone: string}[]} ends
 * @param {(ticket: Ticket) => void} onSeen
 */
export function showEnds(ends, onSeen) {
  keyed(byId("ended"), ends, {
    key: ({ ticket }) => ticket.id,
    create: ({ ticket, words, tone }) =>
      h("div", { class: `end end-${tone}`, role: "group", "aria-label": orderName(ticket) },
        h("span", { class: "ticket-number" }, ticket.short_number),
        h("div", { class: "grow" }, h("strong", {}, words), h("p", { class: "small" }, `${plural("store.items", countItems(ticket))}: ${ticket.lines.map((line) => `${line.quantity}× ${line.name}`).join(", ")}`)),
        h("button", { type: "button", class: "button button-quiet", onclick: () => onSeen(ticket) }, t("store.seen"))),
  });
}
