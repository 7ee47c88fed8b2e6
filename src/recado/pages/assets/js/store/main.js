// @ts-check
import { byId, h, say, show } from "../core/dom.js";
import { clock } from "../core/clock.js";
import { follow } from "../core/feed.js";
import { announce, Bell, keepAwake, toast } from "../core/live.js";
import { showConnection, showInTab, startPage } from "../core/page.js";
import { endSession, openSession } from "../core/session.js";
import { explain, has, plural, setZone, t, time } from "../core/texts.js";
import { Board, recall } from "./board.js";
import { showColumns, showEnds } from "./cards.js";
import { runClocks } from "./clocks.js";
import { askToLeave } from "./dialogs.js";
import { Menu } from "./menu.js";
import { showPast } from "./past.js";
import { Sending } from "./sending.js";
import { Settings } from "./settings.js";
import { Stage } from "./stage.js";
import { endWords, orderName, riderWords, spokenOffer } from "./words.js";

/** @typedef {import("./words.js").Ticket} Ticket */

const CHOSEN = "recado.store.chosen";
const SETTLED_MS = 3_000;
const LOOK_MS = 60_000;
const AGAIN_MS = 2_000;
const QUIET_MS = 1_200;

const ENDS = new Set(["ticket.handed_over", "ticket.withdrawn", "order.rejected", "order.expired"]);

const bell = new Bell();

/** The page of one store. */
class Kitchen {
  /** @type {{ticket: Ticket, words: string, tone: string}[]} */
  #ends = [];
  #lastLiveAt = 0;
  #isOffline = false;
  #isWanted = false;
  #silentAt = performance.now();

