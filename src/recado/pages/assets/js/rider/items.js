// @ts-check
import { h } from "../core/dom.js";
import { number, t } from "../core/texts.js";
import { askItems } from "./asking.js";

/**
 * @typedef {import("./app.js").App} App
 * @typedef {import("./reckoning.js").Delivery} Delivery
 */

/** The items to tick off at the counter, and what the store said of those that are not there. @param {App} app @param {Delivery} delivery */
export function items(app, delivery) {
  const order = app.evening.orders[delivery.order_id];
  const answer = app.evening.answers[delivery.order_id];
  if (!order) return h("p", { class: "notice" }, t("rider.check.unknown"));
  const all = order.lines.map((/** @type {any} */ line, /** @type {number} */ place) => item(app, delivery, line, place));
  return h(
    "div",
    { class: "stack stack-s" },
    h("ul", { class: "items" }, ...all),
    answer && h("p", { class: `notice notice-${answer.resolution === "fixed" ? "good" : "warn"}` }, ...answerText(answer)),
    !answer && h("div", { class: "two" }, everything(app, delivery, order), h("button", { type: "button", class: "button button-quiet", onclick: () => askItems(app, delivery) }, t("rider.check.wrong"))),
  );
}

/** @param {App} app @param {Delivery} delivery @param {any} line @param {number} place */
function item(app, delivery, line, place) {
  const key = `${delivery.order_id}:${place}`;
  const box = h("input", {
    type: "checkbox", id: `item-${delivery.delivery_id}-${place}`, checked: Boolean(app.evening.ticks[key]),
    onchange: (/** @type {Event} */ event) => app.evening.tick(key, /** @type {HTMLInputElement} */ (event.target).checked),
  });
  const more = [...(line.options ?? []), line.note].filter(Boolean).join(" · ");
  return h(
    "li",
    {},
    h("label", { class: "tick" }, box, h("span", { class: "count" }, `${number(line.quantity)} ×`), h("span", {}, line.name, more && h("span", { class: "item-note" }, more))),
  );
}

/** @param {App} app @param {Delivery} delivery @param {any} order */
function everything(app, delivery, order) {
  const tickAll = () => order.lines.forEach((/** @type {any} */ _, /** @type {number} */ place) => app.evening.tick(`${delivery.order_id}:${place}`, true));
  return h("button", { type: "button", id: `all-${delivery.delivery_id}`, class: "button button-quiet", onclick: tickAll }, t("rider.check.all"));
}

/** @param {any} answer */
function answerText({ resolution, note }) {
  if (!resolution) return [t("rider.check.told")];
  return [t(`rider.check.answer.${resolution}`), note ? ` “${note}”` : ""];
}
