"""What phones said of themselves last, until somebody learns it."""

from collections.abc import Mapping, Sequence
from typing import Final, cast

import msgspec
from redis.asyncio import Redis

from fleet.model.phones import PhoneState
from fleet.store import position_keys as keys
from fleet.store.scripts import text
from kernel.ids import RiderId

KEPT_S: Final = 24 * 3600  # wall time; what nobody learns in a day is of no use any more
_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(PhoneState).decode


async def put(redis: Redis, rider_id: RiderId, state: PhoneState) -> None:
    """Keep what a rider's phone said, in place of what it said before."""
    async with redis.pipeline(transaction=False) as pipe:
        pipe.set(keys.phone(rider_id), _encode(state), ex=KEPT_S)
        pipe.sadd(keys.PHONES_HEARD, rider_id)
        await pipe.execute()


async def read(redis: Redis, *, riders: int) -> dict[RiderId, PhoneState]:
    """Return what phones said that nobody learnt yet, of at most so many riders."""
    found = cast("Sequence[bytes | str]", await redis.srandmember(keys.PHONES_HEARD, riders))
    rider_ids = [RiderId(text(one)) for one in found]
    if not rider_ids:
        return {}
    async with redis.pipeline(transaction=False) as pipe:
        for rider_id in rider_ids:
            pipe.get(keys.phone(rider_id))
        states = await pipe.execute()
    return {rider_id: _decode(state) for rider_id, state in zip(rider_ids, states, strict=True) if state}


async def drop(redis: Redis, states: Mapping[RiderId, PhoneState]) -> None:
    """Take note that this was learnt; what a phone said meanwhile is learnt with what it says next."""
    if states:
        await redis.srem(keys.PHONES_HEARD, *states)
