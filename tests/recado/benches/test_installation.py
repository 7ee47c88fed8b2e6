import pytest

from recado.benches import BENCHES, find
from recado.benches.frame.figures import at_most
from recado.benches.frame.installation import Spent
from recado.benches.frame.plan import Plan

CPU_S = {"api": 1.5, "worker": 0.3, "postgres": 2.0, "valkey": 0.1}


def test_the_stores_are_not_among_the_servers():
    assert Spent(wall_s=2.0, cpu_s=CPU_S, server_cores=1).server_s == pytest.approx(1.8)


def test_servers_that_rest_say_that_they_were_not_the_limit():
    spent = Spent(wall_s=4.0, cpu_s=CPU_S, server_cores=1)

    assert spent.limit("orders") == ["orders: the servers were 45% busy; load or stores limited the wall rate."]


def test_servers_that_never_rest_need_no_note():
    assert Spent(wall_s=2.0, cpu_s=CPU_S, server_cores=1).limit("orders") == []


@pytest.mark.parametrize("name", BENCHES)
def test_every_bench_that_is_listed_exists(name: str):
    assert callable(find(name))


def test_a_quick_plan_repeats_three_times_and_a_full_one_five():
    assert Plan.of(is_quick=True).repetitions == 3
    assert Plan.of(is_quick=False).repetitions == 5


async def test_a_start_from_nothing_ends_with_an_accepted_order():
    outcome = await find("start")(Plan(is_quick=True, repetitions=1))

    accepted, ready = outcome.results
    assert accepted.value > ready.value > 0
    assert accepted.target == at_most(5, of="value")
