// @ts-check
/**
 * What the server told this page: its name, the role it speaks as, its language and its texts.
 * @type {{page: string, role: string | null, language: string, build: string, texts: Record<string, string>}}
 */
export const boot = JSON.parse(document.getElementById("boot")?.textContent || "{}");

/**
 * Return the element of this id; a page without it is a bug.
 * @param {string} id
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`There is no #${id} on this page.`);
  return found;
}

/**
 * Make an element. Text stays text: nothing is ever read as HTML.
 * `h("button", {class: "button", disabled: true, onclick: accept, dataset: {id}}, t("store.seen"))`
 * @param {string} tag
 * @param {Record<string, any>} [properties] attributes; `on…` functions listen; null, undefined and false are left out
 * @param {...(Node | string | number | null | undefined | false)} children
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) set(element, name, value);
  element.append(...kept(children));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/**
 * Use one of the symbols in base.html. Decoration: what it means is said in words beside it.
 * @param {string} name
 */
export function icon(name) {
  const drawn = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  drawn.setAttribute("class", "icon");
  drawn.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#icon-${name}`);
  drawn.append(use);
  return drawn;
}

/** @param {HTMLElement} element @param {string} name @param {any} value */
function set(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "dataset") Object.assign(element.dataset, value);
  else element.setAttribute(name, value === true ? "" : String(value));
}

/** @param {any[]} children */
const kept = (children) =>
  children.filter((child) => child !== null && child !== undefined && child !== false).map((c) => (c instanceof Node ? c : String(c)));

/**
 * Put these in the place of all children.
 * @param {Element} parent
 * @param {...(Node | string | number | null | undefined | false)} children
 */
export function fill(parent, ...children) {
  parent.replaceChildren(...kept(children));
}

/**
 * Say this, and touch nothing where it is said already: a live region speaks only of what changed.
 * @param {Element} element
 * @param {string} text
 */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {Element} element @param {boolean} isShown */
export function show(element, isShown) {
  element.toggleAttribute("hidden", !isShown);
}

/**
 * Keep one element for each item, in their order. What stays keeps its focus, its scroll and its countdown.
 * @template Item
 * @param {Element} parent
 * @param {Item[]} items
 * @param {{key: (item: Item) => string, create: (item: Item) => HTMLElement, update?: (element: HTMLElement, item: Item) => void}} how
 */
export function keyed(parent, items, { key, create, update }) {
  const before = new Map([...parent.children].map((child) => [/** @type {HTMLElement} */ (child).dataset.key, child]));
  let next = parent.firstElementChild;
  for (const item of items) {
    const name = key(item);
    const element = /** @type {HTMLElement} */ (before.get(name) ?? create(item));
    element.dataset.key = name;
    before.delete(name);
    update?.(element, item);
    if (element === next) next = next.nextElementSibling;
    else parent.insertBefore(element, next);
  }
  for (const left of before.values()) left.remove();
}

const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

/** Tell whether the reader asked for less movement. */
export const isStill = () => reducedMotion.matches;
