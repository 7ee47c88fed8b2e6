// @ts-check
import { boot } from "./dom.js";

/** The reader's own form of the page's language: numbers in Brazil are not written as in Portugal. */
export const locale = (navigator.languages ?? []).find((tag) => tag.split("-")[0] === boot.language) ?? boot.language;

/** @type {string=} */
let zone; // the device's

/**
 * Say times as the clocks of this city do.
 * @param {string} timeZone an IANA name
 */
export function setZone(timeZone) {
  zone = timeZone;
}

/** @param {string} key */
export const has = (key) => key in boot.texts;

/**
 * Return a text with its facts put in. A key that is not there shows itself: a test finds those before.
 * @param {string} key
 * @param {Record<string, string | number>} [facts]
 */
export function t(key, facts = {}) {
  const said = (boot.texts[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => String(facts[name] ?? whole));
  return said.replace(/\.\.(?=\s|$)/g, "."); // a sentence that ends with "6:40 a.m."
}

/** @type {Map<string, any>} */
const made = new Map(); // to make one costs more than to write a hundred numbers with it

/** @template T @param {new (locale: string, options?: any) => T} Kind @param {object} [options] @returns {T} */
function writer(Kind, options) {
  const key = Kind.name + JSON.stringify(options);
  if (!made.has(key)) made.set(key, new Kind(locale, options));
  return made.get(key);
}

/**
 * Return the text `<key>.one` or `<key>.other` for so many; `{count}` is put in as the reader writes numbers.
 * @param {string} key
 * @param {number} count
 * @param {Record<string, string | number>} [facts]
 */
export function plural(key, count, facts = {}) {
  const form = writer(Intl.PluralRules).select(count) === "one" ? "one" : "other";
  return t(`${key}.${form}`, { count: number(count), ...facts });
}

/** @param {number} value @param {Intl.NumberFormatOptions} [options] */
export const number = (value, options) => writer(Intl.NumberFormat, options).format(value);

/** @type {Intl.DateTimeFormatOptions} */
const OF_DAY = { hour: "numeric", minute: "2-digit" };

/** The time of day in the city. @param {string | number | Date} instant */
export const time = (instant) => format(instant, OF_DAY);

/** From one time of day to another in the city: "7:05 – 7:20 PM". @param {number} from @param {number} to */
export function timeRange(from, to) {
  const day = (/** @type {number} */ instant) => format(instant, { day: "numeric" });
  if (day(from) !== day(to)) return `${time(from)} – ${time(to)}`; // the language's own form would say both days
  return dates(OF_DAY).formatRange(from, to);
}

/** Day and time in the city. @param {string | number | Date} instant */
export const dayAndTime = (instant) =>
  format(instant, { weekday: "short", day: "numeric", month: "short", ...OF_DAY });

/** @param {Intl.DateTimeFormatOptions} options */
const dates = (options) => writer(Intl.DateTimeFormat, { ...options, timeZone: zone });

/** @param {string | number | Date} instant @param {Intl.DateTimeFormatOptions} options */
const format = (instant, options) => dates(options).format(new Date(instant));

/** Whole minutes, rounded up: "1 min", "12 min", "1 h 5 min". @param {number} span_ms */
export function minutes(span_ms) {
  const all = Math.max(0, Math.ceil(span_ms / 60_000));
  if (all < 60) return t("common.minutes", { minutes: number(all) });
  return t("common.hours", { hours: number(Math.floor(all / 60)), minutes: number(all % 60) });
}

/** What is left on a countdown: "7:05", "0:00". @param {number} span_ms */
export function clockFace(span_ms) {
  const all = Math.max(0, Math.ceil(span_ms / 1000));
  return `${Math.floor(all / 60)}:${String(all % 60).padStart(2, "0")}`;
}

/** "350 m", "1,2 km". @param {number} distance_m */
export function distance(distance_m) {
  if (distance_m < 995) return `${number(Math.round(distance_m / 10) * 10)} m`;
  return `${number(distance_m / 1000, { maximumFractionDigits: 1 })} km`;
}

/** An amount in minor units; CLP and PYG have none. @param {number} amount_minor @param {string} currency */
export function money(amount_minor, currency) {
  const written = writer(Intl.NumberFormat, { style: "currency", currency, currencyDisplay: "narrowSymbol" });
  const digits = written.resolvedOptions().maximumFractionDigits ?? 2;
  return written.format(amount_minor / 10 ** digits);
}

/**
 * What a refusal means to the person in front of the page: the page's own words for its code, or general ones.
 * @param {unknown} error
 */
export function explain(error) {
  const code = /** @type {{code?: string}} */ (error)?.code ?? "";
  const status = /** @type {{status?: number}} */ (error)?.status ?? 0;
  const keys = [`${boot.page}.problem.${code}`, `common.problem.${code}`, `common.problem.${status}`];
  return t(keys.find(has) ?? "common.problem.other");
}
