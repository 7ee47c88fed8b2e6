"""Domain time over HTTP: anybody may read it; whoever conducts a simulated installation moves it."""

from datetime import datetime
from typing import Annotated, Final

import msgspec
from litestar import get, put
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter

from accounts.guards import allow
from accounts.model import CALLERS, Scope
from infra import clock as domain_clock
from infra.clock import DomainClock, Reading, wall_now
from infra.db import Tx
from infra.sql import load
from kernel.actors import Role
from kernel.instants import Dated, Instant

_sql: Final = load("infra")
_ADMINISTRATION: Final = [allow(Role.OPERATOR, scopes=[Scope.ADMINISTRATION])]


class ClockView(msgspec.Struct, frozen=True, kw_only=True):
    """Domain time, and what is still to be done at this instant."""

    now: datetime
    rate: float
    is_simulated: bool
    overdue_timers: int
    unsent_events: int
    next_due_at: datetime | None
    position: int  # of the newest fact; while it stays, no feed grows


class ClockMove(Dated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the clock shall stand, or how fast it shall run (0: it stands)."""

    to: Instant | None = None
    rate: Annotated[float, msgspec.Meta(ge=0, le=10_000)] | None = None


class Heads(msgspec.Struct, frozen=True, kw_only=True):
    """The newest number of every feed that got something after a position."""

    position: int
    heads: dict[str, int]


@get("/v1/clock", guards=[allow(*CALLERS)])
async def read_clock(clock: NamedDependency[DomainClock], tx: NamedDependency[Tx]) -> ClockView:
    """Tell domain time, what is due and not done, and when the next deadline comes."""
    return await _view(tx, await clock.reading())


@put("/v1/clock", guards=_ADMINISTRATION)
async def move_clock(
    data: JSONBody[ClockMove], clock: NamedDependency[DomainClock], tx: NamedDependency[Tx]
) -> ClockView:
    """Move a simulated clock forward, or change its pace; a real installation refuses."""
    reading = await domain_clock.move(tx, to=data.to, rate=data.rate)
    clock.forget()
    return await _view(tx, reading)


async def _view(tx: Tx, reading: Reading) -> ClockView:
    now = reading.at(wall_now())
    unfinished = await tx.fetchrow(_sql.read_unfinished, now)
    return msgspec.convert(
        {"now": now, "rate": reading.rate, "is_simulated": reading.is_simulated, **dict(unfinished or {})}, ClockView
    )


@get("/v1/clock/heads", guards=_ADMINISTRATION)
async def list_heads(
    tx: NamedDependency[Tx],
    after_position: Annotated[int, QueryParameter(name="after_position", ge=0, le=2**53 - 1)] = 0,
) -> Heads:
    """List the heads of the feeds that grew after a position, for whoever waits until all watchers have caught up."""
    rows = await tx.fetch(_sql.list_heads, after_position)
    return Heads(
        position=max((row["position"] for row in rows), default=after_position),
        heads={row["feed_id"]: row["seq"] for row in rows},
    )


ROUTES: Final = [read_clock, move_clock, list_heads]
