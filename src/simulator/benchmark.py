"""Reads a day of the Meal Delivery Routing Problem: three tab-separated lists and one line of parameters."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from kernel.geo import Point, offset
from simulator.days import Day, KitchenPlan, Manners, OrderPlan, Pace, RiderPlan, StorePlan
from simulator.errors import DayUnreadable
from simulator.figures import Timeline

# The files say minutes since the first shift; the kitchen's answer and the rider's are not in them.
KITCHEN_ANSWERS_AFTER: Final = timedelta(seconds=15)
RIDER_ANSWERS_AFTER: Final = timedelta(seconds=4)
PARAMETERS: Final = ("meters_per_minute", "pickup service minutes", "dropoff service minutes")


def read_benchmark(directory: Path, *, centre: Point, starts_at: datetime) -> Day:
    """Read a benchmark day and lay its metres around `centre`; its minute 0 is `starts_at`.

    Refuses with DayUnreadable, naming the file.
    """
    stores = _rows(directory / "restaurants.txt", ("restaurant", "x", "y"))
    riders = _rows(directory / "couriers.txt", ("courier", "x", "y", "on_time", "off_time"))
    orders = _rows(directory / "orders.txt", ("order", "x", "y", "placement_time", "restaurant", "ready_time"))
    parameters = _rows(directory / "instance_parameters.txt", PARAMETERS)[0]
    laid = _Layout(centre, [*stores, *riders, *orders])
    speed_m_per_minute, pickup, dropoff = (int(parameters[name]) for name in PARAMETERS)
    return Day(
        name=directory.name,
        seed=0,
        starts_at=starts_at,
        centre=centre,
        pace=Pace(
            speed_mps=speed_m_per_minute / 60,
            in_whole_minutes=True,
            pickup_service=timedelta(minutes=pickup),
            dropoff_service=timedelta(minutes=dropoff),
        ),
        manners=Manners(answers_from=RIDER_ANSWERS_AFTER, answers_until=RIDER_ANSWERS_AFTER),
        stores=[StorePlan(name=row["restaurant"], place=laid.place(row)) for row in stores],
        riders=[
            RiderPlan(
                name=row["courier"],
                place=laid.place(row),
                on_at=starts_at + _minutes(row["on_time"]),
                off_at=starts_at + _minutes(row["off_time"]),
            )
            for row in riders
        ],
        orders=[_order(row, laid, starts_at) for row in orders],
    )


def as_plan(timelines: Sequence[Timeline], *, starts_at: datetime) -> dict[str, list[dict[str, str | float]]]:
    """Return who carried what when as a plan of the benchmark, which its scorers read; minutes since `starts_at`."""

    def minutes(at: datetime) -> float:
        return (at - starts_at) / timedelta(minutes=1)

    return {
        "deliveries": [
            {
                "order": line.name,
                "courier": line.rider,
                "assigned": minutes(line.assigned_at),
                "pickup": minutes(line.picked_up_at),
                "dropoff": minutes(line.delivered_at),
            }
            for line in timelines
            if line.rider and line.assigned_at and line.picked_up_at and line.delivered_at
        ]
    }


class _Layout:
    """The files' metres, moved so that their middle lies on the city's centre."""

    def __init__(self, centre: Point, rows: Sequence[Mapping[str, str]]) -> None:
        easts, norths = [int(row["x"]) for row in rows], [int(row["y"]) for row in rows]
        self._centre = centre
        self._middle = (min(easts) + max(easts)) / 2, (min(norths) + max(norths)) / 2

    def place(self, row: Mapping[str, str]) -> Point:
        east_m, north_m = int(row["x"]) - self._middle[0], int(row["y"]) - self._middle[1]
        return offset(self._centre, east_m=east_m, north_m=north_m)


def _order(row: Mapping[str, str], laid: _Layout, starts_at: datetime) -> OrderPlan:
    placed, ready = _minutes(row["placement_time"]), _minutes(row["ready_time"])
    return OrderPlan(
        name=row["order"],
        store=row["restaurant"],
        dropoff=laid.place(row),
        placed_at=starts_at + placed,
        kitchen=KitchenPlan(answers_after=KITCHEN_ANSWERS_AFTER, cooks_for=ready - placed),
    )


def _minutes(text: str) -> timedelta:
    return timedelta(minutes=int(text))


def _rows(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines, delimiter="\t"))
    except OSError as error:
        raise DayUnreadable(f"{path}: {error.strerror}") from error
    if not rows:
        raise DayUnreadable(f"{path}: there is no line below the header")
    for problem in _problems(rows, columns):
        raise DayUnreadable(f"{path}: {problem}")
    return rows


def _problems(rows: Sequence[Mapping[str, str]], columns: Sequence[str]) -> Iterator[str]:
    names = {"order", "restaurant", "courier"}
    for line, row in enumerate(rows, start=2):
        for column in columns:
            value = row.get(column)
            if not value:
                yield f"line {line} has no {column}"
            elif column not in names and not value.lstrip("-").isdigit():
                yield f"line {line}: {column} is no whole number: {value!r}"