  /** @param {import("../core/session.js").Session} session @param {string} storeId */
  constructor(session, storeId) {
    this.session = session;
    this.storeId = storeId;
    this.board = new Board(storeId, { onEnd: this.#ended, onChange: this.#changed });
    this.sending = new Sending(storeId, session, { onAnswer: this.#answered, onRefusal: this.#refused, onChange: () => this.#show() });
    this.menu = new Menu(session);
    this.settings = new Settings(session, { onPlace: this.#placed, onBell: () => bell.strike(), onLeave: () => this.#leave() });
    this.stage = new Stage(this.sending, () => this.settings.usualMinutes);
    const [known] = recall(`recado.store.${storeId}.place`);
    if (known) this.#placed((this.settings.place = known));
  }

  open() {
    this.#show();
    follow(this.session, `/v1/stores/${this.storeId}/feed`, {
      onSnapshot: (body) => this.#startOver(body.tickets),
      onEvent: (event) => this.#hear(event),
      onState: (state) => this.#connected(state),
      onEnd: () => toast(t("common.problem.401"), { tone: "alert", lasts_ms: 0 }),
    });
    this.sending.pump();
    runClocks(() => this.#tick());
    setInterval(() => this.#look(), LOOK_MS);
    addEventListener("hashchange", () => this.#turn());
    this.#turn();
  }

  /** @param {Ticket[]} tickets */
  #startOver(tickets) {
    for (const gone of this.board.startOver(tickets)) this.#load(gone.id);
    this.#show();
    this.#look();
    // A ticket learns of its order's facts a moment after they are told: what was between is there now.
    setTimeout(() => this.#settle(), SETTLED_MS);
  }

  async #settle() {
    try {
      const { tickets } = await this.session.call("GET", `/v1/stores/${this.storeId}/tickets?open=true&limit=200`);
      for (const ticket of tickets) this.board.put(ticket, "snapshot");
      this.#show();
    } catch {
      // The next snapshot brings it.
    }
  }

  /** Get a ticket as it is now, however long it takes. @param {string} ticketId @param {string} [type] */
  async #load(ticketId, type = "answer") {
    try {
      this.board.put(await this.session.call("GET", `/v1/tickets/${ticketId}`), type);
      this.#show();
    } catch (error) {
      if (/** @type {any} */ (error).status !== 404) setTimeout(() => this.#load(ticketId, type), AGAIN_MS);
    }
  }

  /** @param {any} event */
  #hear(event) {
    if (event.type.startsWith("store.")) this.#look();
    else if (event.type === "ticket.offered") this.#load(event.ticket_id, event.type);
    else if (event.type === "order.items_disputed") this.#drop(event.order_id, "items-answer");
    this.board.apply(event);
    this.#show();
    if (ENDS.has(event.type) && !byId("past").hidden) showPast(this.session, this.storeId);
  }

  /** An answer to the last question is none to this one. @param {string} orderId @param {string} word */
  #drop(orderId, word) {
    const ticket = this.board.ofOrder(orderId);
    if (ticket && this.sending.of(ticket.id)?.word === word) this.sending.drop(ticket.id);
  }

  /** @type {(ticket: Ticket, before: Ticket | null, type: string) => void} */
  #changed = (ticket, before, type) => {
    const order = orderName(ticket);
    if (!before && ticket.status === "offered") announce(spokenOffer(ticket), "assertive");
    if (!before) return;
    if (ticket.cancellation_answer_by && !before.cancellation_answer_by) announce(`${order}: ${t("store.cancel_asked")}`, "assertive");
    if (ticket.items_disputed.length > before.items_disputed.length) this.#strike(`${order}: ${t("store.counted")}`);
    if (ticket.rider_arrived_at && !before.rider_arrived_at) this.#strike(`${order}: ${riderWords(ticket)}`);
    else if (ticket.rider && ticket.rider.rider_id !== before.rider?.rider_id) announce(`${order}: ${riderWords(ticket)}`);
    if (type === "ticket.ready_overdue") this.#strike(`${order}: ${t("store.overdue")}`);
  };

  /** @type {(ticket: Ticket, before: Ticket) => void} */
  #ended = (ticket, before) => {
    const said = this.sending.of(ticket.id);
    const isOurs = said?.word === "reject" || (said?.word === "cancellation-answer" && said.body.agree);
    this.sending.drop(ticket.id);
    if (ticket.status === "handed_over") toast(t("store.gone", { number: ticket.short_number }), { tone: "good" });
    else if (!isOurs) {
      const isCooked = before.status === "preparing" || before.status === "ready";
      const words = isCooked ? `${endWords(ticket)} ${t("store.stop_cooking")}` : endWords(ticket);
      this.#ends = [{ ticket, words, tone: ticket.status === "rejected" ? "warn" : "alert" }, ...this.#ends.filter((end) => end.ticket.id !== ticket.id)];
      this.#strike(`${orderName(ticket)}: ${words}`);
    }
  };

  /** @type {(said: import("./sending.js").Said, ticket: Ticket) => void} */
  #answered = (said, ticket) => {
    const facts = { number: ticket.short_number, time: time(ticket.ready_by ?? clock.now()) };
    const key = said.word === "cancellation-answer" && said.body.agree ? "store.done.cancelled" : `store.done.${said.word}`;
    if (ticket.status === "rejected" || ticket.status === "withdrawn") this.board.forget(ticket.id);
    this.board.answer(ticket, said.word);
    toast(t(key, facts), { tone: "good" });
    this.#show();
  };

  /** @type {(said: import("./sending.js").Said, error: any) => void} */
  #refused = (said, error) => {
    const number = this.board.tickets.get(said.ticket_id)?.short_number ?? "";
    const moved = `store.moved.${error.facts?.status}`;
    const words = error.code === "unreachable" ? t("store.too_late_to_send") : error.code === "ticket.moved" && has(moved) ? t(moved) : explain(error);
    toast(`${t("store.order", { number })}: ${words}`, { tone: "alert", lasts_ms: 12_000 });
    this.#load(said.ticket_id);
  };

  /** @param {string} words */
  #strike(words) {
    bell.strike();
    announce(words, "assertive");
  }

  /** @type {(place: any) => void} */
  #placed = (place) => {
    setZone(place.time_zone);
    say(byId("store-name"), place.name);
    try {
      localStorage.setItem(`recado.store.${this.storeId}.place`, JSON.stringify([place]));
    } catch {
      // Known again once there is a network.
    }
    this.#show();
  };

