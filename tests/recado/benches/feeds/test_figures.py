from pathlib import Path

import pytest

from recado.benches.feeds.figures import Found, outcome, share_below, size_of, two_of_one
from recado.benches.feeds.measuring import Measured
from recado.benches.feeds.progress import Progress
from recado.benches.frame.plan import Plan

FULL = Plan.of(is_quick=False)


def spent(cost_us: float, *, busy_share: float = 1.0) -> list[Measured]:
    cpu_s = cost_us / 1e6 * 10_000
    return [Measured(messages=10_000, cpu_s=cpu_s, wall_s=cpu_s / busy_share)]


def found(**fields: object) -> Found:
    usual = {"halves": spent(20), "all": spent(20), "written": spent(5), "doubles": spent(20)}
    return Found(**{**usual, "in_two": spent(20), "socket_kb": [18.0], "delays_ms": [3.0, 4.0], **fields})


def test_ten_thousand_sockets_are_two_thousand_orders():
    assert size_of(FULL, files=20_000).sockets == 10_000
    assert size_of(Plan.of(is_quick=True), files=20_000).sockets == 2_000


def test_few_open_files_make_a_small_bench_that_says_so():
    size = size_of(FULL, files=1_024)

    assert 0 < size.sockets * 1.5 < 1_024
    assert "The limit of open files allows 68 of 2000 orders: raise it (ulimit -Hn)." in outcome(found(), size).notes


def test_a_delivery_is_held_against_the_prepared_frame():
    delivery = outcome(found(), size_of(FULL, files=20_000)).results[0]

    assert (delivery.value, delivery.ratio, delivery.holds) == (pytest.approx(20), pytest.approx(0.25), False)


def test_a_server_that_rested_was_not_the_limit():
    notes = outcome(found(written=spent(5, busy_share=0.7)), size_of(FULL, files=20_000)).notes

    assert notes[-1] == "prepared frames: the server was 70% busy; load or stores limited the wall rate."


def test_two_processes_that_pay_the_same_for_a_message_are_twice_as_fast():
    assert two_of_one(20, 20) == 2
    assert two_of_one(25, 20) == 1.6


def test_two_processes_with_a_core_each_are_told_by_the_clock():
    one, two = Measured(messages=10, cpu_s=1, wall_s=1), Measured(messages=19, cpu_s=2, wall_s=1, cores=2)

    *_, result = outcome(
        found(halves=[one], all=[one], doubles=[one], in_two=[two]), size_of(FULL, files=20_000)
    ).results

    assert (result.unit, result.ratio, result.holds) == ("1/s", pytest.approx(1.9), True)


def test_facts_that_had_to_be_looked_up_are_told():
    lossy = Measured(messages=10, cpu_s=1, wall_s=1, gaps=3)

    notes = outcome(found(all=[lossy]), size_of(FULL, files=20_000)).notes

    assert "3 times a server looked up facts that Redis had not brought." in notes


def test_the_share_below_is_one_of_the_values():
    values = [float(value) for value in range(1, 101)]

    assert (share_below(values, 0.5), share_below(values, 0.99), share_below([7.0], 0.99)) == (51, 100, 7)


def test_progress_is_seen_by_whoever_shares_the_file(tmp_path: Path):
    progress = Progress.make(tmp_path / "progress", slots=2)
    progress.write(0, 3)
    progress.write(1, 4)

    assert Progress(tmp_path / "progress").total() == 7
