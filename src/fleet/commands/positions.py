"""The one way in for pings, whichever way they came; and who of those on the road can be found."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Final, TypeAlias

import msgspec
from redis.asyncio import Redis

from fleet.errors import PositionsBusy, RiderNotFound
from fleet.messages import RiderPosition
from fleet.model.positions import Judged, Judgement, Ping, PositionRules, Standing, Track, Verdict, Zones, from_ms
from fleet.policy import positions as policy
from fleet.store import position_moves as moves
from fleet.store import positions as store
from infra.live.positions import publish_position
from kernel.geo import Point
from kernel.ids import RiderId, ZoneId

REMEMBERED: Final = 50_000  # riders whose track a process keeps at hand: some 60 MB
ATTEMPTS: Final = 32  # a lost one means that a newer ping of the same rider won: phones send two at once, not thirty

AvailabilityOf: TypeAlias = Callable[[RiderId], Awaitable[Standing | None]]


class Receiver:
    """Judges and stores pings. Remembers what Redis held, so that most uploads take one round trip.

    What it remembers may be old: every write compares, and judges anew where somebody else was quicker.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        zones: Zones,
        availability_of: AvailabilityOf,
        rules: PositionRules = PositionRules(),  # noqa: B008  frozen
    ) -> None:
        self._redis = redis
        self._zones = zones
        self._availability_of = availability_of
        self._rules = rules
        self._remembered: OrderedDict[RiderId, store.Held] = OrderedDict()

    async def ingest(self, rider_id: RiderId, pings: Sequence[Ping], *, now: datetime) -> list[Judged]:
        """Judge one rider's pings and store what is worth keeping; returns their verdicts once Redis has them.

        Raises `RiderNotFound`, and Redis' own errors while it is away: then nothing is acknowledged.
        """
        if not pings:
            return []
        held = self._remembered.pop(rider_id, None)
        for _ in range(ATTEMPTS):
            if held is None or held.standing is None:
                held = await self._find(rider_id, pings[-1].place, now=now)
            judgement = policy.judge(pings, held.track, rules=self._rules, now=now, vehicle=_known(held).vehicle)
            next_zone_id = await self._zone_entered(held, judgement.track)
            if next_zone_id is not None:
                await moves.move(self._redis, rider_id, held, next_zone_id, now=now)
                held = None
                continue
            written = await self._write(rider_id, held, judgement, now=now)
            if written.is_written:
                await self._after(rider_id, held.track, written)
                return _with_news(judgement, written)
            held = written.held
        raise PositionsBusy

    async def _find(self, rider_id: RiderId, place: Point, *, now: datetime) -> store.Held:
        """Return what Redis holds of a rider; what it lacks comes from PostgreSQL."""
        held = await moves.find(self._redis, rider_id, now=now)
        if held is None:
            standing = await self._ask(rider_id)
            zone_id = policy.zone_for(await self._zones.map(), place, standing.city_id, current=None)
            await moves.claim(self._redis, rider_id, zone_id, now=now)
            held = await moves.find(self._redis, rider_id, now=now)
        if held is None:
            raise PositionsBusy
        if held.standing is None:
            # Asked after the zone was claimed: a change committed from here on finds the rider and says so itself.
            standing = await self._ask(rider_id)
            await set_availability(self._redis, rider_id, standing, now=now)
            held = msgspec.structs.replace(held, standing=standing)
        return held

    async def _ask(self, rider_id: RiderId) -> Standing:
        standing = await self._availability_of(rider_id)
        if standing is None:
            raise RiderNotFound
        return standing

    async def _zone_entered(self, held: store.Held, track: Track) -> ZoneId | None:
        """Return the zone whose keys are to hold the rider from now on; None to stay."""
        if track.last is None or held.track.last is None or track.last == held.track.last:
            return None
        zones = await self._zones.map()
        zone_id = policy.zone_for(zones, track.last.place, _known(held).city_id, current=held.zone_id)
        return None if zone_id == held.zone_id else zone_id

    async def _write(
        self, rider_id: RiderId, held: store.Held, judgement: Judgement, *, now: datetime
    ) -> store.Written:
        one = store.Write(
            rider_id=rider_id,
            held=held,
            track=judgement.track,
            stale_at_ms=policy.stale_at_ms(judgement.track, self._rules),
            trail=judgement.trail,
        )
        (written,) = await store.write(self._redis, held.zone_id, [one], now=now)
        return written

    async def _after(self, rider_id: RiderId, before: Track, written: store.Written) -> None:
        if written.held is None:
            return
        self._remembered[rider_id] = written.held
        if len(self._remembered) > REMEMBERED:
            self._remembered.popitem(last=False)
        last = written.held.track.last
        if last is None or last == before.last:
            return
        live = RiderPosition(
            lat=last.lat,
            lon=last.lon,
            accuracy_m=last.accuracy_m,
            speed_mps=last.speed_mps,
            bearing_deg=last.bearing_deg,
            measured_at=from_ms(last.measured_at_ms),
            stale_at=from_ms(policy.stale_at_ms(written.held.track, self._rules)),
        )
        await publish_position(self._redis, rider_id, live, at_ms=last.measured_at_ms)


async def set_availability(redis: Redis, rider_id: RiderId, standing: Standing, *, now: datetime) -> None:
    """Let matching find a rider, or not, as PostgreSQL has it; an older version than the one known changes nothing.

    A rider who has no zone yet is left alone: their first ping asks PostgreSQL.
    """
    for _ in range(ATTEMPTS):
        held = await moves.find(redis, rider_id, now=now)
        if held is None or await store.set_standing(redis, rider_id, held, standing, now=now):
            return
    raise PositionsBusy


async def sweep(redis: Redis, zone_ids: Iterable[ZoneId], *, now: datetime) -> list[RiderId]:
    """Take riders whose position went stale out of matching, forget those silent for a month; returns the stale."""
    swept: list[RiderId] = []
    for zone_id in zone_ids:
        is_more = True
        while is_more:
            stale, forgotten = await store.sweep(redis, zone_id, now=now)
            for rider_id in forgotten:
                await moves.forget(redis, zone_id, rider_id)
            swept += stale
            is_more = max(len(stale), len(forgotten)) == store.SWEEP_BATCH
    return swept


def _known(held: store.Held) -> Standing:
    assert held.standing is not None  # `_find` saw to it
    return held.standing


def _with_news(judgement: Judgement, written: store.Written) -> list[Judged]:
    """Tell late from duplicate by what the trail had already."""
    pairs = zip(judgement.trail, written.is_news, strict=True)
    old = {position.device_at_ms for position, is_news in pairs if not is_news}
    return [
        Judged(device_at_ms=one.device_at_ms, verdict=Verdict.DUPLICATE)
        if one.verdict is Verdict.LATE and one.device_at_ms in old
        else one
        for one in judgement.judged
    ]
