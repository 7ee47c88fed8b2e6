"""What Redis holds of trails reaches PostgreSQL once, whoever dies on the way."""

import asyncio
from datetime import timedelta

import msgspec
import pytest
from redis.asyncio import Redis
from tests.fleet.pings import ANA, BETO, NOON, TwoZones, a_ping, a_standing, at_s
from tests.fleet.roster import Roster, a_receiver, trail_of
from tests.fleet.servers import all_keys

from fleet.commands.phone_notes import PhoneNotes
from fleet.commands.trails import TrailWriter
from fleet.model.phones import PhoneState
from fleet.model.positions import Verdict, to_ms
from fleet.queries.trails import StoredTrails, get_trail
from fleet.store import position_keys as keys
from fleet.store import tails
from infra.db import Database
from kernel.ids import RiderId

pytestmark = pytest.mark.on_a_cluster_too


class Standing:
    """A clock that stands at noon."""

    async def now(self):
        return NOON


class Told:
    """Whoever learns what is new of whom."""

    def __init__(self) -> None:
        self.news: list[tuple[str, list[float]]] = []
        self.states: dict[str, PhoneState] = {}

    async def learn(self, _tx, news, states, _now):
        self.states |= states
        for rider_id, positions in news.items():
            self.news.append((rider_id, [one.device_at_ms / 1000 - NOON.timestamp() for one in positions]))


@pytest.fixture
async def database(database_url):
    async with Database.connect(database_url, pool_size=4) as database:
        yield database


def a_writer(redis: Redis, database: Database, told: Told | None = None) -> TrailWriter:
    return TrailWriter(redis, database.begin, TwoZones(), Standing(), learn=(told or Told()).learn)


async def stored_s(redis, database, rider_id=ANA):
    trail = await get_trail(redis, database.begin, rider_id, since=at_s(-90 * 86_400), now=NOON)
    return [(point.device_at - NOON).total_seconds() for point in trail.points]


async def test_a_trail_is_written_and_leaves_nothing_behind(redis, database):
    receiver = a_receiver(redis, Roster({ANA: a_standing(), BETO: a_standing()}))
    await receiver.ingest(ANA, [a_ping(5, east_m=-90), a_ping(0, east_m=-100)], now=at_s(5))
    await receiver.ingest(ANA, [a_ping(3, east_m=-95)], now=at_s(6))
    await receiver.ingest(BETO, [a_ping(1, east_m=100)], now=at_s(6))
    told = Told()

    written = await a_writer(redis, database, told).write_all()

    assert written == 4
    assert sorted(told.news) == [(ANA, [0, 3, 5]), (BETO, [1])]
    assert await stored_s(redis, database) == [0, 3, 5]
    left = await all_keys(redis)
    assert not [key for key in left if "tail" in key or "unwritten" in key or "backlog" in key]
    assert await a_writer(redis, database).write_all() == 0


async def test_what_is_not_written_yet_is_part_of_the_trail(redis, database):
    receiver = a_receiver(redis, shelf=StoredTrails(database.read))
    await receiver.ingest(ANA, [a_ping(0, east_m=-100)], now=NOON)
    await a_writer(redis, database).write_all()
    await receiver.ingest(ANA, [a_ping(5, east_m=-100)], now=at_s(5))

    assert await stored_s(redis, database) == [0, 5]


async def test_a_ping_that_was_written_is_known_when_it_comes_again(redis, database):
    receiver = a_receiver(redis, shelf=StoredTrails(database.read))
    await receiver.ingest(ANA, [a_ping(0), a_ping(5), a_ping(9)], now=at_s(9))
    await a_writer(redis, database).write_all()

    judged = await receiver.ingest(ANA, [a_ping(5), a_ping(7)], now=at_s(10))

    assert [one.verdict for one in judged] == [Verdict.DUPLICATE, Verdict.LATE]


async def test_a_lost_store_takes_up_where_the_trail_ends(redis, database):
    await a_receiver(redis).ingest(ANA, [a_ping(0), a_ping(9)], now=at_s(9))
    await a_writer(redis, database).write_all()
    await redis.flushall()

    receiver = a_receiver(redis, shelf=StoredTrails(database.read))
    judged = await receiver.ingest(ANA, [a_ping(4), a_ping(9), a_ping(12)], now=at_s(12))

    assert [one.verdict for one in judged] == [Verdict.LATE, Verdict.DUPLICATE, Verdict.ACCEPTED]


