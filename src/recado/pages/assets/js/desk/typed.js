// @ts-check
import { locale, t } from "../core/texts.js";
import { Wrong } from "./forms.js";

/** What people type, read: amounts, phone numbers, hours, coordinates. */

const SPAN = /^(\d{1,2})(?:[:.h](\d\d))?\s*h?\s*[-–a]\s*(\d{1,2})(?:[:.h](\d\d))?\s*h?$/;
const MIDNIGHT = "24:00";
const COORDINATES = /(-?\d{1,2}\.\d{3,})\s*[,;]\s*(-?\d{1,3}\.\d{3,})/;
const CALLING = { AR: "54", BO: "591", BR: "55", CL: "56", CO: "57", CR: "506", DO: "1", EC: "593", GT: "502", HN: "504", MX: "52", NI: "505", PA: "507", PE: "51", PY: "595", SV: "503", UY: "598", VE: "58" };

/** @param {string} currency */
const decimalsOf = (currency) => new Intl.NumberFormat(locale, { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;

/** Minor units of an amount as people write it: "34,90", "34.90", "1.234,50", "R$ 35". @param {string} typed @param {string} currency @param {Element | null} [input] */
export function minorOf(typed, currency, input = null) {
  const digits = decimalsOf(currency);
  const found = /^[^\d-]*(\d[\d.,\s]*?)(?:[.,](\d{1,2}))?[^\d-]*$/.exec(typed.trim());
  const cents = found?.[2] ?? "";
  const whole = found?.[1] ?? "";
  const isGrouped = /^\d+$|^\d{1,3}(?:[.,\s]\d{3})+$/.test(whole);
  if (!isGrouped || cents.length > digits) throw new Wrong(t("desk.wrong_amount", { typed }), input);
  return Number(whole.replace(/\D/g, "")) * 10 ** digits + Number(cents.padEnd(digits, "0") || 0);
}

/** An amount as it is typed. @param {number} amount_minor @param {string} currency */
export function typedAmount(amount_minor, currency) {
  const digits = decimalsOf(currency);
  return new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: false }).format(amount_minor / 10 ** digits);
}

/** E.164 of a phone number as people write it; without a country's code it is the city's. @param {string} typed @param {string} country */
export function phoneOf(typed, country) {
  const digits = typed.replace(/\D/g, "");
  if (!digits) return "";
  if (typed.trim().startsWith("+")) return `+${digits}`;
  if (digits.startsWith("00")) return `+${digits.slice(2)}`;
  return `+${CALLING[/** @type {"BR"} */ (country)] ?? ""}${digits.replace(/^0+/, "")}`;
}

/** Opening hours as people write them: "18-23", "11:30-15, 18:00-01:00"; nothing is closed. @param {string} typed @param {Element | null} [input] */
export function spansOf(typed, input = null) {
  return typed
    .split(/[,;]/)
    .map((one) => one.trim())
    .filter(Boolean)
    .map((one) => {
      const [, from, fromMinute = "00", to, toMinute = "00"] = SPAN.exec(one) ?? [];
      const isHour = from && Number(from) <= 23 && Number(to) <= 24 && Number(fromMinute) <= 59 && Number(toMinute) <= 59;
      if (!isHour) throw new Wrong(t("desk.wrong_hours", { typed: one }), input);
      const closes = Number(to) === 24 ? MIDNIGHT : `${to.padStart(2, "0")}:${toMinute}`;
      return { opens: `${from.padStart(2, "0")}:${fromMinute}`, closes };
    });
}

/** The place in a text that somebody copied: "-23.5505, -46.6333", or a link to a map. @param {string} typed @returns {{lat: number, lon: number} | null} */
export function coordinatesIn(typed) {
  const [, lat, lon] = COORDINATES.exec(typed) ?? [];
  if (!lat || Math.abs(Number(lat)) > 90 || Math.abs(Number(lon)) > 180) return null;
  return { lat: Number(lat), lon: Number(lon) };
}
