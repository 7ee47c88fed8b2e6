// @ts-check
import { h, icon, say } from "../core/dom.js";
import { announce } from "../core/live.js";
import { clockFace, t } from "../core/texts.js";
import { openDialog } from "./forms.js";

const LOOK_EVERY_MS = 1_500;
const CODES_END_MS = 15 * 60_000;

/** Show a code to type and to scan, until a device came with it. @param {import("./desk.js").Desk} desk @param {any} wish @param {() => void} [onClose] */
export async function offerPairing(desk, wish, onClose) {
  const known = new Set((await newest(desk)).map((device) => device.id));
  const offered = await desk.send("POST", "/v1/pairings", wish);
  const madeAt = performance.now(); // codes live in wall time, not in the city's
  const address = new URL(offered.url);
  const left = h("p", { class: "small quiet" });
  const picture = h("img", { src: `data:image/svg+xml,${encodeURIComponent(offered.qr_svg)}`, alt: t("desk.qr_alt") });
  const steps = h("div", { class: "stack" }, h("p", {}, t("desk.pair_how", { address: `${address.host}${address.pathname}` })), h("div", { class: "qr" }, picture), h("p", { class: "pair-code" }, offered.code), left);
  const tick = () => say(left, t("desk.pair_left", { left: clockFace(CODES_END_MS - (performance.now() - madeAt)) }));
  const look = async () => {
    const device = (await newest(desk).catch(() => [])).find((one) => one.label === wish.label && !known.has(one.id));
    if (!device) return;
    stop();
    steps.replaceChildren(h("div", { class: "paired" }, icon("check"), h("p", { class: "strong" }, t("desk.paired", { device: device.name }))));
    announce(t("desk.paired", { device: device.name }));
  };
  const timers = [setInterval(look, LOOK_EVERY_MS), setInterval(tick, 1000)];
  const stop = () => timers.forEach((timer) => clearInterval(timer));
  tick();
  openDialog(t("desk.pair_title", { name: wish.label }), [steps], {
    onClose: () => {
      stop();
      onClose?.();
    },
  });
}

/** @param {import("./desk.js").Desk} desk @returns {Promise<any[]>} */
const newest = async (desk) => (await desk.session.call("GET", "/v1/devices?active=true&limit=20")).devices;
