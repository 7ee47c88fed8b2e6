"""What the bench found, as figures."""

from collections.abc import Sequence
from math import inf
from statistics import median
from typing import Final

import msgspec

from recado.benches.feeds.measuring import Measured
from recado.benches.feeds.seats import WATCHERS
from recado.benches.frame.figures import Result, at_least, at_most, share_of_speed, times
from recado.benches.frame.installation import BUSY
from recado.benches.frame.plan import Outcome, Plan

SHARE_OF_SPEED: Final = 0.60
PING_P99_MS: Final = 150
SOCKET_KB: Final = 20
GROWTH: Final = 1.10
TWO_OF_ONE: Final = 1.8
FILES_BESIDE: Final = 500  # what a process has open that is no watcher
SOCKETS_OF_ALL: Final = 1.5  # half of the orders are watched twice at the end


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """How much is measured. `orders` is even: half of them come first."""

    orders: int
    wanted_orders: int
    repetitions: int
    for_s: float
    riders: int
    pings: int  # of each

    @property
    def sockets(self) -> int:
        """How many watchers there are, before each order of the first half gets five more."""
        return self.orders * WATCHERS


class Found(msgspec.Struct, kw_only=True):
    """What was found so far."""

    halves: list[Measured] = []
    all: list[Measured] = []
    written: list[Measured] = []
    doubles: list[Measured] = []
    in_two: list[Measured] = []
    socket_kb: list[float] = []
    delays_ms: list[float] = []
    half_per_s: float = 0
    frame_bytes: int = 0
    inspected: int = 0


def size_of(plan: Plan, *, files: int) -> Size:
    """Return what the plan asks for, or as much of it as so many open files allow."""
    wanted = 400 if plan.is_quick else 2_000
    possible = int((files - FILES_BESIDE) / WATCHERS / SOCKETS_OF_ALL) // 2 * 2
    return Size(
        orders=max(2, min(wanted, possible)),
        wanted_orders=wanted,
        repetitions=plan.repetitions,
        for_s=1.2 if plan.is_quick else 5.0,
        riders=20 if plan.is_quick else 50,
        pings=5 if plan.is_quick else 20,
    )


def two_of_one(two_us: float, one_us: float) -> float:
    """Return how many times as fast as one two processes are with a core each, by what a message costs them."""
    return 2 * one_us / two_us


def outcome(found: Found, size: Size) -> Outcome:
    """Return the bench's figures and notes."""
    results = [
        Result(
            name="one delivery",
            unit="CPU us",
            samples=_costs(found.all),
            references=_costs(found.written),
            compare=share_of_speed,
            target=at_least(SHARE_OF_SPEED, of="ratio"),
        ),
        Result(name="deliveries", unit="1/s", samples=_rates(found.all), references=_rates(found.written)),
        *_pings(found.delays_ms),
        Result(name="a socket", unit="KB", samples=found.socket_kb, target=at_most(SOCKET_KB, of="value")),
        _growth("  twice the orders", found.all, found.halves),
        _growth("  twice the watchers", found.doubles, found.halves),
        _two_processes(found.in_two, found.halves),
    ]
    return Outcome(results=results, notes=[*_method(found, size), *_limits(found)])


def _pings(delays_ms: Sequence[float]) -> list[Result]:
    return [
        Result(
            name="ping to customer, p99", unit="ms", samples=[share_below(delays_ms, 0.99)],
            target=at_most(PING_P99_MS, of="value"),
        ),
        Result(name="  p50", unit="ms", samples=[share_below(delays_ms, 0.5)]),
        Result(name="  most", unit="ms", samples=[delays_ms[-1]]),
    ]  # fmt: skip


def share_below(values: Sequence[float], share: float) -> float:
    """Return the value that this share of the sorted ones does not exceed."""
    return values[min(len(values) - 1, int(share * len(values)))]


def _growth(name: str, grown: Sequence[Measured], before: Sequence[Measured]) -> Result:
    target = at_most(GROWTH, of="ratio")
    return Result(
        name=name, unit="CPU us", samples=_costs(grown), references=_costs(before), compare=times, target=target
    )


def _two_processes(two: Sequence[Measured], one: Sequence[Measured]) -> Result:
    target = at_least(TWO_OF_ONE, of="ratio")
    name = "  two processes"
    if two[0].cores > 1:
        return Result(name=name, unit="1/s", samples=_rates(two), references=_rates(one), target=target)
    costs = {"samples": _costs(two), "references": _costs(one)}
    return Result(name=name, unit="CPU us", compare=two_of_one, target=target, **costs)


def _method(found: Found, size: Size) -> list[str]:
    came = sum(delay_ms < inf for delay_ms in found.delays_ms)
    notes = [
        f"{size.sockets:,} sockets, {WATCHERS} an order, frames of {found.frame_bytes} bytes; all numbers came to all.",
        f"{found.inspected:,} messages were read in full: no gap, and nothing that was for other eyes.",
        f"Pings beside {found.half_per_s:,.0f} deliveries/s: {came} of {len(found.delays_ms)} places came.",
    ]
    if found.in_two[0].cores == 1:
        notes.append("There is no core for a second server: the ratio of two is what they would do by what they spend.")
    if gaps := sum(one.gaps for one in (*found.all, *found.halves, *found.doubles, *found.in_two)):
        notes.append(f"{gaps:,} times a server looked up facts that Redis had not brought.")
    if size.orders < size.wanted_orders:
        notes.append(
            f"The limit of open files allows {size.orders} of {size.wanted_orders} orders: raise it (ulimit -Hn)."
        )
    return notes


def _limits(found: Found) -> list[str]:
    stretches = {"feeds": found.all, "prepared frames": found.written, "half of the sockets": found.halves}
    shares = {what: median(one.busy_share for one in all_) for what, all_ in stretches.items()}
    return [
        f"{what}: the server was {share:.0%} busy; load or stores limited the wall rate."
        for what, share in shares.items()
        if share < BUSY
    ]


def _costs(measured: Sequence[Measured]) -> list[float]:
    return [one.cost_us for one in measured]


def _rates(measured: Sequence[Measured]) -> list[float]:
    return [one.per_s for one in measured]
