// @ts-check
import { byId, show } from "../core/dom.js";
import { t } from "../core/texts.js";
import { orderName, stopTitle } from "./stop.js";

/**
 * Where the stops are and where the rider is. The map comes when there is a stop to show, and the page works without it.
 * @typedef {import("./app.js").App} App
 */

const AGAIN_MS = 30_000;

/** @type {import("../core/map.js").CityMap | null} */
let map = null;
let isLoading = false;
let tryAgainAt = 0;
let fitted = "";

/** @param {App} app @param {import("./reckoning.js").Stop | undefined} next */
export function drawMap(app, next) {
  show(byId("map-part"), Boolean(next) && (isLoading || Boolean(map)));
  if (!next) return;
  if (!map) return load(app, next);
  const { stops, shift } = app.evening;
  for (const stop of stops) {
    const isNext = stop.key === next.key;
    const orders = stop.deliveries.map((delivery) => orderName(app, delivery)).join(", ");
    map.mark(stop.key, {
      kind: stop.kind === "dropoff" ? "door" : "store",
      label: `${stopTitle(app, stop)}, ${orders}`,
      caption: isNext ? stop.place.name : undefined,
      state: isNext ? "chosen" : "",
      place: stop.place.point,
    });
  }
  const { spot } = app.tracker;
  if (spot) map.mark("self", { kind: "rider", icon: shift?.vehicle, label: t("rider.map.self"), place: spot, glide_ms: 1_000 });
  map.keep([...stops.map(({ key }) => key), ...(spot ? ["self"] : [])]);
  fit(next, spot);
}

/** Show the rider and the next stop together, whenever it is another one. @param {import("./reckoning.js").Stop} next @param {import("./tracker.js").Spot | null} spot */
function fit(next, spot) {
  const shown = `${next.key} ${Boolean(spot)}`;
  if (shown === fitted) return;
  fitted = shown;
  map?.fit([next.place.point, ...(spot ? [spot] : [])], { zoom_max: 16, padding_px: 64 });
}

/** @param {App} app @param {import("./reckoning.js").Stop} next */
async function load(app, next) {
  if (isLoading || performance.now() < tryAgainAt) return;
  isLoading = true;
  show(byId("map-part"), true);
  try {
    const { createMap } = await import("../core/map.js");
    map = await createMap(byId("map"), { centre: next.place.point, label: t("rider.map") });
  } catch {
    tryAgainAt = performance.now() + AGAIN_MS;
  } finally {
    isLoading = false;
    app.draw();
  }
}
