// @ts-check
import { byId, fill, h, icon } from "../core/dom.js";
import { toast } from "../core/live.js";
import { dayAndTime, distance, explain, plural, t } from "../core/texts.js";
import { apart_m, incidentText, isOld, placeOf } from "./words.js";

const QUICK_REASONS = ["near", "asked", "late", "trouble"];
const OUTCOMES = ["accepted_on_behalf", "window_extended", "store_paused", "cancelled", "no_help"];
const WITH_MINUTES = { accepted_on_behalf: 20, window_extended: 5, store_paused: 30 };
const NEAREST = 60; // of 10,000 riders those who are further away are no choice
const PLANS = ["wait", "other_route", "hand_over", "return", "remake", "none"];

/** What an operator does. Each says at once whether it worked, and why not. */
export class Desk {
  /** @param {import("./town.js").Town} town */
  constructor(town) {
    this.town = town;
    const scopes = town.session.identity?.scopes ?? [];
    this.mayDispatch = scopes.includes("dispatch");
  }

  /** @param {any} order */
  async take(order) {
    await this.do(order, "POST", `/v1/operations/orders/${order.order_id}/owner`, { instead_of: order.owner?.operator_id ?? null, note: "" });
  }

  /** @param {any} order */
  async leave(order) {
    await this.do(order, "DELETE", `/v1/operations/orders/${order.order_id}/owner`);
  }

  /**
   * Do it, and read the order again, whatever came of it. Returns whether it worked; why not is shown.
   * @param {any} order
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   */
  async do(order, method, path, body) {
    try {
      await this.town.session.call(method, path, body);
      return true;
    } catch (error) {
      toast(explain(error), { tone: "alert" });
      return false;
    } finally {
      await this.town.readOne(order.order_id);
    }
  }
}

/** Choose who carries it: the nearest first. @param {Desk} desk @param {import("./town.js").Town} town @param {any} order */
export function askAssign(desk, town, order) {
  const away = (/** @type {any} */ rider) => (placeOf(rider) && order.pickup ? apart_m(placeOf(rider), order.pickup) : Infinity);
  const riders = [...town.riders.values()].filter((rider) => rider.rider_id !== order.rider?.rider_id).sort((a, b) => away(a) - away(b)).slice(0, NEAREST);
  const choice = (/** @type {any} */ rider) =>
    h(
      "label",
      { class: "choice" },
      h("input", { type: "radio", name: "rider_id", value: rider.rider_id, required: true }),
      h(
        "span",
        {},
        h("span", { class: "strong" }, rider.name),
        h("br"),
        h("span", { class: "small quiet" }, [t(`operations.state.${rider.state}`), rider.in_hand ? plural("operations.stops", rider.stops_left) : "", isOld(rider) ? t("operations.silent") : ""].filter(Boolean).join(" · ")),
      ),
      h("span", { class: "small" }, Number.isFinite(away(rider)) ? distance(away(rider)) : "—"),
    );
  const list = riders.length ? h("fieldset", { class: "choices" }, h("legend", { class: "label" }, t("operations.who")), ...riders.map(choice)) : h("p", { class: "notice" }, t("operations.no_riders"));
  ask(t("operations.assign_title", { number: order.short_number }), [list, ...reasonField()], riders.length > 0, async (said) => {
    const body = { rider_id: said.get("rider_id"), reason: said.get("reason") };
    return await desk.do(order, "POST", `/v1/deliveries/${order.delivery_id}/assign`, body);
  });
}

/** @param {Desk} desk @param {any} order */
export function askUnassign(desk, order) {
  ask(t("operations.unassign_title", { number: order.short_number, name: order.rider.name }), reasonField(), true, async (said) => {
    return await desk.do(order, "POST", `/v1/deliveries/${order.delivery_id}/unassign`, { reason: said.get("reason") });
  });
}

