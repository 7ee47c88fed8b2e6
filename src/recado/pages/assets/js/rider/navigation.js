// @ts-check

/** @typedef {"geo" | "google" | "waze"} NavigationApp */

const KEY = "recado.rider.navigation";
const MODES = /** @type {Record<string, string>} */ ({ foot: "walking", bicycle: "bicycling", motorcycle: "two-wheeler", car: "driving" });

/** The app this rider finds the way with; phones without `geo:` links open Google Maps. @returns {NavigationApp} */
export function navigationApp() {
  try {
    const kept = localStorage.getItem(KEY);
    if (kept === "geo" || kept === "google" || kept === "waze") return kept;
  } catch {
    // as below
  }
  return /Android/.test(navigator.userAgent) ? "geo" : "google";
}

/** @param {string} app */
export function chooseNavigation(app) {
  try {
    localStorage.setItem(KEY, app);
  } catch {
    // Chosen for as long as the page is open.
  }
}

/** @param {{point: {lat: number, lon: number}, address: string}} place @param {string} vehicle */
export function wayTo({ point, address }, vehicle) {
  const at = `${point.lat.toFixed(6)},${point.lon.toFixed(6)}`;
  switch (navigationApp()) {
    case "geo":
      return `geo:${at}?q=${at}(${encodeURIComponent(address)})`;
    case "waze":
      return `https://waze.com/ul?ll=${encodeURIComponent(at)}&navigate=yes`;
    default:
      return `https://www.google.com/maps/dir/?api=1&destination=${encodeURIComponent(at)}&travelmode=${MODES[vehicle] ?? "driving"}`;
  }
}

/** Whom to call where life is in danger: each country's own number, and 112, which mobile networks know. @type {Record<string, string>} */
const EMERGENCY = {
  AR: "911", BO: "110", BR: "190", CL: "133", CO: "123", CR: "911", DO: "911", EC: "911", GT: "110", HN: "911",
  MX: "911", NI: "118", PA: "911", PE: "105", PY: "911", SV: "911", UY: "911", VE: "911",
};

/** @param {string | undefined} country */
export const emergencyNumber = (country) => EMERGENCY[country ?? ""] ?? "112";
