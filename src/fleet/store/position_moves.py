"""A rider's keys live in one zone at a time. Changing it takes several steps on several slots, each safe to repeat.

The old zone keeps a trace with the record, the new one takes the record, the pointer moves on, the trace shrinks; what
PostgreSQL does not have yet of the trail stays where it is until it has. Whoever comes upon a trace finishes the move.
Moves are numbered by domain time, so that a helper who comes late does no harm.
"""

from datetime import datetime, timedelta
from typing import Final

from redis.asyncio import Redis

from fleet.errors import PositionsBusy
from fleet.model.positions import to_ms
from fleet.store import position_keys as keys
from fleet.store import positions
from fleet.store.scripts import Script, text
from kernel.ids import RiderId, ZoneId

TRACE_KEPT: Final = timedelta(days=1)  # longer than any process can have stood still between two steps
ATTEMPTS: Final = 32  # a lost one means that somebody else moved the rider on meanwhile

_leave = Script("leave_zone")
_arrive = Script("arrive_in_zone")
_close = Script("close_move")
_advance = Script("advance_zone")
_forget = Script("forget_zone")


async def claim(redis: Redis, rider_id: RiderId, zone_id: ZoneId, *, now: datetime) -> None:
    """Say that a rider's keys are to be in this zone, unless somebody said so of another."""
    await redis.set(keys.zone_of(rider_id), f"{to_ms(now)}:{zone_id}", nx=True)


async def find(redis: Redis, rider_id: RiderId, *, now: datetime) -> positions.Held | None:
    """Return what is held of a rider, finishing a move on the way; None if no zone was claimed yet."""
    for _ in range(ATTEMPTS):
        pointer = await redis.get(keys.zone_of(rider_id))
        if pointer is None:
            return None
        number, _, zone = text(pointer).partition(":")
        stood, standing = await positions.read(redis, ZoneId(zone), rider_id)
        if not stood or (stood.startswith(">") and _number(stood) < int(number)):
            claimed = positions.parse_standing(standing)
            return positions.Held(zone_id=ZoneId(zone), move=int(number), standing=claimed)
        if not stood.startswith(">"):
            return positions.held(ZoneId(zone), stood, standing)
        await finish(redis, ZoneId(zone), rider_id, stood, now=now)
    raise PositionsBusy


async def move(redis: Redis, rider_id: RiderId, held: positions.Held, to: ZoneId, *, now: datetime) -> None:
    """Take a rider's keys along into another zone; where somebody wrote meanwhile, nothing happens."""
    number = max(held.move + 1, to_ms(now))
    forget_at_ms = to_ms(now + positions.FORGET_AFTER)
    stood = text(await _leave(redis, keys.of_zone(held.zone_id), [rider_id, held.head, number, to, forget_at_ms]))
    if stood.startswith(">"):
        await finish(redis, held.zone_id, rider_id, stood, now=now)


async def finish(redis: Redis, left: ZoneId, rider_id: RiderId, trace: str, *, now: datetime) -> None:
    """Do what is left to do of a move, from its trace in the zone the rider left."""
    number, zone, *rest = trace.removeprefix(">").split("|", 3)
    if not rest:
        return
    to, (standing, record) = ZoneId(zone), rest
    args: list[str | int] = [rider_id, number, record, standing, to_ms(now + positions.FORGET_AFTER)]
    await _arrive(redis, [keys.last(to), keys.standing(to), keys.silent(to)], args)
    await _advance(redis, [keys.zone_of(rider_id)], [number, to])
    closed = [rider_id, number, to, to_ms(now + TRACE_KEPT)]
    await _close(redis, [keys.last(left), keys.silent(left)], closed)


async def forget(redis: Redis, zone_id: ZoneId, rider_id: RiderId) -> None:
    """Drop the pointer of a rider whom a sweep of this zone forgot."""
    await _forget(redis, [keys.zone_of(rider_id)], [zone_id])


def _number(trace: str) -> int:
    return int(trace.removeprefix(">").partition("|")[0])
