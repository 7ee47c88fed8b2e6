"""Riders' tracks, trails and places in the geo sets of one zone, each moved by one script in one round trip."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, cast

import msgspec
from redis.asyncio import Redis

from fleet.model.positions import Position, Standing, Track, from_ms, to_ms
from fleet.model.riders import Vehicle
from fleet.store import position_keys as keys
from fleet.store.scripts import Script, text
from kernel.ids import CityId, RiderId, ZoneId

FORGET_AFTER: Final = timedelta(days=30)  # domain.md §13: nothing of where somebody was is kept for longer
TRAIL_KEPT: Final = timedelta(hours=3)  # the last hour for the desk, and room for phones that come back late
TRAIL_TTL: Final = timedelta(days=1)  # wall time; only clears up after riders who are gone
SWEEP_BATCH: Final = 500
_MS: Final = timedelta(milliseconds=1)

_write = Script("write_positions")
_set_standing = Script("set_standing")
_sweep = Script("sweep_zone")
_encode: Final = msgspec.json.Encoder().encode
_decode_track: Final = msgspec.json.Decoder(Track).decode
_decode_position: Final = msgspec.json.Decoder(Position).decode


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What a zone holds of a rider. `head` is empty where it holds nothing yet."""

    zone_id: ZoneId
    move: int  # how often and when the rider's keys changed zone; a higher one is newer
    head: str = ""
    track: Track = Track()
    standing: Standing | None = None


class Write(msgspec.Struct, frozen=True, kw_only=True):
    """One rider's judged upload: what it was judged against, and what is to stand now."""

    rider_id: RiderId
    held: Held
    track: Track
    stale_at_ms: int
    trail: Sequence[Position]


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a write: `held` is what stands now; a conflict without `held` means: look for the rider anew."""

    is_written: bool
    held: Held | None
    is_news: tuple[bool, ...] = ()  # for each position of the trail


async def write(redis: Redis, zone_id: ZoneId, writes: Sequence[Write], *, now: datetime) -> list[Written]:
    """Store uploads of riders of one zone, each only if its rider's track is still the one it was judged against."""
    args: list[str | int | float] = [
        to_ms(now),
        to_ms(now + FORGET_AFTER),
        TRAIL_KEPT // _MS,
        int(TRAIL_TTL.total_seconds()),
    ]
    for one in writes:
        last = one.track.last
        args += [one.rider_id, one.held.head, head(one.held.move, one.track), _encode(one.track).decode()]
        args += [0, 0, 0] if last is None else [last.lat, last.lon, one.stale_at_ms]
        args.append(len(one.trail))
        for position in one.trail:
            args += [position.device_at_ms, encode(position)]
    trails = [keys.trail(zone_id, one.rider_id) for one in writes]
    answers = await _write(redis, [*keys.of_zone(zone_id), *trails], args)
    return [_written(one, *map(text, answer)) for one, answer in zip(writes, answers, strict=True)]


async def set_standing(redis: Redis, rider_id: RiderId, held: Held, standing: Standing, *, now: datetime) -> bool:
    """Keep a rider's standing unless a newer one stands; False if the rider has left the zone meanwhile."""
    text_now = _standing_text(standing)
    args = [rider_id, standing.version, text_now, to_ms(now), to_ms(now + FORGET_AFTER), held.move]
    return not text(await _set_standing(redis, keys.of_zone(held.zone_id), args)).startswith(">")


async def read(redis: Redis, zone_id: ZoneId, rider_id: RiderId) -> tuple[str, str]:
    """Return what the zone holds of a rider (see `position_keys`) and their standing; empty where there is none."""
    async with redis.pipeline(transaction=False) as pipe:
        pipe.hget(keys.last(zone_id), rider_id)
        pipe.hget(keys.standing(zone_id), rider_id)
        stood, standing = await pipe.execute()
    return text(stood or ""), text(standing or "")


async def read_trail(
    redis: Redis, zone_id: ZoneId, rider_id: RiderId, *, since_ms: int, limit: int | None = None
) -> list[Position]:
    """Return where a rider has been from a device time on, in device time."""
    found = await redis.zrangebyscore(
        keys.trail(zone_id, rider_id), since_ms, "+inf", start=None if limit is None else 0, num=limit
    )
    return [_decode_position(cast("bytes | str", member)) for member in found]


async def sweep(redis: Redis, zone_id: ZoneId, *, now: datetime) -> tuple[list[RiderId], list[RiderId]]:
    """Take at most a batch of stale riders out of matching and forget the long silent; returns both."""
    args = [to_ms(now), to_ms(now + FORGET_AFTER), SWEEP_BATCH]
    stale, forgotten = await _sweep(redis, keys.of_zone(zone_id), args)
    return [RiderId(text(rider)) for rider in stale], [RiderId(text(rider)) for rider in forgotten]


def encode(position: Position) -> str:
    """Return a position as a trail keeps it."""
    return _encode(position).decode()


def head(move: int, track: Track) -> str:
    """Return what a write compares: the move and the last device time."""
    return f"{move}:{track.last.device_at_ms if track.last else 0}:"


def held(zone_id: ZoneId, stood: str, standing: str) -> Held:
    """Read a record a zone holds; never a trace."""
    move, device_at_ms, track = stood.split(":", 2)
    return Held(
        zone_id=zone_id,
        move=int(move),
        head=f"{move}:{device_at_ms}:",
        track=_decode_track(track),
        standing=parse_standing(standing),
    )


def parse_standing(standing: str) -> Standing | None:
    """Read a standing as Redis keeps it; None if empty."""
    if not standing:
        return None
    version, is_available, vehicle, city_id, idle_since_ms = standing.split(":")
    return Standing(
        version=int(version),
        is_available=is_available == "1",
        vehicle=Vehicle(vehicle),
        city_id=CityId(city_id),
        idle_since=from_ms(int(idle_since_ms)) if idle_since_ms else None,
    )


def _standing_text(standing: Standing) -> str:
    idle_since_ms = "" if standing.idle_since is None else to_ms(standing.idle_since)
    is_available = int(standing.is_available)
    return f"{standing.version}:{is_available}:{standing.vehicle}:{standing.city_id}:{idle_since_ms}"


def _written(one: Write, outcome: str, stood: str, standing: str, news: str) -> Written:
    if outcome == "written":
        now_held = Held(
            zone_id=one.held.zone_id,
            move=one.held.move,
            head=head(one.held.move, one.track),
            track=one.track,
            standing=parse_standing(standing),
        )
        return Written(is_written=True, held=now_held, is_news=tuple(flag == "1" for flag in news))
    is_record = stood != "" and not stood.startswith(">")
    return Written(is_written=False, held=held(one.held.zone_id, stood, standing) if is_record else None)
