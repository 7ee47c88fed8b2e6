"""What PostgreSQL does not have yet of riders' trails: lists of uploads, in the zone in which they came."""

from collections.abc import Sequence
from typing import Final, cast

import msgspec
from redis.asyncio import Redis

from fleet.model.positions import Position
from fleet.store import position_keys as keys
from fleet.store.positions import positions_of
from fleet.store.scripts import Script, text
from kernel.ids import RiderId, ZoneId

UPLOADS_AT_ONCE: Final = 1_000  # of one rider: more than anybody sends in the second between two looks

_drop = Script("drop_written")


class Tail(msgspec.Struct, frozen=True, kw_only=True):
    """A rider's oldest unwritten uploads: their positions as they came, and what it takes to drop them."""

    rider_id: RiderId
    positions: Sequence[Position]
    uploads: int
    first: bytes | str


async def count_unwritten(redis: Redis, zone_ids: Sequence[ZoneId]) -> list[int]:
    """Return, for each zone, of how many of its riders PostgreSQL lacks positions."""
    async with redis.pipeline(transaction=False) as pipe:
        for zone_id in zone_ids:
            pipe.scard(keys.unwritten(zone_id))
        return list(await pipe.execute())


async def count_backlog(redis: Redis, zone_ids: Sequence[ZoneId]) -> list[int]:
    """Return, for each zone, how many positions PostgreSQL lacks."""
    async with redis.pipeline(transaction=False) as pipe:
        for zone_id in zone_ids:
            pipe.get(keys.backlog(zone_id))
        return [int(count or 0) for count in await pipe.execute()]


async def read_tails(redis: Redis, zone_id: ZoneId, *, riders: int) -> list[Tail]:
    """Return the unwritten uploads of at most so many riders of a zone."""
    found = cast("list[bytes | str]", await redis.srandmember(keys.unwritten(zone_id), riders))
    rider_ids = [RiderId(text(one)) for one in found]
    async with redis.pipeline(transaction=False) as pipe:
        for rider_id in rider_ids:
            pipe.lrange(keys.tail(zone_id, rider_id), 0, UPLOADS_AT_ONCE - 1)
        lists = await pipe.execute()
    return [_tail(rider_id, uploads) for rider_id, uploads in zip(rider_ids, lists, strict=True) if uploads]


async def read_tail(redis: Redis, zone_id: ZoneId, rider_id: RiderId) -> list[list[Position]]:
    """Return a rider's unwritten uploads in a zone, as they came."""
    uploads = await redis.lrange(keys.tail(zone_id, rider_id), 0, -1)
    return [positions_of(upload) for upload in uploads]


async def drop(redis: Redis, zone_id: ZoneId, tails: Sequence[Tail]) -> None:
    """Drop what PostgreSQL has now; where somebody else has dropped it, nothing happens."""
    args: list[str | int | bytes] = []
    for tail in tails:
        args += [tail.rider_id, tail.uploads, len(tail.positions), tail.first]
    names = [keys.tail(zone_id, tail.rider_id) for tail in tails]
    await _drop(redis, [keys.unwritten(zone_id), keys.backlog(zone_id), *names], args)


def _tail(rider_id: RiderId, uploads: Sequence[bytes | str]) -> Tail:
    positions = [position for upload in uploads for position in positions_of(upload)]
    return Tail(rider_id=rider_id, positions=positions, uploads=len(uploads), first=uploads[0])
