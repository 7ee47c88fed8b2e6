import asyncio
from datetime import timedelta

import msgspec
import pytest
from tests.infra.facts import NOON, fetch

from infra import idempotency
from infra.idempotency import KEPT_FOR, KeyBusy, KeyReused, fingerprint


class Answer(msgspec.Struct, frozen=True):
    text: str


class Asking:
    """Counts how often it was really done."""

    def __init__(self, *, slow_s=0.0):
        self.times, self.slow_s = 0, slow_s

    async def __call__(self):
        self.times += 1
        await asyncio.sleep(self.slow_s)
        return Answer(f"answer {self.times} ñ")


async def ask(database, do, *, caller="cus_a", key="k", asked="x", now=NOON):
    async with database.begin() as tx:
        return await idempotency.once(tx, caller, key, fingerprint(asked), do, answer_type=Answer, now=now)


async def test_the_same_key_gets_the_same_answer_and_is_done_once(database):
    do = Asking()

    answers = [await ask(database, do) for _ in range(3)]

    assert answers == [Answer("answer 1 ñ")] * 3
    assert do.times == 1


async def test_the_same_key_for_another_request_is_refused(database):
    do = Asking()
    await ask(database, do, asked="two pizzas")

    with pytest.raises(KeyReused):
        await ask(database, do, asked="three pizzas")
    assert do.times == 1


async def test_two_callers_may_use_the_same_key(database):
    do = Asking()

    assert await ask(database, do, caller="cus_a") != await ask(database, do, caller="cus_b")


async def test_while_the_first_is_answered_the_second_is_told_to_wait(database):
    do = Asking(slow_s=0.3)

    answers = await asyncio.gather(*(ask(database, do) for _ in range(5)), return_exceptions=True)

    assert sorted(type(answer).__name__ for answer in answers) == ["Answer", *["KeyBusy"] * 4]
    assert do.times == 1
    assert await ask(database, do) == Answer("answer 1 ñ")


async def test_a_request_that_was_refused_is_done_again(database):
    """Because nothing was written, and what stood in the way may be gone."""

    async def refuse():
        raise KeyBusy("in the way")

    with pytest.raises(KeyBusy):
        await ask(database, refuse)

    assert await ask(database, Asking()) == Answer("answer 1 ñ")


async def test_the_answer_is_kept_in_the_transaction_that_did_it(database):
    with pytest.raises(ZeroDivisionError):
        await _ask_and_fail(database)

    assert await fetch(database, "SELECT key FROM idempotency_keys") == []


async def test_answers_are_forgotten_after_three_days_as_new_ones_come_in(database):
    for n in range(3):
        await ask(database, Asking(), key=f"old {n}")

    for n in range(2):
        await ask(database, Asking(), key=f"new {n}", now=NOON + KEPT_FOR + timedelta(seconds=n + 1))

    assert await fetch(database, "SELECT key FROM idempotency_keys ORDER BY key") == [("new 0",), ("new 1",)]


def test_a_fingerprint_does_not_depend_on_the_order_of_members():
    assert fingerprint("place", {"a": 1, "b": 2}) == fingerprint("place", {"b": 2, "a": 1})
    assert fingerprint("place", {"a": 1}) != fingerprint("cancel", {"a": 1})


async def _ask_and_fail(database):
    async with database.begin() as tx:
        await idempotency.once(tx, "cus_a", "k", "x", Asking(), answer_type=Answer, now=NOON)
        raise ZeroDivisionError
