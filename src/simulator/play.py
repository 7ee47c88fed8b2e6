"""Plays one day against one installation and says what it came to."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final

import msgspec

from simulator.api import Api, ClockOverHttp
from simulator.checks import check, read_histories, timelines
from simulator.city import Cast, set_up
from simulator.conductor import Conductor
from simulator.days import Day
from simulator.eta import error_at_pickup, error_at_placing
from simulator.feeds import Watched
from simulator.figures import Figures, Finding, Timeline, measure
from simulator.follower import Follower
from simulator.movement import Ways
from simulator.scene import Scene

OVERTIME: Final = timedelta(hours=3)  # what is not over by then never will be
CLOSING_OF_THE_BOOKS: Final = timedelta(hours=25)  # orders complete a day after they were delivered

OnStage = Callable[[Scene, Cast], Awaitable[None]]  # runs beside the day and is cancelled at its end


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A numbered feed as its watcher saw it: number and type of each message behind the number it began with."""

    after: int
    messages: list[tuple[int, str]]


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """What a day came to; `seen` is every feed that somebody watched, by its id."""

    figures: Figures
    findings: list[Finding]
    timelines: list[Timeline]
    seen: dict[str, Seen]


async def play(
    day: Day,
    *,
    address: str,
    administration_token: str,
    rate: float | None,
    may_yield: bool = False,
    ways: Ways | None = None,
    on_stage: OnStage | None = None,
) -> Played:
    """Set the city up, play the day and check it; `rate` None jumps from instant to instant.

    The installation's clock must be simulated and stand at or before the day's start.
    """
    started_s = time.monotonic()
    api = Api(address, administration_token)
    installation = ClockOverHttp(api)
    watched = Watched(api.address)
    stage = (
        Conductor(installation, watched)
        if rate is None
        else Follower(installation, watched, rate=rate, may_yield=may_yield)
    )
    scene = Scene(day, api, stage, watched, ways=ways)
    try:
        cast = await set_up(scene)
        await cast.enter()
        await stage.begin()
        async with _beside(on_stage, scene, cast):
            await stage.play(
                is_over=lambda: scene.book.is_over and cast.are_all_home, give_up_at=day.ends_at + OVERTIME
            )
        await stage.settle(until=stage.now + (CLOSING_OF_THE_BOOKS if rate is None else timedelta(0)))
        wall_s = time.monotonic() - started_s
        histories = await read_histories(scene)
        lived = timelines(scene, histories, {rider.id: rider.plan.name for rider in cast.riders})
        told = _told(scene, cast, api=api, watched=watched)
        return Played(
            figures=msgspec.structs.replace(measure(lived), **told, instants=stage.steps, rate=rate, wall_s=wall_s),
            findings=check(scene, histories),
            timelines=lived,
            seen=_seen(watched),
        )
    finally:
        await watched.close()
        await api.close()


def _told(scene: Scene, cast: Cast, *, api: Api, watched: Watched) -> dict[str, Any]:
    """Return the figures that those who took part noted down themselves."""
    return {
        "eta_at_placing": error_at_placing(record.told for record in scene.book),
        "eta_at_pickup": error_at_pickup(record.told for record in scene.book),
        "reports_sent_late": sum(rider.phone.late_reports for rider in cast.riders),
        "picked_up_after_shift": sum(rider.late_pickups for rider in cast.riders),
        "pings": dict(sum((rider.verdicts for rider in cast.riders), Counter())),
        "requests": api.requests,
        "refusals": dict(api.refusals),
        "messages": sum(len(feed.messages) for feed in watched.feeds.values()),
    }


def _seen(watched: Watched) -> dict[str, Seen]:
    return {
        feed.id: Seen(
            after=feed.first_seq, messages=[(message.seq, str(message.event["type"])) for message in feed.messages]
        )
        for feed in watched.feeds.values()
    }


@asynccontextmanager
async def _beside(on_stage: OnStage | None, scene: Scene, cast: Cast) -> AsyncIterator[None]:
    if on_stage is None:
        yield
        return
    showing = asyncio.ensure_future(on_stage(scene, cast))
    try:
        yield
    finally:
        showing.cancel()
        await asyncio.wait([showing])
    if not showing.cancelled():
        showing.result()  # What broke it is told, once the day is over.
