"""The one way in for pings, whichever way they came; and who of those on the road can be found."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final, NamedTuple, Protocol, TypeAlias

import msgspec
from redis.asyncio import Redis

from fleet.errors import PositionsBusy, RiderNotFound
from fleet.model.positions import (
    Judged,
    Judgement,
    Ping,
    Position,
    PositionRules,
    Standing,
    Track,
    Verdict,
    Zones,
    to_ms,
)
from fleet.policy import positions as policy
from fleet.policy.limits import Allowance
from fleet.store import position_moves as moves
from fleet.store import positions as store
from fleet.store import tails
from fleet.store.position_writer import Writer
from fleet.store.positions import Held, Write, Written
from infra.clock import wall_now
from kernel.geo import M_PER_DEGREE, Point
from kernel.ids import RiderId, ZoneId

REMEMBERED: Final = 50_000  # riders whose track a process keeps at hand: some 60 MB
ATTEMPTS: Final = 32  # a lost one means that a newer ping of the same rider won: phones send two at once, not thirty
ZONES_LOOKED_AT: Final = timedelta(minutes=1)  # wall time; the desk may draw zones anew while riders stand still

RAW_BYTES_MAX: Final = 512  # of a ping, for it to be kept as it came: whoever wraps more around it has it left out
_encode: Final = msgspec.json.Encoder().encode

Stored: TypeAlias = Callable[[bool | Exception], None]
AvailabilityOf: TypeAlias = Callable[[RiderId], Awaitable[Standing | None]]


class Trails(Protocol):
    """What PostgreSQL has of riders' trails."""

    async def find_last(self, rider_id: RiderId, *, now: datetime) -> Position | None:
        """Return the newest position of the last days."""
        ...

    async def known(self, rider_id: RiderId, device_at_ms: Sequence[int]) -> Collection[int]:
        """Return those of these device times of which the trail has a point."""
        ...


class _Known:
    """A rider as this process remembers them, and from where on their zone has to be looked up again."""

    __slots__ = ("held", "looked_at", "looked_from", "room_m", "turn")

    def __init__(self, held: Held) -> None:
        self.held = held
        self.looked_from: Point | None = None
        self.looked_at: datetime | None = None
        self.room_m = 0.0
        self.turn = asyncio.Lock()  # one upload with late pings at a time: they are asked of the same tail

    def is_at_home(self, last: Position, wall: datetime) -> bool:
        """Tell without a look at the zones whether the rider can only be where they were; False where nobody knows."""
        here = self.looked_from
        if here is None or self.looked_at is None or wall - self.looked_at >= ZONES_LOOKED_AT:
            return False
        # Never less than the way: degrees of longitude are at most as long as those of latitude.
        return (abs(last.lat - here.lat) + abs(last.lon - here.lon)) * M_PER_DEGREE < self.room_m


class _Older(NamedTuple):
    """What was found of pings that are older than the last: of how long a tail, and which device times are known."""

    tail_uploads: int | None
    known_ms: Collection[int]


