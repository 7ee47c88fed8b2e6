// @ts-check
import { h, say } from "../core/dom.js";
import { announce, toast } from "../core/live.js";
import { dayAndTime, has, plural, t, time } from "../core/texts.js";
import { button, choice, field, form, input, openDialog, whatIsWrong } from "./forms.js";

const LOOK_EVERY_MS = 2_000;

/**
 * Links for the app that a rider has already: make one, see which are in use, take one back.
 * @typedef {import("./desk.js").Desk} Desk
 * @typedef {{id: string, name: string}} Rider
 * @typedef {{id: string, label: string, made_at: string, last_sent_at: string | null, revoked_at: string | null}} Phone
 * @typedef {{app: string, name: string, where: string, settings: {field: string, value: string}[]}} App
 */

/** Show a rider's links, and make another. @param {Desk} desk @param {Rider} rider */
export async function offerOwnApp(desk, rider) {
  const phones = await list(desk, rider);
  const [open, revoked] = [phones.filter((phone) => !phone.revoked_at), phones.filter((phone) => phone.revoked_at)];
  const make = form({
    fields: [field("phone-label", t("desk.own_app.label"), input("label", { required: true, maxlength: 80, value: rider.name }), t("desk.own_app.label_hint"))],
    submit: t("desk.own_app.make"),
    send: async (said) => {
      const label = String(said.get("label")).trim();
      showLink(desk, rider, label, await desk.send("POST", `/v1/riders/${rider.id}/phones`, { label }));
    },
  });
  openDialog(t("desk.own_app.title", { name: rider.name }), [
    h("p", {}, t("desk.own_app.about")),
    open.length ? h("ul", { class: "list", "aria-label": t("desk.own_app.links") }, ...open.map((phone) => line(desk, rider, phone))) : null,
    revoked.length ? h("details", { class: "unfold" }, h("summary", {}, plural("desk.own_app.revoked_links", revoked.length)), h("ul", { class: "list" }, ...revoked.map((phone) => line(desk, rider, phone)))) : null,
    make,
  ]);
}

/** @param {Desk} desk @param {Rider} rider @returns {Promise<Phone[]>} */
const list = async (desk, rider) => (await desk.session.call("GET", `/v1/riders/${rider.id}/phones`)).phones;

/** @param {Desk} desk @param {Rider} rider @param {Phone} phone */
function line(desk, rider, phone) {
  const used = phone.last_sent_at ? t("desk.own_app.last_sent", { at: dayAndTime(phone.last_sent_at) }) : t("desk.own_app.never_sent");
  const ended = phone.revoked_at ? t("desk.own_app.revoked_at", { at: dayAndTime(phone.revoked_at) }) : null;
  const about = [t("desk.own_app.made", { at: dayAndTime(phone.made_at) }), used, ended].filter(Boolean);
  const badge = phone.revoked_at ? h("span", { class: "badge" }, t("desk.own_app.is_revoked")) : h("span", { class: "badge badge-good" }, t("desk.own_app.is_open"));
  return h(
    "li",
    {},
    h("div", { class: "grow" }, h("div", { class: "row named" }, h("span", { class: "strong" }, phone.label), badge), h("p", { class: "small quiet" }, about.join(" · "))),
    phone.revoked_at ? null : h("button", { type: "button", class: "button button-quiet", "aria-label": t("desk.own_app.revoke_title", { name: phone.label }), onclick: () => revoke(desk, rider, phone) }, t("desk.own_app.revoke")),
  );
}

/** @param {Desk} desk @param {Rider} rider @param {Phone} phone */
function revoke(desk, rider, phone) {
  openDialog(t("desk.own_app.revoke_title", { name: phone.label }), [
    h("p", {}, t("desk.own_app.revoke_about", { rider: rider.name })),
    form({
      fields: [],
      submit: t("desk.own_app.revoke"),
      send: async () => {
        await desk.send("DELETE", `/v1/riders/${rider.id}/phones/${phone.id}`);
        toast(t("desk.own_app.revoked", { name: phone.label }), { tone: "good" });
        await offerOwnApp(desk, rider);
      },
    }),
  ]);
}

