import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from simulator import conductor
from simulator.agenda import Agenda, Kind
from simulator.conductor import ClockState, Conductor
from simulator.errors import NeverQuiet
from simulator.follower import Follower, next_rate

NOON = datetime(2026, 3, 6, 15, tzinfo=UTC)


def seconds(count: float) -> datetime:
    return NOON + timedelta(seconds=count)


class Clockmaker:
    """An installation in memory: deadlines fire and facts are told some looks after the clock was moved."""

    def __init__(self, *deadlines: datetime, looks_until_settled: int = 0) -> None:
        self.time, self.rate = NOON, 1.0
        self.deadlines = sorted(deadlines)
        self.looks_until_settled = looks_until_settled
        self.busy_looks = 0
        self.diary: list[str] = []
        self.position = 0
        self.feed_heads: dict[str, int] = {}

    async def read(self) -> ClockState:
        overdue = [due for due in self.deadlines if due <= self.time]
        if overdue and self.busy_looks <= 0:
            for due in overdue:
                self.deadlines.remove(due)
                self.diary.append(f"{(due - NOON).seconds} fires")
            overdue = []
        self.busy_looks -= 1
        return ClockState(
            now=self.time,
            rate=self.rate,
            is_simulated=True,
            overdue_timers=len(overdue),
            unsent_events=0,
            next_due_at=self.deadlines[0] if self.deadlines else None,
            position=self.position,
        )

    async def move(self, *, to: datetime | None = None, rate: float | None = None) -> ClockState:
        if to is not None:
            assert to > self.time
            self.time, self.busy_looks = to, self.looks_until_settled
        self.rate = self.rate if rate is None else rate
        return await self.read()

    async def heads(self, *, after_position: int) -> tuple[int, Mapping[str, int]]:
        self.diary.append(f"heads after {after_position}")
        return self.position, self.feed_heads


class Nobody:
    """Watches nothing and remembers what it was asked to wait for."""

    def __init__(self) -> None:
        self.asked: list[Mapping[str, int]] = []

    async def catch_up(self, heads: Mapping[str, int]) -> None:
        self.asked.append(dict(heads))


async def begun(installation: Clockmaker, watchers: Nobody | None = None) -> Conductor:
    led = Conductor(installation, watchers or Nobody())
    await led.begin()
    return led


async def play(led: Conductor | Follower, *, over_after_s: float = 3600) -> None:
    await led.play(is_over=lambda: False, give_up_at=seconds(over_after_s))


def test_deeds_are_done_by_instant_then_kind_then_name():
    agenda = Agenda()
    wished = [
        (seconds(2), Kind.PING, "ana"),
        (seconds(1), Kind.ORDER, "ana"),
        (seconds(1), Kind.KITCHEN, "beto"),
        (seconds(1), Kind.KITCHEN, "ana"),
    ]
    for at, kind, name in wished:
        agenda.add(at, kind, name, asyncio.Event().wait)

    taken = [action for _ in wished for action in agenda.take(seconds(5))]

    assert [(action.kind, action.name) for action in taken] == [
        (Kind.KITCHEN, "ana"),
        (Kind.KITCHEN, "beto"),
        (Kind.ORDER, "ana"),
        (Kind.PING, "ana"),
    ]


def test_only_the_pings_of_one_instant_are_taken_together():
    agenda = Agenda()
    for at, kind, name in (
        (seconds(1), Kind.PING, "ana"),
        (seconds(1), Kind.PING, "beto"),
        (seconds(1), Kind.RIDE, "ana"),
        (seconds(2), Kind.PING, "ana"),
    ):
        agenda.add(at, kind, name, asyncio.Event().wait)

    sizes = [len(agenda.take(seconds(5))) for _ in range(3)]

    assert sizes == [2, 1, 1]


