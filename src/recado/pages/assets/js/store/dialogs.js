// @ts-check
import { clock } from "../core/clock.js";
import { h } from "../core/dom.js";
import { plural, t, time } from "../core/texts.js";
import { orderName, reasonWord } from "./words.js";

/** @typedef {import("./words.js").Ticket} Ticket */

const REASONS = ["too_busy", "item_out_of_stock", "closing", "price", "address", "other"];
const DELAYS = ["many_orders", "oven", "missing", "again", "other"];
const MOST_EXTENSION = 30;
const STEPS = [5, 10, 15, 20, 25, 30];

/**
 * Ask something over the page, and return what `read` makes of it; null where it was left.
 * @template Answer
 * @param {{title: string, body: (Node | false)[], confirm: string, isAlert?: boolean, read: (form: HTMLFormElement) => Answer | string}} how
 *   `read` returns a string to say what is missing
 * @returns {Promise<Answer | null>}
 */
export function ask({ title, body, confirm, isAlert = false, read }) {
  return new Promise((resolve) => {
    const problem = h("p", { class: "notice notice-alert", role: "alert", hidden: true });
    const form = /** @type {HTMLFormElement} */ (
      h("form", { class: "stack", novalidate: true }, h("h2", { id: "dialog-title" }, title), ...body, problem,
        h("div", { class: "pair" },
          h("button", { type: "button", class: "button button-quiet button-large", onclick: () => close(null) }, t("store.back")),
          h("button", { class: `button button-large ${isAlert ? "button-alert" : ""}` }, confirm)))
    );
    const dialog = /** @type {HTMLDialogElement} */ (h("dialog", { class: "dialog", "aria-labelledby": "dialog-title" }, form));
    const close = (/** @type {any} */ answer) => {
      resolve(answer);
      dialog.close();
    };
    form.addEventListener("change", () => (problem.hidden = true));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const answer = read(form);
      problem.hidden = typeof answer !== "string";
      if (typeof answer === "string") problem.textContent = answer;
      else close(answer);
    });
    dialog.addEventListener("close", () => {
      resolve(null);
      dialog.remove();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** @param {string} name @param {string} value @param {string} text @param {{type?: string, checked?: boolean, hint?: string}} [how] */
const choice = (name, value, text, { type = "radio", checked = false, hint = "" } = {}) =>
  h("label", { class: "choice" }, h("input", { type, name, value, checked }), h("span", { class: "grow" }, text), hint && h("span", { class: "quiet" }, hint));

/** Ask why an order is rejected, and what is out of stock. @param {Ticket} ticket */
export function askReason(ticket) {
  const items = [...new Map(ticket.lines.map((line) => [line.item_id, line.name]))];
  const missing = h("fieldset", { class: "stack stack-s", hidden: true },
    h("legend", { class: "label" }, t("store.which_items")),
    ...items.map(([id, name]) => choice("item", id, name, { type: "checkbox", checked: items.length === 1 })),
    h("p", { class: "hint" }, t("store.off_the_menu")));
  const reasons = h("fieldset", { class: "choices" }, h("legend", { class: "for-listeners" }, t("store.why")), ...REASONS.map((reason) => choice("reason", reason, reasonWord(reason))));
  reasons.addEventListener("change", (event) => (missing.hidden = /** @type {any} */ (event.target).value !== "item_out_of_stock"));
  return ask({
    title: t("store.reject_title", { number: ticket.short_number }),
    body: [reasons, missing],
    confirm: t("store.reject_confirm"),
    isAlert: true,
    read: (form) => {
      const said = new FormData(form);
      const reason = said.get("reason");
      const item_ids = reason === "item_out_of_stock" ? said.getAll("item") : [];
      if (!reason) return t("store.why");
      if (reason === "item_out_of_stock" && !item_ids.length) return t("store.which_items");
      return { reason, item_ids };
    },
  });
}

/** How much later than first said it may be, in all. @param {Ticket} ticket */
export const extensionsOf = (ticket) => (ticket.ready_by ? STEPS.filter((minutes) => minutes > ticket.extended_minutes) : []);

/** Ask how much longer it takes, and why. @param {Ticket} ticket */
export function askLonger(ticket) {
  const firstly = Date.parse(ticket.ready_by ?? "") - ticket.extended_minutes * 60_000;
  const usable = extensionsOf(ticket);
  // What lies in the past is no promise; the last one is always there.
  const offered = usable.filter((minutes, n) => n === usable.length - 1 || firstly + minutes * 60_000 > clock.now());
  return ask({
    title: t("store.longer_title", { number: ticket.short_number }),
    body: [
      h("p", { class: "quiet" }, ticket.extended_minutes ? t("store.longer_so_far", { minutes: ticket.extended_minutes, most: MOST_EXTENSION }) : t("store.longer_about", { most: MOST_EXTENSION })),
      h("fieldset", { class: "choices" }, h("legend", { class: "label" }, t("store.longer_until")),
        ...offered.map((minutes, n) =>
          choice("minutes", String(minutes), time(firstly + minutes * 60_000), { checked: n === 0, hint: `+${minutes - ticket.extended_minutes} ${t("store.min")}` }))),
      h("fieldset", { class: "choices" }, h("legend", { class: "label" }, t("store.why")), ...DELAYS.map((reason, n) => choice("reason", reason, t(`store.delay.${reason}`), { checked: n === 0 }))),
    ],
    confirm: t("store.longer_confirm"),
    read: (form) => {
      const said = new FormData(form);
      return { minutes: Number(said.get("minutes")), reason: t(`store.delay.${said.get("reason")}`) };
    },
  });
}

/** @param {Ticket} ticket */
export const askToUnbegin = (ticket) =>
  ask({
    title: t("store.agree_title", { number: ticket.short_number }),
    body: [h("p", {}, t("store.agree_about", { order: orderName(ticket) }))],
    confirm: t("store.agree_confirm"),
    isAlert: true,
    read: () => ({ agree: true }),
  });

/** @param {number} count */
export const askToLeave = (count) =>
  ask({
    title: t("store.leave_title"),
    body: [h("p", {}, count ? plural("store.leave_with", count) : t("store.leave_about"))],
    confirm: t("store.leave_confirm"),
    isAlert: true,
    read: () => true,
  });