/** Show a link that was just made, the only time, until its first position is here. @param {Desk} desk @param {Rider} rider @param {string} label @param {any} made */
function showLink(desk, rider, label, made) {
  const waits = h("p", { class: "notice notice-accent grow" }, t("desk.own_app.waits"));
  const look = async () => {
    const phone = (await list(desk, rider).catch(() => [])).find(({ id }) => id === made.phone_id);
    if (!phone?.last_sent_at) return;
    stop();
    waits.className = "notice notice-good grow";
    say(waits, t("desk.own_app.sent", { at: time(phone.last_sent_at) }));
    announce(waits.textContent ?? "");
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  const stop = () => clearInterval(timer);
  const back = () => {
    stop();
    offerOwnApp(desk, rider).catch((error) => toast(whatIsWrong(error), { tone: "alert" }));
  };
  const picture = h("img", { src: `data:image/svg+xml,${encodeURIComponent(made.qr_svg)}`, alt: t("desk.own_app.qr_alt") });
  openDialog(
    t("desk.own_app.link_title", { label }),
    [
      h("p", { class: "notice notice-warn" }, t("desk.own_app.once")),
      h("div", { class: "qr" }, picture),
      h("dl", { class: "values" }, ...value(t("desk.own_app.link"), made.url)),
      h("p", { class: "hint" }, t("desk.own_app.how")),
      steps(made.apps),
      h("div", { class: "dialog-foot" }, waits, button(t("desk.done"), back, "button")),
    ],
    { onClose: stop },
  );
}

/** Choose the app, and see what it gets. @param {App[]} apps */
function steps(apps) {
  const shown = h("div", { class: "stack stack-s", "aria-live": "polite" });
  const chosen = choice("app", apps.map((one) => [one.app, said(`desk.own_app.name.${one.app}`, one.name)]));
  const draw = () => {
    const app = /** @type {App} */ (apps.find((one) => one.app === chosen.value));
    shown.replaceChildren(
      h("p", {}, t("desk.own_app.where", { where: said(`desk.own_app.where.${app.app}`, app.where) })),
      h("dl", { class: "values" }, ...app.settings.flatMap(({ field: name, value: typed }) => value(name, typed))),
    );
  };
  chosen.onchange = draw;
  draw();
  return h("div", { class: "stack" }, field("phone-app", t("desk.own_app.which"), chosen), shown);
}

/** An app that this page does not know yet is told in the API's words. @param {string} key @param {string} otherwise */
const said = (key, otherwise) => (has(key) ? t(key) : otherwise);

/** Something to be typed into an app, and copied where that is easier. @param {string} name @param {string} typed */
function value(name, typed) {
  if (!typed) return [h("dt", {}, name), h("dd", { class: "quiet" }, t("desk.own_app.empty"))];
  const shown = h("code", { translate: "no" }, typed);
  const word = h("span", {}, t("desk.own_app.copy"));
  const go = h("button", { type: "button", class: "button button-quiet", onclick: () => copy(shown, word, name) }, word, h("span", { class: "for-listeners" }, ` ${name}`));
  return [h("dt", {}, name), h("dd", {}, shown, go)];
}

/** Copy it; where the browser lets no page copy, it is marked. @param {HTMLElement} shown @param {HTMLElement} word @param {string} name */
async function copy(shown, word, name) {
  const isCopied = await navigator.clipboard?.writeText(shown.textContent ?? "").then(() => true, () => false);
  if (!isCopied) getSelection()?.selectAllChildren(shown);
  else say(word, t("desk.own_app.is_copied"));
  announce(t(isCopied ? "desk.own_app.copied" : "desk.own_app.marked", { name }));
}
