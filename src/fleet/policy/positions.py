"""Every ping gets a verdict. An old ping never replaces a newer one, whatever order and uploads they come in."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from math import hypot, inf
from typing import Final, TypeAlias

from fleet.model.positions import (
    MILLISECOND,
    Judged,
    Judgement,
    Ping,
    Position,
    PositionRules,
    Track,
    Verdict,
    ZoneMap,
    position_of,
    to_ms,
)
from fleet.model.riders import Vehicle
from kernel.geo import M_PER_DEGREE, Point, flat_m, haversine_m, offset
from kernel.ids import CityId, ZoneId

UPLOADS_REMEMBERED: Final = 9  # a phone's clock is read from this many uploads: a minute or two of riding
UPLOADS_NEEDED: Final = 3  # fewer say nothing: one wild date must not excuse itself
_MAX_SKEW_MS: Final = 15 * 60_000  # a clock further off would, once set right, hold its own pings back as late
INTERVAL_WEIGHT: Final = 0.2  # of the newest interval: settles within some ten pings
ZONE_MARGIN_M: Final = 50  # riders on a border street stay put: twice a usual error between tall houses
_AROUND: Final = ((1, 0), (0.7, 0.7), (0, 1), (-0.7, 0.7), (-1, 0), (-0.7, -0.7), (0, -1), (0.7, -0.7))

_FORGET_MS: Final = timedelta(days=30) // MILLISECOND  # domain.md §13: nothing of where somebody was is kept for longer

_Finding: TypeAlias = tuple[Verdict, str | None]
_ACCEPTED: Final[_Finding] = (Verdict.ACCEPTED, None)
_DUPLICATE: Final[_Finding] = (Verdict.DUPLICATE, None)


def accept_all(
    pings: Sequence[Ping], track: Track, *, rules: PositionRules, now_ms: int, vehicle: Vehicle, paid_until_us: int
) -> Track | None:
    """Return the track after an upload of which every ping is accepted as it comes; None where `judge` must look.

    Nearly every upload is one, so this is what a ping costs.
    """
    last = track.last
    if last is None:
        return None
    skew_ms = clock_skew_ms(track)
    latest_ms, most_m = now_ms + skew_ms + rules.max_ahead_ms, rules.max_accuracy_m
    max_m_per_ms, silence_ms = rules.max_mps(vehicle) / 1000, rules.fresh_at_most_ms
    usual_ms: float | None = track.usual_interval_ms
    at_ms, lat, lon, accuracy_m = last.device_at_ms, last.lat, last.lon, last.accuracy_m
    for ping in pings:
        since_ms, next_accuracy_m = ping.device_at_ms - at_ms, ping.accuracy_m
        if since_ms <= 0 or next_accuracy_m > most_m:
            return None
        at_most_m = (abs(ping.lat - lat) + abs(ping.lon - lon)) * M_PER_DEGREE
        if at_most_m - accuracy_m - next_accuracy_m > max_m_per_ms * since_ms:
            return None
        if since_ms <= silence_ms:
            usual_ms = since_ms if usual_ms is None else usual_ms + INTERVAL_WEIGHT * (since_ms - usual_ms)
        at_ms, lat, lon, accuracy_m = ping.device_at_ms, ping.lat, ping.lon, next_accuracy_m
    if at_ms > latest_ms:
        return None
    return Track(
        position_of(pings[-1], skew_ms=skew_ms, received_at_ms=now_ms),
        None if usual_ms is None else round(usual_ms),
        (*track.ahead_ms, at_ms - now_ms)[-UPLOADS_REMEMBERED:],
        paid_until_us,
    )


def judge(
    pings: Sequence[Ping],
    track: Track,
    *,
    rules: PositionRules,
    now: datetime,
    vehicle: Vehicle,
    known: Collection[int] = (),
    paid_until_us: int | None = None,
) -> Judgement:
    """Judge one upload of one rider's pings, whichever way round it is sorted. Reasons are for people.

    `known` are device times of which the trail has a point, as far as any of these pings is older than the last: only
    who was asked for them tells late from duplicate. `paid_until_us` is what `Allowance.spend` returned.
    """
    now_ms, skew_ms = to_ms(now), clock_skew_ms(track)
    phone_now_ms, max_mps = now_ms + skew_ms, rules.max_mps(vehicle)
    last: Ping | Position | None = track.last
    usual_ms: float | None = track.usual_interval_ms
    findings: list[_Finding] = [_ACCEPTED] * len(pings)
    trail: dict[int, Ping] = {}
    for index in sorted(range(len(pings)), key=lambda at: pings[at].device_at_ms):
        ping = pings[index]
        at_ms = ping.device_at_ms
        finding = _alone(ping, phone_now_ms, rules)
        if finding is _ACCEPTED:
            finding = _DUPLICATE if at_ms in trail or at_ms in known else _against(last, ping, max_mps)
        if finding is _ACCEPTED:
            usual_ms = _smoothed(usual_ms, last, ping, rules)
            last = trail[at_ms] = ping
        elif finding[0] is Verdict.LATE and now_ms - at_ms <= _FORGET_MS:
            trail[at_ms] = ping
        findings[index] = finding
    judged = tuple([Judged(ping.device_at_ms, *finding) for ping, finding in zip(pings, findings, strict=True)])
    stands = position_of(last, skew_ms=skew_ms, received_at_ms=now_ms) if isinstance(last, Ping) else last
    paid_us = track.paid_until_us if paid_until_us is None else paid_until_us
    rounded_ms = None if usual_ms is None else round(usual_ms)
    after = Track(stands, rounded_ms, _with_upload(track.ahead_ms, judged, now_ms), paid_us)
    return Judgement(judged, after, tuple(trail.values()), skew_ms, now_ms)


def older_than_last(pings: Sequence[Ping], track: Track) -> list[int]:
    """Return the device times of pings that are either late or known already."""
    if track.last is None:
        return []
    last_ms = track.last.device_at_ms
    return [ping.device_at_ms for ping in pings if ping.device_at_ms < last_ms]


def clock_skew_ms(track: Track) -> int:
    """Return how far ahead the phone's clock is: the median over its latest uploads, never less than nothing.

    A clock that is behind cannot be told from uploads that come late, and those must not look fresh.
    """
    ahead_ms = track.ahead_ms
    if len(ahead_ms) < UPLOADS_NEEDED:
        return 0
    return min(max(0, sorted(ahead_ms)[(len(ahead_ms) - 1) // 2]), _MAX_SKEW_MS)


def stale_at_ms(track: Track, rules: PositionRules) -> int:
    """Return when the last position stops being live; 0 if there is none."""
    if track.last is None:
        return 0
    usual_ms = rules.fresh_intervals * (track.usual_interval_ms or 0)
    return track.last.measured_at_ms + min(max(rules.fresh_at_least_ms, usual_ms), rules.fresh_at_most_ms)


def zone_for(zones: ZoneMap, place: Point, city_id: CityId, *, current: ZoneId | None) -> ZoneId:
    """Return the zone whose keys are to hold a rider: the current one until it is left by more than the margin.

    Whoever is outside all zones stays with the last one, or stands under the city's own id.
    """
    found = zones.zone_of(place, city_id)
    if found is None:
        return current or ZoneId(city_id)
    if current is None or found == current:
        return found
    around = (offset(place, east_m=east * ZONE_MARGIN_M, north_m=north * ZONE_MARGIN_M) for east, north in _AROUND)
    return current if any(zones.zone_of(near, city_id) == current for near in around) else found


def room_m(zones: ZoneMap, place: Point, city_id: CityId) -> float:
    """Return how far anybody may go from here without crossing a border of the city's zones; infinite without zones."""
    nearest_m = inf
    for zone in zones.zones(city_id):
        corners = [flat_m(place, corner) for corner in zone.polygon]
        for start, end in zip(corners, corners[1:] + corners[:1], strict=True):
            nearest_m = min(nearest_m, _from_origin_m(start, end))
    return nearest_m


