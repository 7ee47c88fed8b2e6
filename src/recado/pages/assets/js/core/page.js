// @ts-check
import { byId, say, show } from "./dom.js";
import { announce } from "./live.js";
import { t } from "./texts.js";

/** How long a page that was just opened is left alone before the service worker keeps it. */
const SETTLED_MS = 3_000;

/**
 * What every page does when it opens: keep itself for the time without a network. A browser without service workers, or a
 * page that does not come over https, does without.
 */
export function startPage() {
  if (!("serviceWorker" in navigator)) return;
  const keep = async () => {
    try {
      await navigator.serviceWorker.register("/service-worker.js");
      const { active } = await navigator.serviceWorker.ready;
      active?.postMessage({ type: "keep", path: location.pathname });
    } catch {
      // Kept next time.
    }
  };
  const later = () => setTimeout(keep, SETTLED_MS);
  if (document.readyState === "complete") later();
  else addEventListener("load", later, { once: true });
}

let last = "";

/**
 * Show in the top bar how fresh the page is. Only what changes is announced, and the first connection is not.
 * @param {"connecting" | "live" | "offline"} state
 */
export function showConnection(state) {
  const badge = byId("connection");
  badge.dataset.state = state;
  say(badge, t(`common.connection.${state}`));
  show(badge, true);
  document.documentElement.dataset.connection = state;
  if (state === "offline" && last !== "offline") announce(t("common.connection.lost"), "assertive");
  if (state === "live" && last === "offline") announce(t("common.connection.back"));
  if (state !== "connecting") last = state;
}

/**
 * Let the tab tell what goes on: its title, and a coloured disc with a sign.
 * @param {{title: string, sign?: string, tone?: "plain" | "active" | "good" | "warn" | "alert"}} state
 */
export function showInTab({ title, sign = "", tone = "plain" }) {
  document.title = title;
  const icon = /** @type {HTMLLinkElement | null} */ (document.querySelector("link[rel=icon]"));
  if (!icon || icon.dataset.drawn === `${tone}${sign}`) return;
  icon.dataset.drawn = `${tone}${sign}`;
  icon.href = `data:image/svg+xml,${encodeURIComponent(disc(sign, COLOURS[tone]))}`;
}

const COLOURS = { plain: "#5b625f", active: "#0a6355", good: "#1e6b2e", warn: "#a35f00", alert: "#b3261e" };

/** @param {string} sign @param {string} colour */
const disc = (sign, colour) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="16" r="16" fill="${colour}"/>` +
  `<text x="16" y="22.5" font-family="system-ui,sans-serif" font-weight="700" font-size="18" fill="#fff" text-anchor="middle">${sign}</text></svg>`;
