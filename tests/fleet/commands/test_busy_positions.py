"""What comes faster than a phone can speak, or than it can be written: shared, put off, or refused."""

import asyncio

import pytest
from tests.fleet.pings import ANA, BETO, NOON, a_ping, a_standing, at_s
from tests.fleet.roster import Roster, a_receiver, trail_of
from tests.fleet.servers import calls_of

from fleet.commands import positions as commands
from fleet.errors import PositionsBusy, TooManyPositions
from fleet.model.positions import Verdict
from fleet.store import position_writer
from fleet.store import positions as store

pytestmark = pytest.mark.on_a_cluster_too

V = Verdict


async def verdicts(receiver, *pings, now=NOON, rider_id=ANA):
    return [one.verdict for one in await receiver.ingest(rider_id, pings, now=now)]


async def trail_s(redis):
    return [place.device_at_ms / 1000 - NOON.timestamp() for place in await trail_of(redis)]


async def test_uploads_of_one_phone_at_once_share_a_round_trip(redis):
    receiver = a_receiver(redis)
    await receiver.ingest(ANA, [a_ping(0, east_m=-100)], now=NOON)
    before = await calls_of(redis, "evalsha")

    uploads = [[a_ping(5)], [a_ping(6), a_ping(7)], [a_ping(7)], [a_ping(8)]]
    answers = await asyncio.gather(*(receiver.ingest(ANA, upload, now=at_s(9)) for upload in uploads))

    assert await calls_of(redis, "evalsha") <= before + 2
    assert [[one.verdict for one in answer] for answer in answers] == [
        [V.ACCEPTED], [V.ACCEPTED, V.ACCEPTED], [V.DUPLICATE], [V.ACCEPTED],
    ]  # fmt: skip
    assert await trail_s(redis) == [0, 5, 6, 7, 8]


async def test_whoever_sends_more_than_a_phone_can_say_is_told_to_wait_and_nobody_else(redis):
    receiver = a_receiver(redis, Roster({ANA: a_standing(), BETO: a_standing()}))
    for number in range(118):
        await receiver.ingest(ANA, [a_ping(number + share / 100) for share in range(100)], now=at_s(200))

    with pytest.raises(TooManyPositions) as refused:
        await receiver.ingest(ANA, [a_ping(120 + share / 300) for share in range(300)], now=at_s(200))

    assert refused.value.facts["retry_after_s"] >= 1
    assert await verdicts(receiver, a_ping(0), rider_id=BETO) == [V.ACCEPTED]
    with pytest.raises(TooManyPositions):  # another process knows of it
        await a_receiver(redis).ingest(ANA, [a_ping(200 + share / 100) for share in range(300)], now=at_s(203))


async def test_a_store_that_holds_too_much_takes_no_more(redis, monkeypatch):
    monkeypatch.setattr(store, "MAX_BACKLOG", 2)
    receiver = a_receiver(redis)
    await receiver.ingest(ANA, [a_ping(0), a_ping(1), a_ping(2)], now=at_s(2))

    with pytest.raises(PositionsBusy):
        await receiver.ingest(ANA, [a_ping(3)], now=at_s(3))

    assert await trail_s(redis) == [0, 1, 2]


async def test_a_process_with_too_much_under_way_takes_no_more(redis, monkeypatch):
    monkeypatch.setattr(position_writer, "MAX_WAITING", 1)
    receiver = a_receiver(redis)
    await receiver.ingest(ANA, [a_ping(0)], now=NOON)

    one, other = await asyncio.gather(
        *(receiver.ingest(ANA, [a_ping(seconds)], now=at_s(9)) for seconds in (5, 6)), return_exceptions=True
    )

    assert one[0].verdict is V.ACCEPTED
    assert isinstance(other, PositionsBusy)
    assert await verdicts(receiver, a_ping(7), now=at_s(9)) == [V.ACCEPTED]


async def test_a_process_remembers_only_so_many_riders(redis, monkeypatch):
    monkeypatch.setattr(commands, "REMEMBERED", 1)
    receiver = a_receiver(redis, Roster({ANA: a_standing(), BETO: a_standing()}))

    for rider_id in (ANA, BETO, ANA):
        await receiver.ingest(rider_id, [a_ping(0, east_m=-100)], now=NOON)

    assert list(receiver._remembered) == [ANA]


async def test_a_forgotten_script_is_sent_again(redis):
    receiver = a_receiver(redis)
    await receiver.ingest(ANA, [a_ping(0, east_m=-100)], now=NOON)
    await redis.script_flush()

    assert await verdicts(receiver, a_ping(5, east_m=-100), now=at_s(5)) == [V.ACCEPTED]
