// @ts-check
import { newKey, Problem, Unreachable } from "../core/api.js";
import { byId, fill, h, icon, say, show } from "../core/dom.js";
import { announce } from "../core/live.js";
import { explain, has, t } from "../core/texts.js";

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 8_000;

/** Something that was typed and cannot be read: in words, and in which input. */
export class Wrong extends Error {
  /** @param {string} message @param {Element | null} [input] */
  constructor(message, input = null) {
    super(message);
    this.input = input;
  }
}

/** @param {string} id @param {string} label @param {HTMLElement} input @param {string} [hint] */
export function field(id, label, input, hint) {
  input.id = id;
  if (hint) input.setAttribute("aria-describedby", `${id}-hint`);
  return h("div", { class: "field" }, h("label", { for: id }, label), input, hint ? h("p", { class: "hint", id: `${id}-hint` }, hint) : null);
}

/** Fields side by side, where there is room. @param {...(Node | null)} fields */
export const side = (...fields) => h("div", { class: "pair-of" }, ...fields);

/** @param {string} name @param {Record<string, any>} [more] */
export const input = (name, more = {}) => /** @type {HTMLInputElement} */ (h("input", { name, autocomplete: "off", ...more }));

/** @param {string} name @param {[string, string][]} options @param {string} [chosen] */
export function choice(name, options, chosen) {
  const made = /** @type {HTMLSelectElement} */ (h("select", { name }, ...options.map(([value, label]) => h("option", { value }, label))));
  if (chosen !== undefined) made.value = chosen;
  return made;
}

/** @param {string} name @param {string} value @param {string} label @param {boolean} [checked] */
export const tick = (name, value, label, checked = false) => h("label", { class: "tick" }, h("input", { type: "checkbox", name, value, checked }), label);

/** @param {string} text @param {() => void} onclick @param {string} [style] */
export const button = (text, onclick, style = "button button-quiet") => h("button", { type: "button", class: style, onclick }, text);

/**
 * A form that says what went wrong beside its button, and cannot be sent twice: a repeat has the same key until something
 * else is typed. One that `keepsTrying` is locked while nobody answers and sends the same again by itself: whether the
 * first one arrived or not, it is there once.
 * @param {{fields: (Node | null)[], submit: string, send: (said: FormData, key: string) => Promise<void>, keepsTrying?: boolean, style?: string}} how
 */
export function form({ fields, submit, send, keepsTrying = false, style = "" }) {
  const problem = h("p", { class: "notice notice-alert", role: "alert", hidden: true });
  const go = /** @type {HTMLButtonElement} */ (h("button", { class: "button button-large", type: "submit" }, submit));
  const typed = h("div", { class: "stack" }, ...fields);
  const made = /** @type {HTMLFormElement} */ (h("form", { class: `stack ${style}` }, typed, problem, h("div", { class: "row" }, go)));
  let key = newKey();
  made.addEventListener("input", () => (key = newKey()));
  made.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (go.disabled) return;
    go.disabled = true;
    show(problem, false);
    for (const one of made.querySelectorAll("[aria-invalid]")) one.removeAttribute("aria-invalid");
    try {
      const [said, sent] = [new FormData(made), key];
      await (keepsTrying ? untilAnswered(made, typed, problem, () => send(said, sent)) : send(said, sent));
      key = newKey();
    } catch (error) {
      problem.className = "notice notice-alert";
      problem.textContent = whatIsWrong(error);
      show(problem, true);
      pointAt(made, error);
    } finally {
      go.disabled = false;
    }
  });
  return made;
}

/** @param {HTMLFormElement} made @param {HTMLElement} typed @param {HTMLElement} problem @param {() => Promise<void>} send */
async function untilAnswered(made, typed, problem, send) {
  typed.inert = true;
  addEventListener("beforeunload", stay);
  try {
    for (let wait_ms = FIRST_WAIT_MS; ; wait_ms = Math.min(wait_ms * 2, LONGEST_WAIT_MS)) {
      try {
        return await send();
      } catch (error) {
        if (!isUnanswered(error)) throw error;
        made.dataset.unanswered = "";
        problem.className = "notice notice-warn";
        say(problem, t("desk.unanswered"));
        show(problem, true);
        await pause(wait_ms);
      }
    }
  } finally {
    typed.inert = false;
    delete made.dataset.unanswered;
    show(problem, false);
    removeEventListener("beforeunload", stay);
  }
}

/** @param {unknown} error */
const isUnanswered = (error) => error instanceof Unreachable || (error instanceof Problem && error.code === "idempotency.key_busy");

/** @param {BeforeUnloadEvent} event */
const stay = (event) => event.preventDefault();

/** @param {number} span_ms */
const pause = (span_ms) =>
  new Promise((resolve) => {
    setTimeout(resolve, span_ms);
    addEventListener("online", () => resolve(undefined), { once: true });
  });

/** Show which input a refusal is about. @param {HTMLFormElement} made @param {any} error */
function pointAt(made, error) {
  const named = made.elements.namedItem(lastOf(error?.facts?.field));
  const wrong = error?.input ?? named;
  if (!(wrong instanceof HTMLElement)) return;
  wrong.setAttribute("aria-invalid", "true");
  wrong.focus();
}

/** @param {unknown} path */
const lastOf = (path) => String(path ?? "").split(".").pop() ?? "";

/** A refusal in words; where it names a field, that too. @param {any} error */
export function whatIsWrong(error) {
  if (error instanceof Wrong) return error.message;
  const said = explain(error);
  const key = `desk.field.${lastOf(error?.facts?.field)}`;
  return has(key) ? `${t(key)}: ${said}` : said;
}

/**
 * Show something in the dialog. Returns what closes it.
 * @param {string} title
 * @param {(Node | null)[]} body
 * @param {{isWide?: boolean, onClose?: () => void}} [how]
 */
export function openDialog(title, body, { isWide = false, onClose } = {}) {
  const dialog = /** @type {HTMLDialogElement} */ (byId("dialog"));
  dialog.classList.toggle("dialog-wide", isWide);
  dialog.onclose = () => onClose?.();
  const close = () => dialog.close();
  const content = h("div", { class: "stack" }, ...body);
  const shut = h("button", { type: "button", class: "button button-quiet button-icon", "aria-label": t("desk.close"), onclick: close }, icon("cross"));
  fill(dialog, h("div", { class: "stack" }, h("div", { class: "dialog-head" }, h("h2", { id: "dialog-title" }, title), shut), content));
  if (!dialog.open) dialog.showModal();
  /** @type {HTMLElement} */ (content.querySelector("input, select, textarea, button, a") ?? shut).focus();
  return close;
}

/** Ask why, with the usual reasons at hand. @param {string} title @param {string[]} usual @param {(reason: string) => Promise<void>} send @param {(Node | null)[]} [about] */
export function askReason(title, usual, send, about = []) {
  const typed = input("reason", { required: true, maxlength: 500 });
  const offer = (/** @type {string} */ reason) =>
    button(reason, () => {
      typed.value = reason;
      typed.dispatchEvent(new Event("input", { bubbles: true }));
      announce(reason);
    }, "button button-quiet chip");
  const close = openDialog(title, [
    ...about,
    form({
      fields: [field("reason", t("desk.field.reason"), typed), h("div", { class: "row chips" }, ...usual.map(offer))],
      submit: title,
      send: async (said) => {
        await send(String(said.get("reason")).trim());
        close();
      },
    }),
  ]);
  typed.focus();
}
