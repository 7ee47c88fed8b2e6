"""How many codes may be tried, on a real Redis."""

import asyncio

import pytest

from accounts import store
from accounts.commands.devices import take_try
from accounts.errors import PairingBusy, TooManyTries
from accounts.store import TRIES_OF_ALL, TRIES_OF_AN_ADDRESS, TRIES_WINDOW_MS, NoTry


async def test_an_address_has_so_many_tries_a_minute_and_is_told_when_there_are_more(redis):
    tries = await asyncio.gather(*(store.take_try(redis, "203.0.113.5") for _ in range(TRIES_OF_AN_ADDRESS)))

    assert set(tries) == {None}
    with pytest.raises(TooManyTries) as refused:
        await take_try(redis, "203.0.113.5")
    assert 1 <= refused.value.facts["retry_after_s"] <= 60
    await take_try(redis, "203.0.113.6")


async def test_all_together_have_so_many_and_one_address_cannot_use_them_up(redis):
    for _ in range(2 * TRIES_OF_AN_ADDRESS):
        await store.take_try(redis, "203.0.113.5")
    for n in range(TRIES_OF_ALL - TRIES_OF_AN_ADDRESS):
        assert await store.take_try(redis, f"198.51.{n // 200}.{n % 200}") is None

    with pytest.raises(PairingBusy) as refused:
        await take_try(redis, "192.0.2.1")

    assert 1 <= refused.value.facts["retry_after_s"] <= 60


async def test_after_the_window_there_are_tries_again(redis):
    for _ in range(TRIES_OF_AN_ADDRESS):
        await store.take_try(redis, "203.0.113.5")
    assert (await store.take_try(redis, "203.0.113.5") or (None,))[0] is NoTry.OF_ADDRESS
    keys = await redis.keys("*")
    left_ms = [await redis.pttl(key) for key in keys]

    for key in keys:
        await redis.pexpire(key, 1)
    await asyncio.sleep(0.01)

    assert (len(keys), all(0 < one <= TRIES_WINDOW_MS for one in left_ms)) == (2, True)
    assert await store.take_try(redis, "203.0.113.5") is None


@pytest.mark.parametrize(
    ("first", "second", "is_one"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("203.0.113.5", "::ffff:203.0.113.5", True),
        ("::ffff:203.0.113.5", "::ffff:203.0.113.6", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("", "not an address", True),
    ],
)
def test_whoever_has_a_whole_network_is_one_caller(first, second, is_one):
    assert (store._site(first) == store._site(second)) is is_one
