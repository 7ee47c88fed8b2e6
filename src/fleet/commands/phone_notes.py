"""What riders' phones tell of themselves: taken when it matters, and never in the way of their positions."""

from collections import OrderedDict
from typing import Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from fleet.model.phones import PhoneState
from fleet.store import phone_states as store
from kernel.ids import RiderId

log: Final = structlog.get_logger()
REMEMBERED: Final = 20_000
AGAIN_MS: Final = 60_000  # a battery runs down slowly


class PhoneNotes:
    """Keeps what phones say of themselves where it differs from what they said last, or a minute after."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._noted: OrderedDict[RiderId, PhoneState] = OrderedDict()

    async def note(self, rider_id: RiderId, state: PhoneState) -> None:
        """Keep it; raises nothing while Redis is away, as the phone will say it again."""
        before = self._noted.get(rider_id)
        if before is not None and _is_same(before, state) and state.at_ms - before.at_ms < AGAIN_MS:
            return
        try:
            await store.put(self._redis, rider_id, state)
        except (RedisError, OSError) as error:
            log.warning("phones.redis_away", error=repr(error))
            return
        self._noted[rider_id] = state
        self._noted.move_to_end(rider_id)
        if len(self._noted) > REMEMBERED:
            self._noted.popitem(last=False)


def _is_same(one: PhoneState, other: PhoneState) -> bool:
    return _what_matters(one) == _what_matters(other)


def _what_matters(state: PhoneState) -> tuple[bool | None, ...]:
    return state.may_locate, state.is_gps_on, state.is_online, state.is_app_closed