async def test_time_jumps_to_the_next_due_instant_whoever_it_belongs_to():
    installation = Clockmaker(seconds(20), seconds(40))
    led = await begun(installation)
    seen: list[float] = []

    async def look() -> None:
        seen.append((led.now - NOON).total_seconds())

    led.plan(seconds(30), Kind.RIDE, "ana", look)
    led.plan(seconds(10), Kind.RIDE, "ana", look)
    await play(led)

    assert seen == [10, 30]
    assert installation.time == seconds(40)
    assert led.steps == 4


async def test_deadlines_of_an_instant_fire_before_people_act_in_it():
    installation = Clockmaker(seconds(10), looks_until_settled=3)
    led = await begun(installation)

    async def act() -> None:
        installation.diary.append("acts")

    led.plan(seconds(10), Kind.KITCHEN, "beto", act)
    await play(led)

    assert [line for line in installation.diary if not line.startswith("heads")] == ["10 fires", "acts"]


async def test_what_a_deed_leads_to_at_once_happens_in_the_same_instant():
    led = await begun(Clockmaker())
    seen: list[datetime] = []

    async def second() -> None:
        seen.append(led.now)

    async def first() -> None:
        led.plan(seconds(5), Kind.RIDE, "ana", second)

    led.plan(seconds(10), Kind.RIDE, "ana", first)
    await play(led)

    assert seen == [seconds(10)]


async def test_the_clock_waits_until_every_watcher_has_seen_its_head():
    installation, watchers = Clockmaker(), Nobody()
    led = await begun(installation, watchers)

    async def act() -> None:
        installation.position, installation.feed_heads = 7, {"ord_1": 3}

    led.plan(seconds(10), Kind.RIDE, "ana", act)
    await play(led)

    assert watchers.asked == [{"ord_1": 3}]
    assert "heads after 0" in installation.diary


async def test_an_installation_that_never_rests_stops_the_day(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(conductor, "QUIET_WITHIN_S", 0.05)
    led = await begun(Clockmaker(seconds(10), looks_until_settled=10_000))

    with pytest.raises(NeverQuiet, match="1 deadlines are overdue"):
        await play(led)


async def test_the_day_ends_when_it_is_over_or_nothing_is_left():
    installation = Clockmaker()
    led = await begun(installation)
    await play(led)
    assert installation.time == NOON

    async def nothing() -> None:
        return

    led.plan(seconds(5_000), Kind.RIDE, "ana", nothing)
    await play(led, over_after_s=60)
    assert installation.time == NOON


async def test_on_a_flowing_clock_deeds_are_done_when_their_time_has_come():
    installation = Clockmaker()
    led = Follower(installation, Nobody(), rate=100)
    await led.begin()
    seen: list[float] = []

    async def look() -> None:
        seen.append((led.now - NOON).total_seconds())

    led.plan(seconds(10), Kind.RIDE, "ana", look)
    led.plan(seconds(5), Kind.RIDE, "beto", look)
    await led.play(is_over=lambda: len(seen) == 2, give_up_at=seconds(60))

    assert 5 <= seen[0] < seen[1]
    assert seen[1] >= 10
    assert installation.rate == 0


@pytest.mark.parametrize(
    ("rate", "behind_s", "expected"),
    [(30, 0, 30), (20, 0, 23), (20, 4, 20), (20, 10, 15), (1, 100, 1), (0.5, 100, 0.5)],
    ids=["as wished", "catching up", "holding", "slower", "never slower than life", "unless wished"],
)
def test_time_goes_slower_while_people_cannot_keep_up(rate, behind_s, expected):
    assert next_rate(rate, wished=max(rate, 30 if rate > 0.5 else 0.5), behind_s=behind_s) == pytest.approx(expected)


async def test_a_clock_that_may_yield_gives_people_the_time_they_need():
    installation = Clockmaker()
    led = Follower(installation, Nobody(), rate=100, may_yield=True)
    await led.begin()
    rates: set[float] = set()

    async def toil() -> None:
        for _ in range(12):
            await asyncio.sleep(0.1)
            rates.add(installation.rate)

    led.plan(seconds(1), Kind.RIDE, "ana", toil)
    await led.play(is_over=lambda: bool(rates - {100}), give_up_at=seconds(600))

    assert rates == {100, 75}