/** Record the call to a store. @param {Desk} desk @param {any} order @param {string} escalationId */
export function askHelp(desk, order, escalationId) {
  const outcome = h("select", { id: "outcome", name: "outcome" }, ...OUTCOMES.map((one) => h("option", { value: one }, t(`operations.outcome_of_call.${one}`))));
  const minutes = h("input", { id: "minutes", name: "minutes", type: "number", inputmode: "numeric", min: 1, max: 1440, required: true, value: 20 });
  const minutesField = field("minutes", t("operations.minutes"), minutes);
  outcome.addEventListener("change", () => {
    const usual = WITH_MINUTES[/** @type {"store_paused"} */ (/** @type {HTMLSelectElement} */ (outcome).value)];
    minutesField.toggleAttribute("hidden", !usual);
    minutes.toggleAttribute("disabled", !usual);
    if (usual) /** @type {HTMLInputElement} */ (minutes).value = String(usual);
  });
  const reached = h("input", { id: "reached", name: "reached", required: true, maxlength: 120, autocomplete: "off" });
  const fields = [field("reached", t("operations.reached"), reached), field("outcome", t("operations.agreed"), outcome), minutesField, ...reasonField(false)];
  ask(t("operations.help_title", { store: order.store_name }), fields, true, async (said) => {
    const body = { reached: said.get("reached"), reason: said.get("reason"), outcome: said.get("outcome"), minutes: said.has("minutes") ? Number(said.get("minutes")) : null };
    return await desk.do(order, "POST", `/v1/escalations/${escalationId}/resolve`, body);
  });
}

/** Answer a rider who met with something. @param {Desk} desk @param {any} order @param {string} incidentId @param {any} incident what they said, where it is known */
export function askPlan(desk, order, incidentId, incident) {
  const plan = h("select", { id: "plan", name: "plan" }, ...PLANS.map((one) => h("option", { value: one }, t(`operations.plan.${one}`))));
  const note = h("textarea", { id: "note", name: "note", rows: 3, maxlength: 500 });
  const said = incident ? [h("p", { class: "notice notice-warn" }, incidentText(incident))] : [];
  ask(t("operations.plan_title", { number: order.short_number }), [...said, field("plan", t("operations.plan_what"), plan), field("note", t("operations.plan_note"), note)], true, async (answer) => {
    return await desk.do(order, "POST", `/v1/incidents/${incidentId}/resolve`, { plan: answer.get("plan"), note: answer.get("note") });
  });
}

/** Make the link with which whoever ordered follows it. @param {Desk} desk @param {any} order */
export async function showLink(desk, order) {
  let made;
  try {
    made = await desk.town.session.call("POST", `/v1/orders/${order.order_id}/share-links`, {});
  } catch (error) {
    return toast(explain(error), { tone: "alert" });
  }
  const dialog = /** @type {HTMLDialogElement} */ (byId("dialog"));
  fill(
    dialog,
    h(
      "div",
      { class: "stack" },
      head(dialog, t("operations.link_title", { number: order.short_number })),
      h("p", {}, h("a", { class: "link", href: made.url, target: "_blank", rel: "noopener" }, made.url)),
      h("p", { class: "small quiet" }, t("operations.link_until", { until: dayAndTime(made.expires_at) })),
    ),
  );
  dialog.showModal();
}

/** @param {HTMLDialogElement} dialog @param {string} title */
const head = (dialog, title) =>
  h("div", { class: "detail-head" }, h("h2", { id: "dialog-title" }, title), h("button", { type: "button", class: "button button-quiet", "aria-label": t("operations.close"), onclick: () => dialog.close() }, icon("cross")));

/** @param {string} id @param {string} label @param {HTMLElement} input */
const field = (id, label, input) => h("div", { class: "field" }, h("label", { for: id }, label), input);

/** A reason is required and stored; the usual ones are one touch away. @param {boolean} [hasQuick] */
function reasonField(hasQuick = true) {
  const reason = /** @type {HTMLInputElement} */ (h("input", { id: "reason", name: "reason", required: true, maxlength: 500, autocomplete: "off" }));
  const quick = QUICK_REASONS.map((one) => {
    const text = t(`operations.reason.${one}`);
    return h("button", { type: "button", class: "button button-quiet", onclick: () => (reason.value = text) }, text);
  });
  return [field("reason", t("operations.reason"), reason), ...(hasQuick ? [h("div", { class: "quick" }, ...quick)] : [])];
}

/**
 * Ask in a dialog, and close it once what was said worked.
 * @param {string} title
 * @param {HTMLElement[]} fields
 * @param {boolean} canSend
 * @param {(said: FormData) => Promise<boolean>} send
 */
function ask(title, fields, canSend, send) {
  const dialog = /** @type {HTMLDialogElement} */ (byId("dialog"));
  const go = /** @type {HTMLButtonElement} */ (h("button", { class: "button", type: "submit", disabled: !canSend }, t("operations.send")));
  const form = /** @type {HTMLFormElement} */ (
    h(
      "form",
      { class: "stack" },
      head(dialog, title),
      ...fields,
      go,
    )
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    go.disabled = true;
    if (await send(new FormData(form))) dialog.close();
    go.disabled = false;
  });
  fill(dialog, form);
  dialog.showModal();
}
