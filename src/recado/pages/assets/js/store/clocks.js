// @ts-check
import { everySecond } from "../core/clock.js";

/** @type {WeakMap<Element, (element: any) => void>} */
const ticks = new WeakMap();

/**
 * Bring an element up to date now and every second for as long as it is on the page. Returns the element.
 * @template {HTMLElement} Timed
 * @param {Timed} element
 * @param {(element: Timed) => void} tick
 */
export function timed(element, tick) {
  element.dataset.timed = "";
  ticks.set(element, tick);
  tick(element);
  return element;
}

/** Let all clocks on the page run. @param {() => void} also */
export function runClocks(also) {
  everySecond(() => {
    for (const element of document.querySelectorAll("[data-timed]")) ticks.get(element)?.(element);
    also();
  });
}