async def test_who_died_between_writing_and_dropping_writes_nothing_twice(redis, database, monkeypatch):
    await a_receiver(redis).ingest(ANA, [a_ping(0), a_ping(5)], now=at_s(5))

    async def die(*_):
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(tails, "drop", die)
        with pytest.raises(ConnectionError):
            await a_writer(redis, database).write_all()
    await a_receiver(redis).ingest(ANA, [a_ping(9)], now=at_s(9))

    assert await a_writer(redis, database).write_all() == 3
    assert await stored_s(redis, database) == [0, 5, 9]


async def test_who_comes_late_with_dropping_drops_nothing_of_what_came_since(redis, database):
    receiver = a_receiver(redis)
    await receiver.ingest(ANA, [a_ping(0, east_m=-100)], now=NOON)
    zone_id = next(iter(await zones_with_tails(redis)))
    read = await tails.read_tails(redis, zone_id, riders=10)
    await a_writer(redis, database).write_all()
    await receiver.ingest(ANA, [a_ping(5, east_m=-100)], now=at_s(5))

    await tails.drop(redis, zone_id, read)

    assert [one.device_at_ms for one in await trail_of(redis)] == [to_ms(at_s(5))]
    assert await redis.get(keys.backlog(zone_id)) == b"1"


async def test_what_cannot_be_learnt_is_written_all_the_same(redis, database):
    class Forgetful(Told):
        async def learn(self, *_):
            raise ZeroDivisionError

    await a_receiver(redis).ingest(ANA, [a_ping(0)], now=NOON)

    assert await a_writer(redis, database, Forgetful()).write_all() == 1
    assert await stored_s(redis, database) == [0]


async def test_two_workers_at_once_write_everything_once(redis, database):
    riders = [RiderId(f"rdr_{number:02}") for number in range(30)]
    receiver = a_receiver(redis, Roster({rider_id: a_standing() for rider_id in riders}))
    workers = [a_writer(redis, database), a_writer(redis, database)]
    for second in range(0, 50, 10):
        await asyncio.gather(*(receiver.ingest(one, [a_ping(second)], now=at_s(second)) for one in riders))
        await asyncio.gather(*(worker.write_all() for worker in workers))
    await workers[0].write_all()

    for rider_id in riders:
        assert await stored_s(redis, database, rider_id) == [0, 10, 20, 30, 40]


async def test_days_older_than_a_month_are_dropped(redis, database):
    receiver = a_receiver(redis)
    await receiver.ingest(ANA, [a_ping(-29 * 86_400), a_ping(0)], now=at_s(1))
    writer = a_writer(redis, database)
    await writer.write_all()
    assert len(await stored_s(redis, database)) == 2

    async with database.begin() as tx:
        dropped = await tx.fetchval("SELECT drop_trail_days($1)", (NOON - timedelta(days=1)).date())

    assert dropped == 1
    assert await stored_s(redis, database) == [0]


async def test_what_a_phone_says_of_itself_is_learnt_once_and_again_when_it_changes(redis, database):
    notes, told = PhoneNotes(redis), Told()
    said = PhoneState(at_ms=to_ms(NOON), battery=0.5, may_locate=True)
    await notes.note(ANA, said)
    await notes.note(ANA, msgspec.structs.replace(said, at_ms=said.at_ms + 5_000, battery=0.4))
    await a_writer(redis, database, told).write_all()
    assert told.states == {ANA: said}
    told.states.clear()
    await a_writer(redis, database, told).write_all()
    assert told.states == {}

    denied = msgspec.structs.replace(said, at_ms=said.at_ms + 9_000, may_locate=False)
    await notes.note(ANA, denied)
    await a_writer(redis, database, told).write_all()

    assert told.states == {ANA: denied}


async def zones_with_tails(redis):
    return [key.partition("}")[0][1:] for key in await all_keys(redis, "*:unwritten")]
