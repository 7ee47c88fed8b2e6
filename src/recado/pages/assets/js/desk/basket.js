// @ts-check
import { fill, h, say, show } from "../core/dom.js";
import { money, number, t } from "../core/texts.js";
import { input } from "./forms.js";

const MOST = 99;
const FINDS_FROM = 9; // a shorter menu is seen at once

/** A store's menu, and what is taken of it. */
export class Basket {
  /** @type {Map<string, {quantity: number, note: string, allergies: string}>} */
  lines = new Map();
  /** @type {any} */
  menu = null;

  constructor() {
    this.find = input("", { type: "search", id: "find-item", "aria-label": t("desk.find_item"), placeholder: t("desk.find_item"), oninput: (/** @type {Event} */ event) => this.#narrow(event) });
    this.find.removeAttribute("name");
    this.list = h("div", { class: "menu" });
    this.element = h("fieldset", { class: "stack stack-s" }, h("legend", { class: "label" }, t("desk.items")), this.find, this.list);
  }

  /** @param {any} menu */
  show(menu) {
    this.menu = menu;
    this.lines.clear();
    this.find.value = "";
    show(this.find, menu.items.length >= FINDS_FROM);
    const empty = menu.items.length ? null : h("p", { class: "notice" }, t("desk.empty_menu"));
    fill(this.list, ...menu.items.map((/** @type {any} */ item) => this.#line(item)), empty);
  }

  /** What is ordered, as the API reads it. */
  wish() {
    return [...this.lines].map(([item_id, { quantity, note, allergies }]) => ({
      item_id,
      quantity,
      note: note.trim(),
      allergies: allergies.split(/[,;]/).map((one) => one.trim()).filter(Boolean),
    }));
  }

  /** @param {Event} event */
  #narrow(event) {
    event.stopPropagation(); // nothing of the order changed
    const wanted = plain(this.find.value);
    this.menu.items.forEach((/** @type {any} */ item, /** @type {number} */ place) => {
      const isWanted = plain(item.name).includes(wanted) || this.lines.has(item.id);
      show(/** @type {Element} */ (this.list.children[place]), isWanted);
    });
  }

  /** @param {any} item */
  #line(item) {
    const count = h("output", { class: "count" }, number(0));
    const notes = h("div", { class: "notes", hidden: true });
    const isOut = !item.is_available || item.stock_count === 0;
    const row = h("div", { class: "menu-line" });
    const add = (/** @type {number} */ by) => {
      const line = this.lines.get(item.id) ?? { quantity: 0, note: "", allergies: "" };
      line.quantity = Math.max(0, Math.min(MOST, line.quantity + by));
      if (line.quantity) this.lines.set(item.id, line);
      else this.lines.delete(item.id);
      say(count, number(line.quantity));
      less.disabled = !line.quantity;
      row.classList.toggle("is-taken", line.quantity > 0);
      fill(notes, ...(line.quantity ? (notes.children.length ? notes.children : notesOf(item, line)) : []));
      show(notes, line.quantity > 0);
      row.dispatchEvent(new Event("input", { bubbles: true }));
    };
    const step = (/** @type {string} */ sign, /** @type {string} */ label, /** @type {number} */ by) =>
      /** @type {HTMLButtonElement} */ (h("button", { type: "button", class: "button button-quiet", "aria-label": label, onclick: () => add(by) }, sign));
    const less = step("−", t("desk.less", { item: item.name }), -1);
    less.disabled = true;
    row.append(
      h("span", {}, item.name, isOut ? " " : null, isOut ? h("span", { class: "badge badge-warn" }, t("desk.out")) : null),
      h("span", { class: "quiet" }, money(item.price_minor, this.menu.currency)),
      h("span", { class: "amount" }, less, count, step("+", t("desk.more", { item: item.name }), 1)),
      notes,
    );
    return row;
  }
}

/** @param {any} item @param {any} line */
function notesOf(item, line) {
  const kept = (/** @type {"note" | "allergies"} */ name, /** @type {number} */ maxlength) => {
    const made = input("", { maxlength, value: line[name], "aria-label": `${t(`desk.line.${name}`)}: ${item.name}`, placeholder: t(`desk.line.${name}`) });
    made.removeAttribute("name");
    made.addEventListener("input", () => (line[name] = made.value));
    return made;
  };
  return [kept("note", 500), kept("allergies", 200)];
}

/** @param {string} text */
const plain = (text) => text.toLowerCase().normalize("NFD").replace(/\p{Diacritic}/gu, "").trim();