  /** How the store and its menu stand: hours begin and end without a word. */
  #look() {
    this.settings.load(this.storeId).catch(() => {});
    this.menu.load(this.storeId).catch(() => {});
  }

  /** @param {"connecting" | "live" | "offline"} state */
  #connected(state) {
    showConnection(state);
    this.#isOffline = state === "offline";
    if (state === "live") this.sending.pump();
    this.#tick();
  }

  #tick() {
    if (!this.#isOffline && document.documentElement.dataset.connection === "live") this.#lastLiveAt = clock.now();
    show(byId("cut"), this.#isOffline);
    if (this.#isOffline) {
      const since = this.#lastLiveAt ? t("store.cut_since", { time: time(this.#lastLiveAt) }) : t("store.cut_never");
      const queued = this.sending.waiting.length ? ` ${plural("store.cut_waits", this.sending.waiting.length)}` : "";
      say(byId("cut"), `${since} ${t("store.cut_about")}${queued}`);
    }
    if (!bell.isArmed) this.#silentAt = performance.now();
    show(byId("sound"), performance.now() - this.#silentAt < QUIET_MS);
    this.settings.show();
  }

  #show() {
    const { all } = this.board;
    const offers = all.filter((ticket) => ticket.status === "offered");
    const asked = all.filter((ticket) => ticket.cancellation_answer_by);
    this.stage.show(offers);
    showColumns(all.filter((ticket) => ticket.status !== "offered"), this.sending);
    showEnds(this.#ends, (seen) => {
      this.#ends = this.#ends.filter((end) => end.ticket.id !== seen.id);
      this.#show();
    });
    const unanswered = [...offers, ...asked].filter((ticket) => !this.sending.of(ticket.id));
    if (unanswered.length) bell.start();
    else bell.stop();
    show(byId("orders-count"), all.length > 0);
    say(byId("orders-count"), String(all.length));
    byId("orders-count").classList.toggle("count-ringing", unanswered.length > 0);
    const name = this.settings.place?.name ?? t("store.title");
    const sign = offers.length ? String(offers.length) : "";
    showInTab({ title: sign ? `(${sign}) ${plural("store.new", offers.length)} · ${name}` : `${name} · Recado`, sign, tone: sign ? "alert" : "active" });
  }

  /** Turn to what the address names. */
  #turn() {
    const wanted = location.hash.slice(1);
    const sections = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-section]"));
    const name = [...sections].some((section) => section.id === wanted) ? wanted : "orders";
    for (const section of sections) show(section, section.id === name);
    for (const tab of document.querySelectorAll(".tabs a")) {
      if (tab.getAttribute("href") === `#${name}`) tab.setAttribute("aria-current", "page");
      else tab.removeAttribute("aria-current");
    }
    if (name === "past") showPast(this.session, this.storeId);
    scrollTo({ top: 0 });
  }

  async #leave() {
    if (this.#isWanted || !(await askToLeave(this.board.all.length))) return;
    this.#isWanted = true;
    for (const key of Object.keys(localStorage)) if (key.startsWith("recado.store.")) localStorage.removeItem(key);
    await endSession("merchant").catch((error) => toast(explain(error), { tone: "alert" }));
    this.#isWanted = false;
  }
}

/** Which of the merchant's stores this tablet is. @param {import("../core/session.js").Session} session @returns {Promise<string>} */
async function chosenStore(session) {
  const ids = session.identity?.store_ids ?? [];
  const before = localStorage.getItem(CHOSEN) ?? "";
  if (ids.length === 1) return ids[0];
  showSwitch();
  if (ids.includes(before)) return before;
  const names = await Promise.all(ids.map((id) => session.call("GET", `/v1/stores/${id}`).then((place) => place.name, () => id)));
  show(byId("choose"), true);
  return await new Promise((resolve) => {
    byId("choices").replaceChildren(
      ...ids.map((id, n) => h("li", {}, h("button", { type: "button", class: "button button-quiet button-large button-wide", onclick: () => resolve(id) }, names[n]))),
    );
  }).then((id) => {
    localStorage.setItem(CHOSEN, id);
    show(byId("choose"), false);
    return id;
  });
}

/** Who works in several stores can turn to another. */
function showSwitch() {
  const turn = () => {
    localStorage.removeItem(CHOSEN);
    location.reload();
  };
  byId("store-name").after(h("button", { type: "button", class: "button button-link switch-store", onclick: turn }, t("store.switch")));
}

/**
 * The first touch anywhere lets the page sound. What says so goes away a moment later: under a finger that is about to press
 * something else, nothing may move.
 */
function armOnTouch() {
  const arm = async () => {
    if (!bell.isArmed && (await bell.arm()) && bell.isRinging) bell.strike();
  };
  for (const touch of ["pointerup", "click", "keydown"]) addEventListener(touch, arm, { capture: true });
}

show(byId("sound"), true);
armOnTouch();
keepAwake();
startPage();
const session = await openSession("merchant");
new Kitchen(session, await chosenStore(session)).open();
