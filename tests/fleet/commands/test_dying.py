"""Processes that die at any step, while a rider rides to and fro over a border: nothing acknowledged is lost."""

import asyncio
import random

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from tests.fleet.pings import ANA, EAST, NOON_MS, WEST, a_ping, at_s
from tests.fleet.roster import a_receiver, trail_of

from fleet.errors import PositionsBusy
from fleet.model.positions import Ping, Verdict
from fleet.store import position_moves as moves
from infra.redis import connect
from kernel.ids import ZoneId

pytestmark = pytest.mark.on_a_cluster_too

KEPT = (Verdict.ACCEPTED, Verdict.LATE, Verdict.DUPLICATE)


def make_mortal(client: Redis, dice: random.Random) -> Redis:
    """Have a client's connection break now and then, before a command is sent or before it is answered."""
    execute = client.execute_command

    async def execute_or_die(*args, **options):
        fate = dice.random()
        if fate < 0.04:
            raise RedisConnectionError("broke before")
        answer = await execute(*args, **options)
        if fate > 0.96:
            raise RedisConnectionError("broke after")
        return answer

    client.execute_command = execute_or_die
    return client


async def send(client: Redis, uploads: list[list[Ping]], acknowledged: dict[int, Verdict]) -> None:
    """Send uploads one after the other; each is sent again by a fresh process until it is answered."""
    receiver = a_receiver(client)
    for upload in uploads:
        now = at_s(max(ping.device_at_ms for ping in upload) / 1000 - NOON_MS / 1000)
        while True:
            try:
                judged = await receiver.ingest(ANA, upload, now=now)
                break
            except (RedisConnectionError, PositionsBusy):
                receiver = a_receiver(client)
        for one in judged:
            acknowledged[one.device_at_ms] = one.verdict


@pytest.mark.parametrize("seed", range(8))
async def test_whoever_dies_at_any_step_nothing_acknowledged_is_lost_and_no_old_ping_wins(redis_url, seed):
    dice = random.Random(seed)
    pings = [a_ping(number * 30, east_m=dice.choice((-300, -30, 30, 300))) for number in range(60)]
    phones: list[list[list[Ping]]] = [[], [], []]
    while pings:
        size = dice.randint(1, 4)
        upload, pings = pings[:size], pings[size:]
        dice.shuffle(upload)
        dice.choice(phones).append(upload)
    acknowledged: dict[int, Verdict] = {}

    async with connect(redis_url) as client, connect(redis_url) as sound:
        make_mortal(client, dice)
        await asyncio.gather(*(send(client, uploads, acknowledged) for uploads in phones))
        await a_receiver(sound).ingest(ANA, [a_ping(60 * 30, east_m=300)], now=at_s(60 * 30))

        held = await moves.find(sound, ANA, now=at_s(60 * 30))
        trail = await trail_of(sound)
        found = [zone_id for zone_id in (WEST, EAST) if await is_available(sound, zone_id)]

    kept = {device_at_ms for device_at_ms, verdict in acknowledged.items() if verdict in KEPT}
    assert len(acknowledged) == 60
    assert kept <= {place.device_at_ms for place in trail}
    assert held.track.last.device_at_ms == NOON_MS + 60 * 30_000
    assert found == [EAST]


async def is_available(redis: Redis, zone_id: ZoneId) -> bool:
    return await redis.zscore(f"{{{zone_id}}}:available:motorcycle", ANA) is not None
