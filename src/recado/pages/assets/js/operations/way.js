// @ts-check
/**
 * A rider's way, read from the places their phone told: where they rode, where they stood, and when nothing was known. In the phone's
 * own time, whenever it was told.
 * @typedef {{lat: number, lon: number}} Place
 * @typedef {Place & {at_ms: number, isLate: boolean}} Spot
 * @typedef {{kind: "ride", from_ms: number, to_ms: number, spots: Spot[], length_m: number, isLate: boolean}} Ride
 * @typedef {{kind: "stop", from_ms: number, to_ms: number, place: Place, isLate: boolean}} Stop
 * @typedef {{kind: "gap", from_ms: number, to_ms: number, from: Place, to: Place}} Gap
 */

const GAP_AT_LEAST_MS = 60_000; // as positions go stale: three usual intervals, a minute at least, five at most
const GAP_AT_MOST_MS = 300_000;
const STOP_M = 40; // a phone that lies still wanders so far
const STOP_MS = 150_000; // shorter is a traffic light
const LATE_MS = 60_000; // told so long after it was measured: it came from a phone without signal

/** @param {any} point of `GET /v1/riders/{rider_id}/trail` @returns {Spot} */
export function spotOf({ lat, lon, device_at, received_at }) {
  const at_ms = Date.parse(device_at);
  return { lat, lon, at_ms, isLate: Date.parse(received_at) - at_ms > LATE_MS };
}

/**
 * Read a way from its places, in the order they were measured in.
 * @param {Spot[]} spots
 * @param {(a: Place, b: Place) => number} apart_m
 * @returns {(Ride | Stop | Gap)[]}
 */
export function readWay(spots, apart_m) {
  const gap_ms = longestPause(spots);
  /** @type {(Ride | Stop | Gap)[]} */
  const way = [];
  let from = 0;
  for (let i = 1; i <= spots.length; i++) {
    if (i < spots.length && spots[i].at_ms - spots[i - 1].at_ms <= gap_ms) continue;
    way.push(...stretch(spots.slice(from, i), apart_m));
    if (i < spots.length) way.push({ kind: "gap", from_ms: spots[i - 1].at_ms, to_ms: spots[i].at_ms, from: spots[i - 1], to: spots[i] });
    from = i;
  }
  return way;
}

/** @param {Spot[]} spots */
function longestPause(spots) {
  const pauses = spots.slice(1).map((spot, i) => spot.at_ms - spots[i].at_ms).sort((a, b) => a - b);
  const usual_ms = pauses[(pauses.length - 1) >> 1] ?? 0;
  return Math.min(GAP_AT_MOST_MS, Math.max(GAP_AT_LEAST_MS, 3 * usual_ms));
}

/** What lies between two gaps: rides, and stops between them. @param {Spot[]} spots @param {(a: Place, b: Place) => number} apart_m */
function stretch(spots, apart_m) {
  /** @type {(Ride | Stop)[]} */
  const parts = [];
  let from = 0; // of the ride that goes on
  for (let i = 0; i < spots.length; i++) {
    let end = i;
    while (end + 1 < spots.length && apart_m(spots[i], spots[end + 1]) <= STOP_M) end += 1;
    if (spots[end].at_ms - spots[i].at_ms < STOP_MS) continue;
    parts.push(...rides(spots.slice(from, i + 1), apart_m), stop(spots.slice(i, end + 1)));
    from = i = end;
  }
  parts.push(...rides(spots.slice(from), apart_m, parts.length === 0));
  return parts;
}

/** @param {Spot[]} spots @returns {Stop} */
function stop(spots) {
  const mean = (/** @type {"lat" | "lon"} */ name) => spots.reduce((sum, spot) => sum + spot[name], 0) / spots.length;
  return { kind: "stop", from_ms: spots[0].at_ms, to_ms: spots[spots.length - 1].at_ms, place: { lat: mean("lat"), lon: mean("lon") }, isLate: spots.every((spot) => spot.isLate) };
}

/** One ride, or several where what was told late begins or ends. @param {Spot[]} spots @param {(a: Place, b: Place) => number} apart_m @param {boolean} [isAll] a single place is something, too */
function rides(spots, apart_m, isAll = false) {
  /** @type {Ride[]} */
  const found = [];
  for (let i = 1; i < spots.length; i++) {
    const [before, spot] = [spots[i - 1], spots[i]];
    let ride = found[found.length - 1];
    if (!ride || ride.isLate !== spot.isLate) found.push((ride = { kind: "ride", from_ms: before.at_ms, to_ms: before.at_ms, spots: [before], length_m: 0, isLate: spot.isLate }));
    ride.spots.push(spot);
    ride.length_m += apart_m(before, spot);
    ride.to_ms = spot.at_ms;
  }
  if (!found.length && isAll && spots.length) found.push({ kind: "ride", from_ms: spots[0].at_ms, to_ms: spots[0].at_ms, spots, length_m: 0, isLate: spots[0].isLate });
  return found;
}
