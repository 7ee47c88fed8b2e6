// @ts-check
import { byId, h, icon } from "../core/dom.js";
import { clock } from "../core/clock.js";
import { clockFace, t } from "../core/texts.js";
import { emergencyNumber } from "./navigation.js";
import { hasFood } from "./reckoning.js";
import * as steps from "./steps.js";

/**
 * Questions in a dialog: what is missing, what went wrong, and the call for help.
 * @typedef {import("./app.js").App} App
 * @typedef {import("./reckoning.js").Delivery} Delivery
 * @typedef {import("./reckoning.js").Stop} Stop
 */

const INCIDENTS = ["traffic", "weather", "accident", "vehicle", "other"];
const RETURNS = ["customer_absent", "customer_refused", "wrong_address", "unsafe", "food_damaged", "other"];
const FAILS_BEFORE = ["vehicle", "accident", "emergency", "store_closed", "food_unavailable", "other"];
const FAILS_AFTER = ["vehicle", "accident", "emergency", "food_lost", "address_unreachable", "other"];

const dialog = () => /** @type {HTMLDialogElement} */ (byId("ask"));

/** @param {string} title @param {(Node | string | false | null | undefined)[]} children */
function open(title, ...children) {
  const kept = children.filter((child) => child !== false && child !== null && child !== undefined);
  dialog().replaceChildren(h("h2", { id: "ask-title", tabindex: "-1", autofocus: true }, title), .../** @type {Node[]} */ (kept));
  if (!dialog().open) dialog().showModal();
  dialog().scrollTop = 0;
}

export const closeQuestion = () => dialog().close();

const leave = () => h("button", { type: "button", class: "button button-quiet button-large", onclick: closeQuestion }, t("rider.ask.leave"));

/** Count what is missing or wrong, and tell the store. @param {App} app @param {Delivery} delivery */
export function askItems(app, delivery) {
  const { lines } = app.evening.orders[delivery.order_id];
  const rows = lines.map((/** @type {any} */ line, /** @type {number} */ place) => {
    const isTicked = Boolean(app.evening.ticks[`${delivery.order_id}:${place}`]);
    const options = ["", "missing", "wrong", "damaged"].map((value) =>
      h("option", { value, selected: value === "" }, value ? t(`rider.check.is.${value}`) : t(isTicked ? "rider.check.is.there" : "rider.check.is.fine")),
    );
    const count = h("input", { type: "number", inputmode: "numeric", min: 0, max: line.quantity, value: line.quantity, id: `missing-${place}`, "aria-label": t("rider.check.count", { name: line.name }), hidden: true });
    const problem = h("select", { id: `problem-${place}`, onchange: (/** @type {Event} */ event) => count.toggleAttribute("hidden", /** @type {HTMLSelectElement} */ (event.target).value !== "missing") }, ...options);
    return h("div", { class: "field" }, h("label", { for: `problem-${place}` }, `${line.quantity} × ${line.name}`), h("div", { class: "item-problem" }, problem, count));
  });
  const note = h("textarea", { id: "note", rows: 2, maxlength: 300 });
  const nothing = h("p", { class: "notice notice-alert", role: "alert", hidden: true }, t("rider.check.nothing"));
  const tell = async () => {
    const problems = lines.flatMap((/** @type {any} */ line, /** @type {number} */ place) => {
      const problem = /** @type {HTMLSelectElement} */ (byId(`problem-${place}`)).value;
      const missing = Number(/** @type {HTMLInputElement} */ (byId(`missing-${place}`)).value) || 0;
      const missing_quantity = problem === "missing" ? Math.min(Math.max(missing, 1), line.quantity) : 0;
      return problem ? [{ item_id: line.item_id, problem, missing_quantity, note: /** @type {HTMLTextAreaElement} */ (note).value.trim() }] : [];
    });
    nothing.toggleAttribute("hidden", problems.length > 0);
    if (!problems.length) return;
    closeQuestion();
    await steps.dispute(app, delivery, problems);
  };
  open(
    t("rider.check.title"),
    h("div", { class: "stack" }, ...rows, h("div", { class: "field" }, h("label", { for: "note" }, t("rider.ask.note")), note), nothing),
    h("div", { class: "two" }, leave(), h("button", { type: "button", class: "button button-large", onclick: tell }, t("rider.check.tell"))),
  );
}

