from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from tests.accounts.builders import NOON, OFFICE, SECOND

from accounts import phones as remembering
from accounts import queries
from accounts.commands import phone_links as commands
from accounts.errors import PhoneNotFound, TooManyPhones
from accounts.grants import Grants
from accounts.phones import KNOWN_FOR, Phones
from accounts.policy import PHONES_MOST
from kernel.ids import PhoneId, RiderId

ANA, BETO = RiderId(f"rdr_{'A' * 26}"), RiderId(f"rdr_{'B' * 26}")


class Reading:
    """The database, and how often it was asked."""

    def __init__(self, database):
        self._database, self.asked = database, 0

    @asynccontextmanager
    async def __call__(self):
        self.asked += 1
        async with self._database.read() as tx:
            yield tx


@pytest.fixture
def reading(database):
    return Reading(database)


async def link(database, rider_id=ANA):
    async with database.begin() as tx:
        return await commands.link_phone(tx, rider_id, label="a phone", caller=OFFICE, now=NOON)


async def unlink(database, new, rider_id=ANA):
    async with database.begin() as tx:
        await commands.unlink_phone(tx, rider_id, new.link.id, caller=OFFICE, now=remembering.wall_now())


async def test_a_token_is_looked_up_once_and_then_remembered(database, reading):
    new = await link(database)
    phones = Phones(reading, grants=Grants())

    found = [await phones.find(token) for token in (new.token, new.token.upper(), f" {new.token[:9]}-{new.token[9:]}")]

    assert found == [new.link] * 3
    assert reading.asked == 1


async def test_what_is_remembered_is_asked_for_again_after_a_while(database, reading, monkeypatch):
    new = await link(database)
    phones = Phones(reading, grants=Grants())
    await phones.find(new.token)

    later = remembering.wall_now() + KNOWN_FOR + SECOND
    monkeypatch.setattr(remembering, "wall_now", lambda: later)
    await phones.find(new.token)

    assert reading.asked == 2


async def test_a_link_that_was_revoked_elsewhere_is_refused_once_this_process_hears_of_it(database, reading):
    new, grants = await link(database), Grants()
    phones = Phones(reading, grants=grants)
    await phones.find(new.token)

    await unlink(database, new)
    await grants.load(database.read)

    with pytest.raises(PhoneNotFound):
        await phones.find(new.token)


async def test_a_link_that_was_revoked_here_is_refused_before_anybody_tells(database, reading):
    new = await link(database)
    phones = Phones(reading, grants=Grants())
    await phones.find(new.token)

    await unlink(database, new)
    phones.forget(new.link.id)

    with pytest.raises(PhoneNotFound):
        await phones.find(new.token)


async def test_a_revoked_app_that_goes_on_sending_costs_one_query(database, reading):
    new = await link(database)
    await unlink(database, new)
    phones = Phones(reading, grants=Grants())

    for _ in range(3):
        with pytest.raises(PhoneNotFound):
            await phones.find(new.token)

    assert reading.asked == 1


@pytest.mark.parametrize("token", ["", "x", "0" * 25, "0" * 27, "U" * 26, "é" * 26, "0" * 10_000, "-" * 26])
async def test_what_can_be_no_token_costs_no_query(reading, token):
    with pytest.raises(PhoneNotFound):
        await Phones(reading, grants=Grants()).find(token)

    assert reading.asked == 0


async def test_guessers_push_nobody_s_link_out_of_memory(database, reading, monkeypatch):
    monkeypatch.setattr(remembering, "UNKNOWN_REMEMBERED", 3)
    new = await link(database)
    phones = Phones(reading, grants=Grants())
    await phones.find(new.token)

    for digit in "23456789":
        with pytest.raises(PhoneNotFound):
            await phones.find(digit * 26)
    await phones.find(new.token)

    assert reading.asked == 1 + 8


async def test_only_the_newest_so_many_links_are_remembered(database, reading, monkeypatch):
    monkeypatch.setattr(remembering, "REMEMBERED", 1)
    ana, beto = await link(database), await link(database, BETO)
    phones = Phones(reading, grants=Grants())

    found = [(await phones.find(new.token)).rider_id for new in (ana, beto, ana)]

    assert (found, reading.asked) == ([ANA, BETO, ANA], 3)


async def test_no_token_stands_in_the_database(database):
    new = await link(database)

    async with database.read() as tx:
        (row,) = await tx.fetch("SELECT * FROM phone_links")

    assert new.token not in str(dict(row))
    assert new.token.encode() not in row["token_hash"]


async def test_a_rider_has_so_many_open_links(database):
    links = [await link(database) for _ in range(PHONES_MOST)]

    with pytest.raises(TooManyPhones):
        await link(database)
    await link(database, BETO)
    await unlink(database, links[0])
    await link(database)


async def test_another_rider_s_link_is_not_revoked(database, reading):
    new = await link(database)

    for rider_id, phone_id in ((BETO, new.link.id), (ANA, PhoneId("phn_x"))):
        async with database.begin() as tx:
            with pytest.raises(PhoneNotFound):
                await commands.unlink_phone(tx, rider_id, phone_id, caller=OFFICE, now=NOON + timedelta(hours=1))

    assert await Phones(reading, grants=Grants()).find(new.token) == new.link


async def sent_at(database, rider_id=ANA):
    async with database.read() as tx:
        return [one.last_sent_at for one in await queries.list_phones(tx, rider_id, limit=10)]


async def test_when_an_app_sent_something_is_written_once_in_five_minutes_and_not_for_each_ping(
    database, reading, monkeypatch
):
    new = await link(database)
    phones = Phones(reading, grants=Grants())
    start = remembering.wall_now()
    written = []

    for at in (timedelta(), KNOWN_FOR - SECOND, KNOWN_FOR + SECOND):
        monkeypatch.setattr(remembering, "wall_now", lambda at=at: start + at)
        for _ in range(3):
            phones.note_sent(new.link)
            await phones.write_sent()
        written += await sent_at(database)

    assert written == [start, start, start + KNOWN_FOR + SECOND]
    assert reading.asked == 2


async def test_what_another_process_heard_later_stays_and_a_link_never_used_says_so(database, reading, monkeypatch):
    new, _ = await link(database), await link(database, BETO)
    phones, other = (Phones(reading, grants=Grants()) for _ in range(2))
    start = remembering.wall_now()
    for one, at in ((phones, timedelta()), (other, SECOND)):
        monkeypatch.setattr(remembering, "wall_now", lambda at=at: start + at)
        one.note_sent(new.link)

    await other.write_sent()
    await phones.write_sent()

    assert await sent_at(database) == [start + SECOND]
    assert await sent_at(database, BETO) == [None]
