// @ts-check
import { h, icon } from "../core/dom.js";
import { plural, t, time } from "../core/texts.js";
import { allergiesOf, countItems, orderName } from "./words.js";

/** @typedef {import("./words.js").Ticket} Ticket */

/** What to cook. @param {Ticket} ticket */
export function linesOf(ticket) {
  return h("ul", { class: "lines" }, ...ticket.lines.map(lineOf));
}

/** @param {import("./words.js").Line} line */
function lineOf(line) {
  const { options = [], allergies = [] } = line;
  return h(
    "li",
    { class: "line" },
    h("span", { class: "quantity", dataset: { many: line.quantity > 1 ? "yes" : "no" } }, h("span", {}, line.quantity), h("span", { "aria-hidden": "true" }, "×")),
    h(
      "div",
      { class: "dish" },
      h("span", { class: "dish-name" }, line.name),
      options.length > 0 && h("span", { class: "options" }, options.join(" · ")),
      line.note && h("span", { class: "note" }, h("span", { class: "for-listeners" }, `${t("store.note")}: `), line.note),
      allergies.length > 0 && h("span", { class: "allergy-line" }, t("store.without", { what: allergies.join(", ") })),
    ),
  );
}

/** What nobody may overlook, above everything. @param {Ticket} ticket */
export function allergyStrip(ticket) {
  const allergies = allergiesOf(ticket);
  return allergies.length > 0 && h("p", { class: "allergy" }, icon("warn"), h("strong", {}, t("store.allergy", { what: allergies.join(", ") })));
}

/** Print a ticket for the kitchen's rail. @param {Ticket} ticket */
export function print(ticket) {
  const slip = /** @type {HTMLElement} */ (document.getElementById("slip"));
  slip.replaceChildren(
    h("p", { class: "slip-store" }, document.getElementById("store-name")?.textContent ?? ""),
    h("p", { class: "slip-number" }, ticket.short_number),
    h("p", {}, t("store.slip_in", { time: time(ticket.offered_at) })),
    ticket.ready_by ? h("p", { class: "strong" }, t("store.slip_ready", { time: time(ticket.ready_by) })) : "",
    allergyStrip(ticket) || "",
    linesOf(ticket),
    h("p", {}, plural("store.items", countItems(ticket))),
    h("p", { class: "slip-end" }, orderName(ticket)),
  );
  window.print();
}

/** @param {Ticket} ticket */
export const printButton = (ticket) =>
  h(
    "button",
    { type: "button", class: "button button-quiet", dataset: { act: "print" }, onclick: () => print(ticket), "aria-label": t("store.print_order", { number: ticket.short_number }) },
    icon("print"),
    t("store.print"),
  );