/**
 * Ask what is the matter at this stop: tell the desk and go on, bring the food back, or give up.
 * @param {App} app
 * @param {Stop} stop
 */
export function askProblem(app, stop) {
  const [delivery] = stop.deliveries;
  const isCarried = hasFood(delivery);
  const groups = [
    { name: "incident", reasons: INCIDENTS },
    ...(isCarried && delivery.status !== "returning" ? [{ name: "turn_back", reasons: RETURNS }] : []),
    { name: "fail", reasons: isCarried ? FAILS_AFTER : FAILS_BEFORE },
  ];
  const note = h("textarea", { id: "note", rows: 3, maxlength: 500 });
  const sure = /** @type {HTMLButtonElement} */ (h("button", { type: "submit", class: "button button-large", disabled: true }, t("rider.ask.send")));
  const choose = (/** @type {Event} */ event) => {
    const [name] = /** @type {HTMLInputElement} */ (event.target).value.split(":");
    sure.disabled = false;
    sure.textContent = t(`rider.ask.do.${name}`);
    sure.className = `button button-large${name === "incident" ? "" : " button-alert"}`;
  };
  const form = h(
    "form",
    { class: "stack", onchange: (/** @type {Event} */ event) => event.target !== note && choose(event), onsubmit: (/** @type {SubmitEvent} */ event) => send(event) },
    ...groups.map((group) => choices(group, delivery)),
    h("div", { class: "field" }, h("label", { for: "note" }, t("rider.ask.note")), note),
    h("p", { class: "hint" }, t("rider.ask.masked")),
    h("div", { class: "two" }, leave(), sure),
  );
  const send = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const chosen = new FormData(/** @type {HTMLFormElement} */ (form)).get("what");
    const [name, reason] = String(chosen).split(":");
    const words = /** @type {HTMLTextAreaElement} */ (note).value.trim();
    closeQuestion();
    const act = { incident: steps.tellDesk, turn_back: steps.turnBack, fail: steps.fail }[name];
    for (const each of name === "incident" ? [delivery] : stop.deliveries) await act?.(app, each, reason, words);
  };
  open(
    t("rider.ask.title"),
    h("button", { type: "button", class: "button button-alert button-large button-wide", onclick: () => askSos(app, delivery) }, icon("warn"), t("rider.sos")),
    form,
  );
}

/** @param {{name: string, reasons: string[]}} group @param {Delivery} delivery */
function choices({ name, reasons }, delivery) {
  const since = name === "turn_back" && delivery.arrived_at_dropoff_at;
  const waited = since && clockFace(clock.now() - Date.parse(since));
  return h(
    "fieldset",
    { class: "stack stack-s" },
    h("legend", { class: "label" }, t(`rider.ask.${name}`)),
    h("p", { class: "hint" }, t(`rider.ask.${name}.hint`)),
    h(
      "div",
      { class: "reasons" },
      ...reasons.map((reason) =>
        h("label", { class: "reason" }, h("input", { type: "radio", name: "what", value: `${name}:${reason}`, required: true }), h("span", {}, t(`rider.reason.${reason}`), reason === "customer_absent" && waited ? h("span", { class: "quiet" }, ` ${t("rider.absent.so_far", { waited })}`) : "")),
      ),
    ),
  );
}

/** @param {App} app @param {Delivery} delivery */
function askSos(app, delivery) {
  const call = emergencyNumber(app.evening.city?.country);
  const send = async () => {
    closeQuestion();
    await steps.tellDesk(app, delivery, "sos", "");
  };
  open(
    t("rider.sos.title"),
    h("p", {}, t("rider.sos.about")),
    h(
      "div",
      { class: "stack stack-s" },
      h("button", { type: "button", class: "button button-alert button-large", onclick: send }, t("rider.sos.send")),
      h("a", { class: "button button-quiet button-large", href: `tel:${call}` }, t("rider.sos.call", { call })),
      leave(),
    ),
  );
}
