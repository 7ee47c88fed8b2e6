import asyncio
from datetime import timedelta

import pytest
from tests.accounts.builders import NOON, OFFICE, SECOND

from accounts.commands import share_links as commands
from accounts.errors import ShareLinkNotFound, ShareLinkOver, TooManyShareLinks
from accounts.policy import SHARES_MOST
from kernel.actors import Role
from kernel.ids import OrderId, ShareId

HOUR = timedelta(hours=1)
DINNER, LUNCH = OrderId(f"ord_{'D' * 26}"), OrderId(f"ord_{'L' * 26}")


async def share(database, order_id=DINNER, *, at=NOON):
    async with database.begin() as tx:
        return await commands.share(tx, order_id, lasts=HOUR, caller=OFFICE, now=at)


async def opened(database, token, *, at):
    async with database.begin() as tx:
        return await commands.open_share_link(tx, token, now=at)


async def test_whoever_has_the_link_follows_the_one_order_and_is_nobody_else(database):
    new = await share(database)

    caller = (await opened(database, new.token, at=NOON + HOUR - SECOND)).caller

    assert (caller.role, caller.id, caller.store_ids, caller.scopes) == (Role.FOLLOWER, new.link.id, set(), set())
    assert (caller.follows(DINNER), caller.follows(LUNCH)) == (True, False)
    assert caller.grant is not None
    assert caller.grant.ends_at == NOON + HOUR


async def test_a_link_is_over_at_its_very_end_and_says_when_that_was(database):
    new = await share(database)

    with pytest.raises(ShareLinkOver) as over:
        await opened(database, new.token, at=NOON + HOUR)

    assert over.value.facts == {"ended_at": NOON + HOUR, "is_revoked": False}


async def test_a_revoked_link_opens_nothing_and_is_revoked_once(database):
    new = await share(database)
    for at in (NOON, NOON + SECOND):
        async with database.begin() as tx:
            await commands.unshare(tx, new.link.id, caller=OFFICE, now=at)

    with pytest.raises(ShareLinkOver) as over:
        await opened(database, new.token, at=NOON + SECOND)

    assert over.value.facts == {"ended_at": NOON, "is_revoked": True}


async def test_what_nobody_made_is_not_there(database):
    with pytest.raises(ShareLinkNotFound):
        await opened(database, "AAAAAAAAAAAAAAAAAAAAAA", at=NOON)
    async with database.begin() as tx:
        with pytest.raises(ShareLinkNotFound):
            await commands.find_share_link(tx, ShareId("shr_x"))


async def test_an_order_has_so_many_open_links_also_when_all_are_made_at_once(database):
    outcomes = await asyncio.gather(*(share(database) for _ in range(SHARES_MOST + 5)), return_exceptions=True)

    assert sum(isinstance(outcome, TooManyShareLinks) for outcome in outcomes) == 5
    await share(database, LUNCH)
    await share(database, at=NOON + HOUR)


async def test_no_token_stands_in_the_database(database):
    new = await share(database)

    async with database.read() as tx:
        (row,) = await tx.fetch("SELECT * FROM share_links")

    assert new.token not in str(dict(row))
    assert new.token.encode() not in row["token_hash"]
