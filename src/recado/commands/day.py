import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import click
import msgspec
from rich.console import Console

from kernel.geo import Point
from kernel.streets import Streets
from recado.errors import CommandRefused
from recado.simulated import play_on_own_installation
from recado.streets import shipped
from simulator.benchmark import as_plan, read_benchmark
from simulator.days import Day
from simulator.errors import DayUnreadable, NeverQuiet, Unexpected
from simulator.generator import EVENING, WHOLE_DAY, Wish, generate
from simulator.movement import Ways
from simulator.play import Played
from simulator.report import print_report
from simulator.streetways import STREET_PACE, Quarter, StreetWays

CENTRE: Final = Point(lat=-23.5505, lon=-46.6333)  # Praça da Sé, São Paulo
STARTS_AT: Final = datetime(2031, 3, 7, 13, tzinfo=UTC)  # a Friday, ten o'clock in São Paulo; ahead of every real clock
EVENING_STARTS_AT: Final = STARTS_AT + timedelta(hours=8.5)  # half past six in São Paulo
INTERRUPTED: Final = 130


@click.command("day")
@click.argument("path", required=False, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--generate", "is_generated", is_flag=True, help="Make a day from a seed instead of reading PATH.")
@click.option("--evening", is_flag=True, help="With --generate: only an evening.")
@click.option("--straight", is_flag=True, help="With --generate: ride in straight lines, not along streets.")
@click.option("--orders", default=400, show_default=True, type=click.IntRange(1, 20_000))
@click.option("--riders", default=80, show_default=True, type=click.IntRange(1, 5_000))
@click.option("--seed", default=1, show_default=True, type=int)
@click.option("--rate", type=click.FloatRange(min=0.1, max=10_000), help="Flow so many times as fast; default: jump.")
@click.option(
    "--keep", type=click.Path(path_type=Path, file_okay=False), help="Keep stores and logs in this directory."
)
@click.option("--json", "json_path", type=click.Path(path_type=Path, dir_okay=False), help="Write the result here too.")
@click.option(
    "--plan", "plan_path", type=click.Path(path_type=Path, dir_okay=False), help="Write who carried what when."
)
def command(  # noqa: PLR0913  one for each option
    *,
    path: Path | None,
    is_generated: bool,
    evening: bool,
    straight: bool,
    orders: int,
    riders: int,
    seed: int,
    rate: float | None,
    keep: Path | None,
    json_path: Path | None,
    plan_path: Path | None,
) -> None:
    """Play a day of orders through the public API, then check every invariant; code 1 when one is broken.

    PATH is a day of the Meal Delivery Routing Problem, whose riders go in straight lines; those of a day made here
    ride along the streets of central São Paulo. Time jumps from one due instant to the next, unless --rate
    lets it flow. The day runs on stores of its own, which are removed afterwards.
    """
    if (path is None) != is_generated:
        raise CommandRefused("name a day's directory, or ask for one with --generate")
    try:
        day, ways = (
            _made(orders, riders, seed, evening=evening, straight=straight) if path is None else (_read(path), None)
        )
    except DayUnreadable as error:
        raise CommandRefused(str(error)) from error
    played = perform(day, ways=ways, rate=rate, keep=keep)
    if played is not None and plan_path is not None:
        plan_path.write_bytes(msgspec.json.encode(as_plan(played.timelines, starts_at=day.starts_at)))
    finish(day, played, json_path=json_path)


def _made(orders: int, riders: int, seed: int, *, evening: bool, straight: bool) -> tuple[Day, Ways | None]:
    starts_at, waves = (EVENING_STARTS_AT, EVENING) if evening else (STARTS_AT, WHOLE_DAY)
    wish = Wish(seed=seed, orders=orders, riders=riders, centre=CENTRE, starts_at=starts_at, waves=waves)
    return (generate(wish), None) if straight else on_streets(wish)


def on_streets(wish: Wish) -> tuple[Day, StreetWays]:
    """Make a day in central São Paulo, whose streets come with the package."""
    streets = Streets.decode(shipped())
    return generate(wish, ground=Quarter(streets), pace=STREET_PACE), StreetWays(streets, seed=wish.seed)


def _read(path: Path) -> Day:
    return read_benchmark(path, centre=CENTRE, starts_at=STARTS_AT)


def perform(day: Day, *, ways: Ways | None, rate: float | None, keep: Path | None) -> Played | None:
    """Play the day; what makes it impossible is one line."""
    try:
        return play_on_own_installation(day, rate=rate, keep=keep, ways=ways)
    except (NeverQuiet, Unexpected) as error:
        raise CommandRefused(f"the day stopped: {error}") from error


def finish(day: Day, played: Played | None, *, json_path: Path | None) -> None:
    """Print the table, write the result, and leave with its code."""
    if played is None:
        sys.exit(INTERRUPTED)
    print_report(Console(), day.name, played.figures, played.findings)
    if json_path is not None:
        result = {"day": day.name, "figures": played.figures, "findings": played.findings}
        json_path.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n")
    if not all(finding.holds for finding in played.findings):
        sys.exit(1)
