from datetime import datetime

import anyio
import pytest
from tests.fleet.pings import ANA, NOON, WEST, TwoZones, a_ping, at_s
from tests.fleet.roster import a_receiver

from fleet import worker
from fleet.store import position_keys as keys

pytestmark = pytest.mark.on_a_cluster_too


class OneMinuteLater:
    async def now(self) -> datetime:
        return at_s(60)


class MoodyZones(TwoZones):
    """Cannot be read the first time."""

    def __init__(self) -> None:
        super().__init__()
        self.is_down = True

    async def map(self):
        if self.is_down:
            self.is_down = False
            raise OSError("PostgreSQL is away")
        return self.zones


async def test_sweeping_goes_on_after_a_store_was_away(redis, monkeypatch):
    monkeypatch.setattr(worker, "SWEEP_EVERY_S", 0.01)
    await a_receiver(redis).ingest(ANA, [a_ping(0, east_m=-100)], now=NOON)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(worker.sweep_for_ever, redis, MoodyZones(), OneMinuteLater())
        with anyio.fail_after(5):
            while await redis.zcard(keys.seen(WEST)):  # noqa: ASYNC110  Redis cannot be waited for
                await anyio.sleep(0.01)
        tasks.cancel_scope.cancel()

    assert await redis.zscore(keys.silent(WEST), ANA) is not None
