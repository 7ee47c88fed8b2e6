from io import StringIO

from rich.console import Console

from recado.benches.frame.figures import Result, at_most
from recado.benches.frame.plan import Outcome
from recado.benches.frame.report import number, print_outcome


def printed(*results: Result, notes: tuple[str, ...] = ()) -> str:
    console = Console(width=80, file=StringIO(), record=True)
    print_outcome(console, "start", {"cores": 2}, Outcome(results=list(results), notes=list(notes)))
    return console.export_text()


def test_a_line_tells_median_spread_target_and_whether_it_holds():
    shown = printed(Result(name="accepted", unit="s", samples=[3.5, 7.25, 3.0], target=at_most(5, of="value")))

    assert "start: cores 2" in shown
    assert "accepted, s" in shown
    assert "3.5   3 - 7.25" in shown
    assert "≤ 5 holds" in shown


def test_a_target_missed_is_told_as_missed():
    assert "≤ 5 missed" in printed(Result(name="accepted", unit="s", samples=[5.5], target=at_most(5, of="value")))


def test_notes_follow_the_table():
    assert printed(notes=("the servers were 40% busy",)).rstrip().endswith("the servers were 40% busy")


def test_figures_have_three_digits():
    assert [number(value) for value in (None, 0.058, 39.81, 12_345.6)] == ["-", "0.058", "39.8", "12,346"]
