from io import StringIO

import msgspec
from rich.console import Console

from simulator.figures import Figures, Finding
from simulator.report import print_report


def printed(figures: Figures, *findings: Finding) -> str:
    written = StringIO()
    print_report(Console(file=written, width=120, color_system=None), "a day", figures, findings)
    return written.getvalue()


def some_figures() -> Figures:
    return Figures(
        orders=40,
        delivered=38,
        not_delivered={"cancelled": 1, "expired": 1},
        click_to_door_mean_min=31.149,
        click_to_door_p95_min=47.0,
        ready_to_pickup_mean_min=None,
        promise_kept_share=0.94,
        refusals={"offer.expired": 3},
        deadlines_fired=12,
        deadlines_late_max_s=0.25,
        deadlines_late_p99_s=0.1,
        cpu_s={"api-1": 2.0, "worker-1": 1.5},
    )


def test_the_table_says_what_the_day_came_to():
    text = printed(some_figures())

    for words in (
        "38 (95.00 %)",
        "1 cancelled, 1 expired",
        "31.15 min",
        "94.0 %",
        "3 offer.expired",
        "12, late by 0.100 s p99, 0.250 at most",
        "3.5 (api-1 2.0, worker-1 1.5)",
    ):
        assert words in text


def test_on_a_flowing_clock_lateness_is_told_in_wall_time():
    text = printed(msgspec.structs.replace(some_figures(), rate=10.0))

    assert "12, late by 0.010 s of wall time p99, 0.025 at most" in text


def test_a_broken_invariant_is_shown_with_what_breaks_it():
    faults = [f"ord_{number} [gap]" for number in range(8)]

    text = printed(some_figures(), Finding(name="no gap", checked=80, faults=faults))

    assert "broken" in text
    assert "ord_0 [gap]" in text
    assert "and 3 more" in text


def test_an_invariant_that_holds_says_over_how_much():
    text = printed(some_figures(), Finding(name="no gap", checked=11_514, faults=[]))

    assert "holds" in text
    assert "11,514" in text
