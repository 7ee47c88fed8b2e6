// @ts-check
import { clock } from "../core/clock.js";

/**
 * Domain time without a network: the last reading is kept on the phone, so that a tap after a reload in a tunnel still has
 * its true instant. A phone that sleeps stops the page's own clock; its wall clock shows how long it slept.
 */

const KEY = "recado.rider.clock";
const EVERY_MS = 2_000;
const ASLEEP_MS = 3_000; // a gap between both clocks from which on the phone was asleep
let wall = Date.now();
let running = performance.now();

/** Begin to keep time; call it before anything asks for the instant. */
export function keepTime() {
  const kept = read();
  if (!clock.isSet && kept) {
    clock.set({ now: new Date(kept.domain_ms + (Date.now() - kept.wall_ms) * kept.rate).toISOString(), rate: kept.rate });
  }
  setInterval(tick, EVERY_MS);
  document.addEventListener("visibilitychange", tick);
  addEventListener("pagehide", tick);
}

/** The instant of a tap, as reports carry it. */
export function tapInstant() {
  wakeUp();
  return new Date(clock.now()).toISOString();
}

/** Domain time of something the phone dates by its own clock, in whole milliseconds. @param {number} wall_ms */
export function domainTimeOf(wall_ms) {
  wakeUp();
  const ago_ms = Math.max(0, Date.now() - wall_ms);
  return Math.round(clock.now() - ago_ms * clock.rate);
}

function tick() {
  wakeUp();
  if (!clock.isSet) return;
  try {
    localStorage.setItem(KEY, JSON.stringify({ domain_ms: clock.now(), wall_ms: Date.now(), rate: clock.rate }));
  } catch {
    // A browser that keeps nothing works as long as the tab is open.
  }
}

/** Put the clock forward by what the phone slept. */
function wakeUp() {
  const slept_ms = Date.now() - wall - (performance.now() - running);
  wall = Date.now();
  running = performance.now();
  if (slept_ms > ASLEEP_MS) clock.set({ now: new Date(clock.now() + slept_ms * clock.rate).toISOString() });
}

/** @returns {{domain_ms: number, wall_ms: number, rate: number} | null} */
function read() {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "null");
  } catch {
    return null;
  }
}