_NOTHING_OLDER: Final = _Older(None, ())


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
        trails: Trails,
        rules: PositionRules = PositionRules(),  # noqa: B008  frozen
        positions_per_s: int = 100,
    ) -> None:
        self._redis = redis
        self._zones = zones
        self._availability_of = availability_of
        self._trails = trails
        self._rules, self._allowance = rules, Allowance(positions_per_s)
        self._writer = Writer(redis)
        self._remembered: OrderedDict[RiderId, _Known] = OrderedDict()

    async def ingest(self, rider_id: RiderId, pings: Sequence[Ping], *, now: datetime) -> Sequence[Judged]:
        """Judge one rider's pings and store what is worth keeping; returns their verdicts once Redis has them.

        Raises `RiderNotFound`, `TooManyPositions`, `PositionsBusy`, and Redis' own errors while it is away: then
        nothing is acknowledged.
        """
        judged = await self.take(rider_id, pings, now=now)
        return [Judged(ping.device_at_ms, Verdict.ACCEPTED) for ping in pings] if judged is None else judged

    async def take(
        self, rider_id: RiderId, pings: Sequence[Ping], *, now: datetime, raw: bytes | None = None
    ) -> Sequence[Judged] | None:
        """Do what `ingest` does; None says that every ping is accepted. `raw` are these very pings as a JSON array."""
        if not pings:
            return []
        for _ in range(ATTEMPTS):
            known = self._remembered.get(rider_id)
            if known is None or known.held.standing is None:
                known = await self._remember(rider_id, pings[-1].place, now=now)
            else:
                self._remembered.move_to_end(rider_id)
            if (track := self._accept_all(known, pings, now=now)) is not None:
                if await self._write(self._whole(rider_id, known, track, pings, raw), known, now=now):
                    return None
                continue
            if not policy.older_than_last(pings, known.held.track):
                judgement = await self._attempt(rider_id, known, pings, _NOTHING_OLDER, now=now)
            else:
                async with known.turn:
                    older = await self._look_back(rider_id, known.held, pings)
                    judgement = await self._attempt(rider_id, known, pings, older, now=now)
            if judgement is not None:
                return judgement.judged
        raise PositionsBusy

    def store_at_once(
        self, rider_id: RiderId, pings: Sequence[Ping], *, now: datetime, raw: bytes, stored: Stored
    ) -> bool:
        """Begin to store an upload that asks for no second look: one that is accepted whole. False: `take` it.

        `stored` is told True once Redis has it, False where somebody was quicker and it is to be taken, or what was
        wrong. Nearly every upload comes this way, and needs no task. Raises `TooManyPositions`, `PositionsBusy`.
        """
        known = self._remembered.get(rider_id)
        if known is None or known.held.standing is None or not pings:
            return False
        self._remembered.move_to_end(rider_id)
        track = self._accept_all(known, pings, now=now)
        if track is None:
            return False
        self._begin(self._whole(rider_id, known, track, pings, raw), known, stored, now=now)
        return True

    def _accept_all(self, known: _Known, pings: Sequence[Ping], *, now: datetime) -> Track | None:
        """Return the track after an ordinary upload; None for one that needs a closer look."""
        held, wall = known.held, wall_now()
        assert held.standing is not None  # `_find` saw to it
        before = held.track
        paid_until_us = self._allowance.spend(before.paid_until_us, positions=len(pings), wall_us=_us(wall))
        track = policy.accept_all(
            pings,
            before,
            rules=self._rules,
            now_ms=to_ms(now),
            vehicle=held.standing.vehicle,
            paid_until_us=paid_until_us,
        )
        if track is None or track.last is None or not known.is_at_home(track.last, wall):
            return None
        return track

    def _whole(self, rider_id: RiderId, known: _Known, track: Track, pings: Sequence[Ping], raw: bytes | None) -> Write:
        last = track.last
        assert last is not None  # an upload has pings
        if raw is None or len(raw) > RAW_BYTES_MAX * len(pings):
            raw = _encode(pings)
        kept = store.keep(last.skew_ms, last.received_at_ms, raw)
        after = store.with_track(known.held, track)
        return Write(rider_id, known.held, after, policy.stale_at_ms(track, self._rules), len(pings), kept)

    async def _attempt(
        self, rider_id: RiderId, known: _Known, pings: Sequence[Ping], older: _Older, *, now: datetime
    ) -> Judgement | None:
        """Judge pings against what is known and write what comes of it; None where somebody was quicker."""
        held = known.held
        judgement = self._judge(held, pings, older.known_ms, now=now)
        if older.tail_uploads is None and any(one.verdict is Verdict.LATE for one in judgement.judged):
            return None
        wall, last = wall_now(), judgement.track.last
        if last is not None and last is not held.track.last and not known.is_at_home(last, wall):
            next_zone_id = await self._zone_entered(known, last, wall)
            if known.held is not held:
                return None
            if next_zone_id is not None:
                await moves.move(self._redis, rider_id, held, next_zone_id, now=now)
                self._remembered.pop(rider_id, None)
                return None
        trail, after = judgement.trail, store.with_track(held, judgement.track)
        kept = store.keep(judgement.skew_ms, judgement.received_at_ms, _encode(trail)) if trail else b""
        stale_at_ms = policy.stale_at_ms(judgement.track, self._rules)
        write = Write(rider_id, held, after, stale_at_ms, len(trail), kept, older.tail_uploads)
        return judgement if await self._write(write, known, now=now) else None

    def _judge(self, held: Held, pings: Sequence[Ping], known_ms: Collection[int], *, now: datetime) -> Judgement:
        assert held.standing is not None  # `_find` saw to it
        paid_until_us = self._allowance.spend(held.track.paid_until_us, positions=len(pings), wall_us=_us(wall_now()))
        vehicle = held.standing.vehicle
        return policy.judge(
            pings, held.track, rules=self._rules, now=now, vehicle=vehicle, known=known_ms, paid_until_us=paid_until_us
        )

    async def _write(self, write: Write, known: _Known, *, now: datetime) -> bool:
        """Return whether Redis has it; False where somebody was quicker."""
        waiter: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._begin(write, known, partial(_settle, waiter), now=now)
        return await waiter

    def _begin(self, write: Write, known: _Known, stored: Stored, *, now: datetime) -> None:
        self._writer.write(write, lambda outcome: stored(self._learn(write, known, outcome)), now=now)
        # What comes from the same phone before this is written is judged against it, and shares its round trip.
        known.held = write.after

    def _learn(self, write: Write, known: _Known, outcome: Written | Exception) -> bool | Exception:
        if isinstance(outcome, Exception):
            self._remembered.pop(write.rider_id, None)
            return outcome
        if outcome.held is None:
            self._remembered.pop(write.rider_id, None)
        elif not outcome.is_written:
            known.held = outcome.held
        elif outcome.held.standing_text != known.held.standing_text:
            known.held = store.with_standing(known.held, outcome.held.standing_text)
        return outcome.is_written

    async def _remember(self, rider_id: RiderId, place: Point, *, now: datetime) -> _Known:
        known = self._remembered[rider_id] = _Known(await self._find(rider_id, place, now=now))
        if len(self._remembered) > REMEMBERED:
            self._remembered.popitem(last=False)
        return known

    async def _find(self, rider_id: RiderId, place: Point, *, now: datetime) -> Held:
        """Return what Redis holds of a rider; what it lacks comes from PostgreSQL."""
        held = await find_or_claim(
            self._redis, rider_id, place, zones=self._zones, availability_of=self._availability_of, now=now
        )
        if not held.head:
            last = await self._trails.find_last(rider_id, now=now)
            held = msgspec.structs.replace(held, track=Track(last=last))
        return held

    async def _look_back(self, rider_id: RiderId, held: Held, pings: Sequence[Ping]) -> _Older:
        """Find out of which pings older than the last the trail has a point."""
        # First what is about to be written, so that none slips by.
        uploads = await tails.read_tail(self._redis, held.zone_id, rider_id)
        known_ms = {position.device_at_ms for upload in uploads for position in upload}
        older_ms = policy.older_than_last(pings, held.track)
        return _Older(len(uploads), known_ms.union(await self._trails.known(rider_id, older_ms)))

    async def _zone_entered(self, known: _Known, last: Position, wall: datetime) -> ZoneId | None:
        """Return the zone whose keys are to hold the rider from now on; None to stay."""
        held, place = known.held, last.place
        assert held.standing is not None  # `_find` saw to it
        zones, city_id = await self._zones.map(), held.standing.city_id
        known.looked_from, known.looked_at = place, wall
        known.room_m = policy.room_m(zones, place, city_id)
        if not held.head:
            return None  # the zone was claimed for this very place
        zone_id = policy.zone_for(zones, place, city_id, current=held.zone_id)
        return None if zone_id == held.zone_id else zone_id