def all_zones(zones: ZoneMap) -> list[ZoneId]:
    """Return every zone that may hold riders, the cities' own ids among them."""
    drawn = [zone.id for city_id in zones.cities() for zone in zones.zones(city_id)]
    return drawn + [ZoneId(city_id) for city_id in zones.cities()]


def _from_origin_m(start: tuple[float, float], end: tuple[float, float]) -> float:
    """Return the distance from the origin to a stretch of border."""
    (east, north), (further_east, further_north) = start, end
    along_east, along_north = further_east - east, further_north - north
    length = along_east**2 + along_north**2
    share = 0.0 if length == 0 else min(1.0, max(0.0, -(east * along_east + north * along_north) / length))
    return hypot(east + share * along_east, north + share * along_north)


def _alone(ping: Ping, phone_now_ms: int, rules: PositionRules) -> _Finding:
    ahead_ms = ping.device_at_ms - phone_now_ms
    if ahead_ms > rules.max_ahead_ms:
        return Verdict.FUTURE, f"{ahead_ms / 1000:.0f} s ahead of our clock"
    if ping.accuracy_m > rules.max_accuracy_m:
        return Verdict.INACCURATE, f"accurate to {ping.accuracy_m:.0f} m; {rules.max_accuracy_m:.0f} m is allowed"
    return _ACCEPTED


def _against(last: Ping | Position | None, ping: Ping, max_mps: float) -> _Finding:
    if last is None:
        return _ACCEPTED
    since_ms = ping.device_at_ms - last.device_at_ms
    if since_ms == 0:
        return _DUPLICATE
    if since_ms < 0:
        return Verdict.LATE, f"{-since_ms / 1000:.0f} s older than the last position"
    # The last error circle and this one may explain a part of the way; only the rest must have been ridden.
    explained_m = last.accuracy_m + ping.accuracy_m
    # Degrees of longitude are never longer than those of latitude, so that this is never less than the way.
    at_most_m = (abs(ping.lat - last.lat) + abs(ping.lon - last.lon)) * M_PER_DEGREE
    if at_most_m - explained_m <= max_mps * since_ms / 1000:
        return _ACCEPTED
    mps = (haversine_m(last.place, ping.place) - explained_m) / since_ms * 1000
    if mps > max_mps:
        return Verdict.IMPLAUSIBLE, f"{mps:.0f} m/s since the last position; {max_mps:.0f} m/s is possible"
    return _ACCEPTED


def _smoothed(usual_ms: float | None, last: Ping | Position | None, ping: Ping, rules: PositionRules) -> float | None:
    """Return the usual interval with one more; a gap longer than anything is live for is silence."""
    if last is None:
        return usual_ms
    interval_ms = ping.device_at_ms - last.device_at_ms
    if interval_ms > rules.fresh_at_most_ms:
        return usual_ms
    return interval_ms if usual_ms is None else usual_ms + INTERVAL_WEIGHT * (interval_ms - usual_ms)


def _with_upload(ahead_ms: tuple[int, ...], judged: Sequence[Judged], now_ms: int) -> tuple[int, ...]:
    news = [one.device_at_ms for one in judged if one.verdict is not Verdict.DUPLICATE]
    return (*ahead_ms, max(news) - now_ms)[-UPLOADS_REMEMBERED:] if news else ahead_ms
