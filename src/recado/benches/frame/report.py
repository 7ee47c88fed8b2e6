"""The table of a bench."""

from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from recado.benches.frame.figures import Result
from recado.benches.frame.plan import Outcome

COLUMNS = ("median", "spread", "reference", "ratio", "target")


def print_outcome(console: Console, bench: str, machine: dict[str, Any], outcome: Outcome) -> None:
    """Print the figures, whether they hold, and what must be known to read them."""
    told = ", ".join(f"{name} {value}" for name, value in machine.items())
    console.print(escape(f"{bench}: {told}"))
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("figure", min_width=20)  # Eighty columns where nobody says how wide the paper is.
    for column in COLUMNS:
        table.add_column(column, no_wrap=column != "target", justify="left" if column == "target" else "right")
    for result in outcome.results:
        table.add_row(*_words(result))
    console.print(table)
    for note in outcome.notes:
        console.print(escape(note))


def number(value: float | None) -> str:
    """Return three digits of a figure (all that stand before the point), or a dash of none."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.3g}"  # noqa: PLR2004


def _words(result: Result) -> list[str]:
    spread = f"{number(min(result.samples))} - {number(max(result.samples))}"
    figures = [number(result.value), spread, number(result.reference), number(result.ratio)]
    return [escape(f"{result.name}, {result.unit}"), *figures, _verdict(result)]


def _verdict(result: Result) -> str:
    if result.holds is None:
        return ""
    return f"{result.target} {'[green]holds[/]' if result.holds else '[red]missed[/]'}"