async def find_or_claim(
    redis: Redis, rider_id: RiderId, place: Point, *, zones: Zones, availability_of: AvailabilityOf, now: datetime
) -> Held:
    """Return what Redis holds of a rider; where it holds nothing, they stand in the zone of this place from now on.

    Their standing comes from PostgreSQL where Redis lacks it. Raises `RiderNotFound`, `PositionsBusy`.
    """

    async def ask() -> Standing:
        standing = await availability_of(rider_id)
        if standing is None:
            raise RiderNotFound
        return standing

    held = await moves.find(redis, rider_id, now=now)
    if held is None:
        zone_id = policy.zone_for(await zones.map(), place, (await ask()).city_id, current=None)
        await moves.claim(redis, rider_id, zone_id, now=now)
        held = await moves.find(redis, rider_id, now=now)
    if held is None:
        raise PositionsBusy
    if held.standing is None:
        # Asked after the zone was claimed: a change committed from here on finds the rider and says so itself.
        standing = await ask()
        await set_availability(redis, rider_id, standing, now=now)
        held = store.with_standing(held, store.standing_text(standing))
    return held


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


def _settle(waiter: asyncio.Future[bool], outcome: bool | Exception) -> None:  # noqa: FBT001  told as it comes
    if waiter.done():
        return
    if isinstance(outcome, Exception):
        waiter.set_exception(outcome)
    else:
        waiter.set_result(outcome)


def _us(instant: datetime) -> int:
    return to_ms(instant) * 1000
