"""Riders' tracks, places in the geo sets and unwritten positions of one zone, moved by one script in one round trip."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from redis.asyncio import Redis

from fleet.errors import PositionsBusy
from fleet.model.positions import Kept, Position, Standing, Track, from_ms, to_ms
from fleet.model.riders import Vehicle
from fleet.store import position_keys as keys
from fleet.store.scripts import Script, text
from infra.live.channels import POSITION
from kernel.ids import CityId, RiderId, ZoneId

FORGET_AFTER: Final = timedelta(days=30)  # domain.md §13: nothing of where somebody was is kept for longer
MAX_BACKLOG: Final = 500_000  # positions of one zone that PostgreSQL lacks: some 60 MB of Redis
SWEEP_BATCH: Final = 500
_CHANNEL: Final = f"{POSITION}:"
_NOWHERE: Final = ("0", "0", "")

_write = Script("write_positions")
_set_standing = Script("set_standing")
_sweep = Script("sweep_zone")
_encode: Final = msgspec.json.Encoder().encode
_decode_track: Final = msgspec.json.Decoder(Track).decode
_decode_kept: Final = msgspec.json.Decoder(list[Kept]).decode


class Held(msgspec.Struct, frozen=True, gc=False):
    """What a zone holds of a rider. `head` is empty where it holds nothing yet."""

    zone_id: ZoneId
    move: int  # how often and when the rider's keys changed zone; a higher one is newer
    head: str = ""
    track: Track = Track()
    standing_text: str = ""
    standing: Standing | None = None


class Write(msgspec.Struct, frozen=True, gc=False):
    """One rider's judged upload: what it was judged against, what is to stand now, and what enters the trail, encoded.

    `tail_uploads` is how long the rider's tail was when it was asked which late pings it holds; None without any.
    """

    rider_id: RiderId
    held: Held
    after: Held
    stale_at_ms: int
    count: int  # of the pings in `kept`
    kept: bytes = b""
    tail_uploads: int | None = None


class Written(msgspec.Struct, frozen=True, gc=False):
    """What came of a write: `held` is what stands now; a conflict without `held` means: look for the rider anew."""

    is_written: bool
    held: Held | None


async def write(redis: Redis, zone_id: ZoneId, writes: Sequence[Write], *, now: datetime) -> list[Written]:
    """Store uploads of riders of one zone, each rider's once, if their track is still the one it was judged against.

    Raises `PositionsBusy` while PostgreSQL lacks so many positions that Redis must take no more.
    """
    args: list[Any] = [to_ms(now), to_ms(now + FORGET_AFTER), MAX_BACKLOG, _CHANNEL]
    for one in writes:
        before, after = one.held, one.after
        last = after.track.last
        args += (one.rider_id, before.head, after.head, _encode(after.track))
        if last is None:
            args += _NOWHERE
        else:
            is_news = last is not before.track.last
            args += (last.lat, last.lon, last.device_at_ms - last.skew_ms if is_news else "")
        args += (one.stale_at_ms, one.count, one.kept, "" if one.tail_uploads is None else one.tail_uploads)
    tails = [keys.tail(zone_id, one.rider_id) for one in writes]
    answers = await _write(redis, [*keys.of_zone(zone_id), *tails], args)
    if not isinstance(answers, list):
        raise PositionsBusy
    return [_written(one, answer) for one, answer in zip(writes, answers, strict=True)]


async def set_standing(redis: Redis, rider_id: RiderId, held: Held, standing: Standing, *, now: datetime) -> bool:
    """Keep a rider's standing unless a newer one stands; False if the rider has left the zone meanwhile."""
    text_now = standing_text(standing)
    args = [rider_id, standing.version, text_now, to_ms(now), to_ms(now + FORGET_AFTER), held.move]
    return not text(await _set_standing(redis, keys.of_zone(held.zone_id), args)).startswith(">")


async def read(redis: Redis, zone_id: ZoneId, rider_id: RiderId) -> tuple[str, str]:
    """Return what the zone holds of a rider (see `position_keys`) and their standing; empty where there is none."""
    async with redis.pipeline(transaction=False) as pipe:
        pipe.hget(keys.last(zone_id), rider_id)
        pipe.hget(keys.standing(zone_id), rider_id)
        stood, standing = await pipe.execute()
    return text(stood or ""), text(standing or "")


async def sweep(redis: Redis, zone_id: ZoneId, *, now: datetime) -> tuple[list[RiderId], list[RiderId]]:
    """Take at most a batch of stale riders out of matching and forget the long silent; returns both."""
    args = [to_ms(now), to_ms(now + FORGET_AFTER), SWEEP_BATCH]
    stale, forgotten = await _sweep(redis, keys.of_zone(zone_id), args)
    return [RiderId(text(rider)) for rider in stale], [RiderId(text(rider)) for rider in forgotten]


def keep(skew_ms: int, received_at_ms: int, pings: bytes) -> bytes:
    """Return an upload as a tail keeps it, given its pings as a JSON array."""
    return b"[[%d,%d,%b]]" % (skew_ms, received_at_ms, pings)


def positions_of(upload: bytes | str) -> list[Position]:
    """Return the positions of an upload as a tail keeps it."""
    return [position for kept in _decode_kept(upload) for position in kept.positions()]


def head(move: int, track: Track) -> str:
    """Return what a write compares: the move and the last device time."""
    return f"{move}:{track.last.device_at_ms if track.last else 0}:"


def held(zone_id: ZoneId, stood: str, standing: str) -> Held:
    """Read a record a zone holds; never a trace."""
    move, device_at_ms, track = stood.split(":", 2)
    return Held(zone_id, int(move), f"{move}:{device_at_ms}:", _decode_track(track), standing, parse_standing(standing))


def parse_standing(standing: str) -> Standing | None:
    """Read a standing as Redis keeps it; None if empty."""
    if not standing:
        return None
    version, is_available, vehicle, city_id, idle_since_ms, *free_capacity = standing.split(":")
    return Standing(
        version=int(version),
        is_available=is_available == "1",
        vehicle=Vehicle(vehicle),
        city_id=CityId(city_id),
        idle_since=from_ms(int(idle_since_ms)) if idle_since_ms else None,
        free_capacity=int(free_capacity[0]) if free_capacity else 1,  # an older process does not tell
    )


def standing_text(standing: Standing) -> str:
    """Return a standing as Redis keeps it."""
    idle_since_ms = "" if standing.idle_since is None else to_ms(standing.idle_since)
    is_available = int(standing.is_available)
    head = f"{standing.version}:{is_available}:{standing.vehicle}:{standing.city_id}"
    return f"{head}:{idle_since_ms}:{standing.free_capacity}"


def with_standing(held: Held, standing: str) -> Held:
    """Return the same with this standing."""
    return Held(held.zone_id, held.move, held.head, held.track, standing, parse_standing(standing))


def with_track(held: Held, track: Track) -> Held:
    """Return the same with this track."""
    return Held(held.zone_id, held.move, head(held.move, track), track, held.standing_text, held.standing)


def _written(one: Write, answer: Any) -> Written:
    if not isinstance(answer, list):
        standing, written = text(answer), one.after
        if standing != written.standing_text:
            written = with_standing(written, standing)
        return Written(is_written=True, held=written)
    stood, standing = map(text, answer)
    is_record = stood != "" and not stood.startswith(">")
    return Written(is_written=False, held=held(one.held.zone_id, stood, standing) if is_record else None)
