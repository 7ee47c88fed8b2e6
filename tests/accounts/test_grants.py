"""What was revoked is known everywhere within a second, whatever becomes of the notice."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from tests.accounts.builders import OFFICE, a_device
from tests.accounts.commands.test_share_links import DINNER
from tests.infra.facts import going

from accounts import store
from accounts.commands import share_links
from accounts.errors import TokenRefused
from accounts.grants import CHANNEL, LOOK_EVERY_S, OVER, REMEMBERED_FOR, REVOKED, Grants
from accounts.model import Grant
from accounts.tokens import Tokens
from infra.clock import wall_now
from infra.wakes import Wakes

SECRET = "a secret of at least thirty-two characters"


class Process:
    """One API process' knowledge."""

    def __init__(self, database, database_url) -> None:
        self.database, self.wakes = database, Wakes(database_url)
        self.grants = Grants()
        self.tokens = Tokens(SECRET, grants=self.grants)
        self.wakes.on([CHANNEL], self.grants.wake)

    def accepts(self, token) -> bool:
        try:
            self.tokens.verify(token)
        except TokenRefused:
            return False
        return True

    async def refuses(self, token) -> None:
        """Wait until it does; a busy machine may take longer than the second that is promised."""
        async with asyncio.timeout(10):
            while self.accepts(token):  # noqa: ASYNC110  it is the process that knows
                await asyncio.sleep(0.005)


async def a_link(database, *, lasts=timedelta(hours=1)):
    async with database.begin() as tx:
        return (await share_links.share(tx, DINNER, lasts=lasts, caller=OFFICE, now=wall_now())).link


async def revoke(database, link, *, at=None) -> None:
    async with database.begin() as tx:
        await share_links.unshare(tx, link.id, caller=OFFICE, now=at or wall_now())


async def test_every_process_is_told_of_a_revocation_also_of_tokens_it_knows(database, database_url, monkeypatch):
    monkeypatch.setattr("accounts.grants.LOOK_EVERY_S", 3600.0)  # so only a notice tells
    processes = [Process(database, database_url) for _ in range(3)]
    link = await a_link(database)
    token = processes[0].tokens.issue(link.caller)
    other = processes[0].tokens.issue((await a_link(database)).caller)

    async with going(*(part for one in processes for part in (one.wakes.run(), one.grants.keep(database.read)))):
        assert all(process.accepts(token) for process in processes)
        await revoke(database, link)
        for process in processes:
            await process.refuses(token)

    assert all(process.accepts(other) for process in processes)


async def test_a_notice_that_never_comes_costs_no_more_than_the_second(database, database_url):
    process = Process(database, database_url)
    link = await a_link(database)
    token = process.tokens.issue(link.caller)

    async with going(process.grants.keep(database.read)):  # nobody listens
        await revoke(database, link)
        await process.refuses(token)
        assert LOOK_EVERY_S <= 1


async def test_a_process_that_starts_knows_what_was_revoked_before(database, database_url):
    link = await a_link(database)
    await revoke(database, link)
    process = Process(database, database_url)

    await process.grants.load(database.read)

    assert not process.accepts(process.tokens.issue(link.caller))


async def test_what_ran_out_by_itself_is_not_remembered(database):
    grants = Grants()
    old, fresh = await a_link(database), await a_link(database)
    await revoke(database, old, at=wall_now() - REMEMBERED_FOR - timedelta(seconds=1))
    await revoke(database, fresh)

    await grants.load(database.read)

    assert grants._revoked == {fresh.id}


async def test_who_waits_is_told_of_their_own_and_leaves_nothing_behind(database):
    grants = Grants()
    links = [await a_link(database) for _ in range(2)]
    mine, others = [], []
    forget = [grants.on_end(link.caller.grant, told.append) for link, told in zip(links, (mine, others), strict=True)]
    await revoke(database, links[0])

    await grants.load(database.read)

    assert (mine, others) == ([REVOKED], [])
    for each in forget:
        each()
    assert grants._waiting == {}


async def test_who_was_let_in_a_moment_before_is_told_at_once(database):
    grants = Grants()
    link = await a_link(database)
    await revoke(database, link)
    await grants.load(database.read)

    assert await first_end(grants, link.caller.grant) == REVOKED


async def test_a_link_is_over_when_it_says_also_for_who_watches():
    grants = Grants()

    async with asyncio.timeout(10):
        assert await first_end(grants, Grant(id="shr_1", ends_at=wall_now() + timedelta(milliseconds=50))) == OVER
        assert await first_end(grants, Grant(id="shr_1", ends_at=wall_now() - timedelta(days=1))) == OVER


async def first_end(grants, grant):
    why = asyncio.get_running_loop().create_future()
    forget = grants.on_end(grant, why.set_result)
    try:
        return await why
    finally:
        forget()


async def test_what_rests_on_nothing_never_ends():
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await first_end(Grants(), None)


async def test_a_database_that_is_away_is_waited_for(database, database_url, stores):
    grants = Grants()
    link = await a_link(database)
    away = 3

    class Flaky:
        def __call__(self):
            nonlocal away
            away -= 1
            if away >= 0:
                raise OSError("away")
            return database.read()

    async with going(grants.keep(Flaky())):
        await revoke(database, link)
        for _ in range(4):
            grants.wake()
            await asyncio.sleep(0.05)
        assert grants.is_revoked(link.caller.grant)


async def test_what_could_not_be_written_is_written_later_and_an_older_number_never_wins(database):
    process, device_id = Process(database, ""), f"dev_{'1' * 26}"
    await insert_a_device(database, device_id, refresh_no=7)

    @asynccontextmanager
    async def away():
        raise ConnectionError
        yield

    for number in (3, 5, 4):
        process.grants.note_use(Grant(id=device_id, refresh_no=number))
    with pytest.raises(ConnectionError):
        await process.grants.write_uses(away)
    await process.grants.write_uses(database.read)
    process.grants.note_use(Grant(id=device_id, refresh_no=2))
    await process.grants.write_uses(database.read)

    async with database.read() as tx:
        assert await tx.fetchval("SELECT used_no FROM devices") == 5


async def test_processes_that_write_the_same_devices_at_once_do_not_wait_for_one_another_for_ever(database):
    names = [f"dev_{n:026}" for n in range(40)]
    for name in names:
        await insert_a_device(database, name, refresh_no=9)
    for number in range(1, 6):
        processes = [Process(database, "") for _ in range(6)]
        for turn, process in enumerate(processes):
            for name in names[:: 1 if turn % 2 else -1]:
                process.grants.note_use(Grant(id=name, refresh_no=number))
        await asyncio.gather(*(process.grants.write_uses(database.read) for process in processes))

    async with database.read() as tx:
        assert await tx.fetchval("SELECT array_agg(DISTINCT used_no) FROM devices") == [5]


async def insert_a_device(database, device_id, *, refresh_no) -> None:
    async with database.begin() as tx:
        await store.insert_device(tx, a_device(id=device_id))
        await tx.execute("UPDATE devices SET refresh_no = $1 WHERE id = $2", refresh_no, device_id)
