// @ts-check
import { Problem, request } from "../core/api.js";
import { byId, say, show } from "../core/dom.js";
import { remember } from "../core/session.js";
import { startPage } from "../core/page.js";
import { explain, has, t } from "../core/texts.js";

const LETTERS = 8;
const form = /** @type {HTMLFormElement} */ (byId("pairing"));
const code = /** @type {HTMLInputElement} */ (byId("code"));
const deviceName = /** @type {HTMLInputElement} */ (byId("device_name"));
const wanted = new URLSearchParams(location.search).get("as") ?? "";

deviceName.value = thisDevice();
takeCode(location.hash);
// A code that is scanned while the page is open changes the fragment alone.
addEventListener("hashchange", () => takeCode(location.hash));
if (has(`common.page.${wanted}`)) say(byId("hint"), t("pair.about_page", { page: t(`common.page.${wanted}`) }));
code.addEventListener("input", () => (code.value = grouped(code.value)));
form.addEventListener("submit", pair);
startPage();

/** The code leaves the address at once: what is in it ends in histories and screenshots. @param {string} fragment */
function takeCode(fragment) {
  if (!plain(fragment)) return;
  code.value = grouped(fragment);
  history.replaceState(null, "", location.pathname + location.search);
  byId("pairing").querySelector("button")?.focus();
}

/** @param {SubmitEvent} event */
async function pair(event) {
  event.preventDefault();
  const typed = plain(code.value);
  if (typed.length !== LETTERS) return refuse(t("pair.incomplete"));
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
  button.disabled = true;
  show(byId("problem"), false);
  code.removeAttribute("aria-invalid");
  try {
    const body = { code: typed, device_name: deviceName.value.trim() || thisDevice(), keep: "cookie" };
    const { access_token: _, expires_in_s: __, ...identity } = await request("POST", "/v1/pairings/claim", { body });
    remember(identity.role, identity);
    location.replace(pageFor(identity));
  } catch (error) {
    button.disabled = false;
    refuse(error instanceof Problem && [400, 404, 422].includes(error.status) ? t("pair.unknown") : explain(error));
  }
}

/** @param {string} why */
function refuse(why) {
  say(byId("problem"), why);
  show(byId("problem"), true);
  code.setAttribute("aria-invalid", "true");
  code.focus();
  code.select();
}

/** Where this device works: the page it came from where that fits, or the first of its role. @param {{role: string, scopes?: string[]}} identity */
function pageFor({ role, scopes = [] }) {
  if (role === "rider") return "/rider";
  if (role === "merchant") return "/store";
  if (["operations", "desk"].includes(wanted)) return `/${wanted}`;
  return scopes.some((scope) => scope === "dispatch" || scope === "support") ? "/operations" : "/desk";
}

/** @param {string} typed */
function plain(typed) {
  return typed.toUpperCase().replace(/[^A-Z0-9]/g, "").slice(0, LETTERS);
}

/** @param {string} typed */
function grouped(typed) {
  return plain(typed).replace(/^(.{4})(?=.)/, "$1-");
}

function thisDevice() {
  const agent = navigator.userAgent;
  const system = /Android|iPhone|iPad|Windows|Mac OS X|CrOS|Linux/.exec(agent)?.[0] ?? "";
  const browser = /Firefox|Edg|SamsungBrowser|OPR|Chrome|Safari/.exec(agent)?.[0] ?? "";
  return [system.replace("Mac OS X", "Mac"), browser.replace("Edg", "Edge").replace("OPR", "Opera")].filter(Boolean).join(" · ");
}
