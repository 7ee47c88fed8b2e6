"""Pairing, refreshing and revoking on a real database, with time in the hands of the test."""

import asyncio
from datetime import datetime

import pytest
from tests.accounts.builders import BETO, COOK, KEYS, MINUTE, NENA, NOON, OFFICE, SECOND, TABLET

from accounts.commands import devices as commands
from accounts.commands.devices import NewPairing
from accounts.errors import DeviceNotFound, PairingNotFound, PairingOver, PairsOwnTabletsOnly, SessionOver
from accounts.keys import Presented, read_refresh_token
from accounts.model import Caller, Device, Subject
from accounts.policy import CODE_LASTS, PREVIOUS_LASTS
from infra.db import Database

HERE, ELSEWHERE = "203.0.113.5", "198.51.100.7"


class Depot:
    """Where phones are paired."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def offer(self, subject: Subject = BETO, *, by: Caller = OFFICE, at: datetime = NOON) -> NewPairing:
        async with self.database.begin() as tx:
            return await commands.offer_pairing(tx, subject, label="Beto's", keys=KEYS, caller=by, now=at)

    async def claim(self, code: str, *, name: str = "a phone", address: str = HERE, at: datetime = NOON):
        async with self.database.begin() as tx:
            return await commands.claim(tx, code, device_name=name, address=address, keys=KEYS, now=at)

    async def pair(self, subject: Subject = BETO, *, by: Caller = OFFICE) -> Device:
        device = await self.claim((await self.offer(subject, by=by)).code)
        assert isinstance(device, Device)
        return device

    async def refresh(self, presented: Presented, *, at: datetime):
        async with self.database.begin() as tx:
            return await commands.refresh(tx, presented, keys=KEYS, now=at)

    async def revoke(self, device: Device, *, by: Caller, at: datetime = NOON) -> None:
        async with self.database.begin() as tx:
            await commands.revoke(tx, device.id, caller=by, now=at)

    async def ended(self, device: Device) -> tuple[str, str] | None:
        async with self.database.read() as tx:
            row = await tx.fetchrow("SELECT revoked_by, revoked_because FROM devices WHERE id = $1", device.id)
        assert row is not None
        return (row["revoked_by"], row["revoked_because"]) if row["revoked_by"] else None


@pytest.fixture
def depot(database: Database) -> Depot:
    return Depot(database)


def held(device: Device) -> Presented:
    """The refresh token the device has now."""
    presented = read_refresh_token(KEYS.refresh_token(device.id, device.refresh_no, device.salt))
    assert presented is not None
    return presented


async def test_a_phone_that_brings_the_code_speaks_for_its_rider(depot):
    new = await depot.offer()

    device = await depot.claim(f" {new.code[:4].lower()}-{new.code[4:]}", name="Beto's Moto")

    assert (device.subject, device.label, device.name, device.paired_by) == (
        BETO,
        "Beto's",
        "Beto's Moto",
        OFFICE.actor,
    )
    assert held(device).hash == device.refresh_hash


async def test_no_secret_stands_in_the_database(depot):
    new = await depot.offer()
    device = await depot.claim(new.code)

    async with depot.database.read() as tx:
        rows = [str(dict(row)) for table in ("pairings", "devices") for row in await tx.fetch(f"SELECT * FROM {table}")]

    assert [row for row in rows if new.code in row or held(device).token.rpartition(".")[2] in row] == []


async def test_a_code_that_nobody_made_pairs_nothing(depot):
    await depot.offer()

    with pytest.raises(PairingNotFound):
        await depot.claim("AAAA-AAAA")


async def test_a_code_is_over_after_a_quarter_of_an_hour(depot):
    new = await depot.offer()

    assert isinstance(await depot.claim(new.code, at=NOON + CODE_LASTS), PairingOver)
    assert isinstance(await depot.claim(new.code, at=NOON + CODE_LASTS - SECOND), Device)


async def test_a_code_is_used_once_and_each_try_of_it_is_counted(depot):
    new = await depot.offer()
    await depot.claim(new.code)

    for other in ({"name": "another phone"}, {"address": ELSEWHERE}, {"at": NOON + MINUTE}):
        assert isinstance(await depot.claim(new.code, **other), PairingOver)
    async with depot.database.read() as tx:
        assert await tx.fetchval("SELECT tries FROM pairings") == 4
        assert await tx.fetchval("SELECT count(*) FROM devices") == 1


async def test_a_claim_sent_twice_by_a_bad_network_is_one_device_with_one_token(depot):
    new = await depot.offer()

    first, *others = await asyncio.gather(*(depot.claim(new.code) for _ in range(6)))

    assert {held(device).token for device in others} == {held(first).token}
    async with depot.database.read() as tx:
        assert await tx.fetchval("SELECT count(*) FROM devices") == 1


async def test_of_many_who_race_for_a_code_one_gets_it(depot):
    new = await depot.offer()

    outcomes = await asyncio.gather(*(depot.claim(new.code, address=f"203.0.113.{n}") for n in range(8)))

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Device"] + ["PairingOver"] * 7


async def test_a_claim_is_not_repeated_once_the_device_went_on(depot):
    new = await depot.offer()
    device = await depot.claim(new.code)
    await depot.refresh(held(device), at=NOON + SECOND)

    assert isinstance(await depot.claim(new.code, at=NOON + 2 * SECOND), PairingOver)


async def test_codes_of_yesterday_are_forgotten(depot):
    await depot.offer()
    await depot.offer(at=NOON + 25 * 60 * MINUTE)

    async with depot.database.read() as tx:
        assert await tx.fetchval("SELECT count(*) FROM pairings") == 1


async def test_a_manager_pairs_a_tablet_and_nobody_else_s(depot):
    assert (await depot.pair(TABLET, by=NENA)).paired_by == NENA.actor
    for caller, subject in ((NENA, BETO), (COOK, TABLET)):
        with pytest.raises(PairsOwnTabletsOnly):
            await depot.offer(subject, by=caller)


async def test_two_tabs_that_refresh_at_once_go_on_with_the_same_token(depot):
    device = await depot.pair()

    outcomes = await asyncio.gather(*(depot.refresh(held(device), at=NOON + MINUTE) for _ in range(8)))

    assert {outcome.refresh_no for outcome in outcomes} == {1}
    assert len({held(outcome).token for outcome in outcomes}) == 1
    assert isinstance(await depot.refresh(held(outcomes[0]), at=NOON + 2 * MINUTE), Device)


async def test_a_refresh_token_that_comes_back_late_ends_the_device_for_both_who_have_it(depot):
    device = await depot.pair()
    refreshed = await depot.refresh(held(device), at=NOON)
    await depot.refresh(held(refreshed), at=NOON + SECOND)

    assert isinstance(await depot.refresh(held(device), at=NOON + PREVIOUS_LASTS), SessionOver)

    assert await depot.ended(device) == ("recado", "replayed")
    assert isinstance(await depot.refresh(held(refreshed), at=NOON + PREVIOUS_LASTS), SessionOver)


async def test_an_answer_that_got_lost_for_a_whole_shift_is_given_again(depot):
    device = await depot.pair()
    lost = await depot.refresh(held(device), at=NOON)

    again = await asyncio.gather(*(depot.refresh(held(device), at=NOON + 500 * MINUTE) for _ in range(4)))

    assert {held(one).token for one in again} == {held(lost).token}
    assert isinstance(await depot.refresh(held(again[0]), at=NOON + 501 * MINUTE), Device)
    assert await depot.ended(device) is None


async def test_a_copy_is_found_out_also_when_its_owner_s_answer_was_lost(depot):
    """Because the thief used what the owner never got."""
    device = await depot.pair()
    await depot.refresh(held(device), at=NOON)
    thiefs = await depot.refresh(held(device), at=NOON + MINUTE)
    await depot.refresh(held(thiefs), at=NOON + 15 * MINUTE)

    assert isinstance(await depot.refresh(held(device), at=NOON + 16 * MINUTE), SessionOver)
    assert await depot.ended(device) == ("recado", "replayed")


async def test_a_refresh_and_a_revocation_at_once_leave_the_device_revoked(depot):
    device = await depot.pair()

    await asyncio.gather(depot.refresh(held(device), at=NOON), depot.revoke(device, by=OFFICE))

    assert await depot.ended(device) == (OFFICE.id, "asked")
    for number in (0, 1):
        token = read_refresh_token(KEYS.refresh_token(device.id, number, device.salt))
        assert isinstance(await depot.refresh(token, at=NOON + SECOND), SessionOver)


async def test_a_made_up_token_ends_nobody_s_session(depot):
    device = await depot.pair()
    made_up = Presented(f"{device.id}.0.{'x' * 43}", device.id, 0)

    assert isinstance(await depot.refresh(made_up, at=NOON + MINUTE), SessionOver)
    async with depot.database.begin() as tx:
        assert not await commands.end(tx, made_up, now=NOON)
    assert await depot.ended(device) is None


async def test_who_signs_out_is_forgotten_also_with_the_token_before(depot):
    device = await depot.pair()
    await depot.refresh(held(device), at=NOON)

    async with depot.database.begin() as tx:
        assert await commands.end(tx, held(device), now=NOON)

    assert await depot.ended(device) == (device.id, "ended")


async def test_the_first_to_revoke_a_device_stays_on_record(depot):
    tablet = await depot.pair(TABLET)

    await depot.revoke(tablet, by=NENA)
    await depot.revoke(tablet, by=OFFICE)

    assert await depot.ended(tablet) == (NENA.id, "asked")


@pytest.mark.parametrize("caller", [COOK, NENA], ids=["cook", "manager of a store"])
async def test_a_rider_s_phone_is_as_if_it_were_not_there_for_a_store(depot, caller):
    phone = await depot.pair()

    with pytest.raises(DeviceNotFound):
        await depot.revoke(phone, by=caller)
    assert await depot.ended(phone) is None
