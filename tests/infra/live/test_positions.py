import asyncio

import pytest
from tests.infra.live.telling import LivePosition, publish_position, publish_positions

from infra.live.channels import encode_place, position_channel

BETO = "rdr_beto"
CAIO = "rdr_caio"


async def following(house, rider_id):
    """Wait until the hub hears this rider."""
    async with asyncio.timeout(3):
        while not await house.redis.pubsub_channels(f"position:{rider_id}"):  # noqa: ASYNC110  it is Redis that knows
            await asyncio.sleep(0.01)


async def test_positions_flow_only_between_the_events_that_allow_them(house):
    async with house.watch() as watcher:
        await watcher.next()
        await publish_position(house.redis, BETO, {"lat": 1}, at_ms=1)
        await house.tell("picked up", rider_id=BETO)
        assert await watcher.texts(1) == [(1, "picked up")]
        await following(house, BETO)
        await publish_position(house.redis, BETO, {"lat": 2}, at_ms=2)

        assert await watcher.next() == {"type": "position", "position": {"of": BETO, "lat": 2}}

        await house.tell("delivered")
        assert await watcher.texts(1) == [(2, "delivered")]
        await publish_position(house.redis, BETO, {"lat": 3}, at_ms=3)
        with pytest.raises(TimeoutError):
            await watcher.next(within_s=0.3)


async def test_another_rider_takes_over_and_the_first_is_seen_no_more(house):
    async with house.watch() as watcher:
        await watcher.next()
        await house.tell("Beto has it", rider_id=BETO)
        await watcher.next()
        await house.tell("Caio has it", rider_id=CAIO)
        await watcher.next()
        await following(house, CAIO)
        await publish_positions(
            house.redis,
            [
                LivePosition(rider_id=BETO, at_ms=5, payload={"lat": 5}),
                LivePosition(rider_id=CAIO, at_ms=5, payload={"lat": 6}),
            ],
        )

        assert (await watcher.next())["position"] == {"of": CAIO, "lat": 6}


async def test_positions_never_go_back_in_time(house):
    async with house.watch() as watcher:
        await watcher.next()
        await house.tell("picked up", rider_id=BETO)
        await watcher.next()
        await following(house, BETO)
        for at_ms in (10, 30, 20, 30, 40):
            await house.redis.publish(position_channel(BETO), encode_place(at_ms, {"at_ms": at_ms}))

        seen = [(await watcher.next())["position"]["at_ms"]]
        while seen[-1] != 40:
            seen.append((await watcher.next())["position"]["at_ms"])

        assert seen == sorted(set(seen))
        assert 20 not in seen


async def test_a_message_nobody_understands_ends_nothing(house):
    async with house.watch() as watcher:
        await watcher.next()
        await house.redis.publish("feed:sto_ana", b"\xff not ours")
        await house.tell("still here")

        assert await watcher.texts(1) == [(1, "still here")]
