// @ts-check
import { newKey } from "../core/api.js";
import { h } from "../core/dom.js";
import { toast } from "../core/live.js";
import { t } from "../core/texts.js";
import { Wrong, button, form, input, openDialog } from "./forms.js";
import { minorOf, typedAmount } from "./typed.js";

/** A store's menu, to be written as one writes a list: a name, a price, how many there are. @param {import("./desk.js").Desk} desk @param {any} store */
export async function openMenu(desk, store) {
  const menu = await desk.session.call("GET", `/v1/stores/${store.id}/menu`);
  const rows = h("div", { class: "item-rows" }, ...menu.items.map((/** @type {any} */ item) => itemRow(item, menu.currency)));
  const add = () => {
    const row = itemRow(null, menu.currency);
    rows.append(row);
    row.querySelector("input")?.focus();
  };
  const made = form({
    fields: [rows, h("div", { class: "row" }, button(t("desk.add_item"), add))],
    submit: t("desk.save"),
    send: async () => {
      const items = [...rows.children].map((row) => itemOf(row, menu.currency)).filter(Boolean);
      await desk.send("PUT", `/v1/stores/${store.id}/menu`, { items });
      close();
      toast(t("desk.saved", { name: store.name }), { tone: "good" });
    },
  });
  const close = openDialog(t("desk.menu_of", { store: store.name }), [h("p", { class: "hint" }, t("desk.menu_hint")), made], { isWide: true });
  if (!menu.items.length) add();
  rows.addEventListener("keydown", (event) => {
    // Enter goes on to the next item, as on paper.
    if (event.key !== "Enter") return;
    event.preventDefault();
    const next = /** @type {HTMLElement} */ (event.target).closest(".item-row")?.nextElementSibling?.querySelector("input");
    if (next) next.focus();
    else add();
  });
}

/** @param {any} item null: a new one @param {string} currency */
function itemRow(item, currency) {
  const named = (/** @type {string} */ what, /** @type {Record<string, any>} */ more) => h("label", { class: "item-field" }, h("span", { class: "hint" }, t(`desk.item.${what}`)), input(what, { "data-what": what, ...more }));
  const row = h(
    "div",
    { class: "item-row", role: "group", "aria-label": item?.name ?? t("desk.item.name"), dataset: { ref: item?.external_ref ?? newKey().slice(0, 16) } },
    named("name", { required: true, maxlength: 120, value: item?.name ?? "" }),
    named("price", { required: true, inputmode: "decimal", maxlength: 14, value: item ? typedAmount(item.price_minor, currency) : "" }),
    named("stock", { inputmode: "numeric", maxlength: 7, value: item?.stock_count ?? "" }),
    button(t("desk.remove"), () => {
      row.dispatchEvent(new Event("input", { bubbles: true }));
      row.remove();
    }),
  );
  return row;
}

/** @param {Element} row @param {string} currency */
function itemOf(row, currency) {
  const of = (/** @type {string} */ what) => /** @type {HTMLInputElement} */ (row.querySelector(`[data-what="${what}"]`));
  const stock = of("stock").value.trim();
  if (stock && !/^\d+$/.test(stock)) throw new Wrong(t("desk.wrong_count", { typed: stock }), of("stock"));
  const { ref } = /** @type {HTMLElement} */ (row).dataset;
  return { external_ref: ref, name: of("name").value.trim(), price_minor: minorOf(of("price").value, currency, of("price")), stock_count: stock ? Number(stock) : null };
}
