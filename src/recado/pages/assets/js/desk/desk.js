// @ts-check
import { newKey } from "../core/api.js";
import { byId, fill, h, icon } from "../core/dom.js";
import { toast } from "../core/live.js";
import { createMap } from "../core/map.js";
import { explain, has, locale, t } from "../core/texts.js";

/**
 * What all parts of the desk work with: who is signed in, the city, the map, and one way to send something.
 * @typedef {{lat: number, lon: number}} Place
 */
export class Desk {
  /** @type {any} */
  city = null;
  /** @type {any} */
  map = null;
  /** @type {((place: Place) => void) | null} */
  onPlace = null;

  /** @param {import("../core/session.js").Session} session */
  constructor(session) {
    this.session = session;
  }

  /** @param {string} scope */
  may(scope) {
    return (this.session.identity?.scopes ?? []).includes(scope);
  }

  /** @param {any} city */
  async open(city) {
    this.city = city;
    if (this.map) return this.map.show(city.centre, 14);
    try {
      this.map = await createMap(byId("map"), { centre: city.centre, zoom: 14, label: t("desk.map") });
      this.map.leaflet.on("click", (/** @type {any} */ event) => this.onPlace?.({ lat: event.latlng.lat, lon: event.latlng.lng }));
    } catch {
      toast(t("desk.no_map"), { tone: "warn" });
    }
  }

  /** Take everything off the map. */
  clear() {
    this.map?.keep([]);
    for (const id of [...(this.map?.routes.keys() ?? [])]) this.map.line(id, []);
    this.onPlace = null;
  }

  /** Every page of a list. @param {string} path @param {string} what @returns {Promise<any[]>} */
  async all(path, what) {
    const found = [];
    let cursor = "";
    do {
      const join = path.includes("?") ? "&" : "?";
      const page = await this.session.call("GET", `${path}${join}limit=200${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
      found.push(...page[what]);
      cursor = page.next_cursor ?? "";
    } while (cursor);
    return found;
  }

  /** @param {string} path */
  here(path) {
    return `${path}?city_id=${encodeURIComponent(this.city.id)}`;
  }

  /** Send what is safe to repeat under this key. @param {string} method @param {string} path @param {unknown} [body] @param {string} [key] */
  send(method, path, body, key) {
    return this.session.call(method, path, body, key ? { key } : {});
  }
}

/** @param {string} id @param {string} label @param {HTMLElement} input @param {string} [hint] */
export function field(id, label, input, hint) {
  input.id = id;
  if (hint) input.setAttribute("aria-describedby", `${id}-hint`);
  return h("div", { class: "field" }, h("label", { for: id }, label), input, hint ? h("p", { class: "hint", id: `${id}-hint` }, hint) : null);
}

/** @param {string} name @param {Record<string, any>} [more] */
export const input = (name, more = {}) => /** @type {HTMLInputElement} */ (h("input", { name, autocomplete: "off", ...more }));

/** @param {string} name @param {[string, string][]} options @param {string} [chosen] */
export function choice(name, options, chosen) {
  const made = /** @type {HTMLSelectElement} */ (h("select", { name }, ...options.map(([value, label]) => h("option", { value }, label))));
  if (chosen !== undefined) made.value = chosen;
  return made;
}

/** @param {string} text @param {() => void} onclick @param {string} [style] */
export const button = (text, onclick, style = "button button-quiet") => h("button", { type: "button", class: style, onclick }, text);

/**
 * A form that says what went wrong beside its button, once, and cannot be sent twice: a repeat has the same key until it worked.
 * @param {{fields: (Node | null)[], submit: string, send: (said: FormData, key: string) => Promise<void>}} how
 */
export function form({ fields, submit, send }) {
  const problem = h("p", { class: "notice notice-alert", role: "alert", hidden: true });
  const go = /** @type {HTMLButtonElement} */ (h("button", { class: "button button-large", type: "submit" }, submit));
  const made = /** @type {HTMLFormElement} */ (h("form", { class: "stack" }, ...fields, problem, go));
  let key = newKey();
  made.addEventListener("input", () => (key = newKey()));
  made.addEventListener("submit", async (event) => {
    event.preventDefault();
    go.disabled = true;
    problem.hidden = true;
    try {
      await send(new FormData(made), key);
      key = newKey();
    } catch (error) {
      problem.textContent = whatIsWrong(error);
      problem.hidden = false;
    } finally {
      go.disabled = false;
    }
  });
  return made;
}

/** A refusal in words; where it names a field, that too. @param {any} error */
export function whatIsWrong(error) {
  if (error instanceof Wrong) return error.message;
  const said = explain(error);
  const name = error?.facts?.field;
  const key = `desk.field.${String(name ?? "").split(".").pop()}`;
  return name && has(key) ? `${t(key)}: ${said}` : said;
}

/** Something that was typed and cannot be read, in words. */
export class Wrong extends Error {}

/** Minor units of an amount as people write it: "34,90", "34.90", "1.234,50", "35". @param {string} typed @param {string} currency */
export function minorOf(typed, currency) {
  const digits = new Intl.NumberFormat(locale, { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
  const found = /^\D*?(\d[\d.,\s]*?)(?:[.,](\d{1,2}))?\D*$/.exec(typed.trim());
  const cents = found?.[2] ?? "";
  if (!found || cents.length > digits) throw new Wrong(t("desk.wrong_amount", { typed }));
  return Number(found[1].replace(/\D/g, "")) * 10 ** digits + Number(cents.padEnd(digits, "0") || 0);
}

/** An amount as it is typed. @param {number} amount_minor @param {string} currency */
export function typedAmount(amount_minor, currency) {
  const digits = new Intl.NumberFormat(locale, { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
  return new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: false }).format(amount_minor / 10 ** digits);
}

/** E.164 of a phone number as people write it; without a country's code it is the city's. @param {string} typed @param {string} country */
export function phoneOf(typed, country) {
  const digits = typed.replace(/\D/g, "");
  if (typed.trim().startsWith("+")) return `+${digits}`;
  return `+${CALLING[/** @type {"BR"} */ (country)] ?? ""}${digits}`;
}

const CALLING = { AR: "54", BO: "591", BR: "55", CL: "56", CO: "57", CR: "506", DO: "1", EC: "593", GT: "502", HN: "504", MX: "52", NI: "505", PA: "507", PE: "51", PY: "595", SV: "503", UY: "598", VE: "58" };

/** Show something in the dialog. Returns what closes it. @param {string} title @param {Node[]} body @param {{isWide?: boolean}} [how] */
export function openDialog(title, body, { isWide = false } = {}) {
  const dialog = /** @type {HTMLDialogElement} */ (byId("dialog"));
  dialog.classList.toggle("dialog-wide", isWide);
  const close = () => dialog.close();
  const head = h("div", { class: "row row-apart" }, h("h2", { id: "dialog-title" }, title), h("button", { type: "button", class: "button button-quiet", "aria-label": t("desk.close"), onclick: close }, icon("cross")));
  fill(dialog, h("div", { class: "stack" }, head, ...body));
  dialog.showModal();
  return close;
}
