"""What a played day comes to, measured by those who lived it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from math import ceil

import msgspec

A_MINUTE = timedelta(minutes=1)


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """One order's instants as its customer and the desk see them."""

    name: str
    outcome: str  # delivered, or why not
    placed_at: datetime
    rider: str | None = None
    promised_by: datetime | None = None
    assigned_at: datetime | None = None
    ready_at: datetime | None = None
    picked_up_at: datetime | None = None
    delivered_at: datetime | None = None


class EtaError(msgspec.Struct, frozen=True, kw_only=True):
    """Estimates as customers were shown them against the doors, in minutes; a rider who comes late counts positive."""

    orders: int
    bias_min: float
    mae_min: float
    p90_min: float


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The day in numbers; minutes and seconds of domain time unless they say wall or CPU."""

    orders: int
    delivered: int
    not_delivered: dict[str, int]
    click_to_door_mean_min: float | None
    click_to_door_p95_min: float | None
    ready_to_pickup_mean_min: float | None
    promise_kept_share: float | None
    eta_at_placing: EtaError | None = None
    eta_at_pickup: EtaError | None = None
    picked_up_after_shift: int = 0
    reports_sent_late: int = 0  # of riders' phones without network
    pings: dict[str, int] = {}  # by verdict
    requests: int = 0
    refusals: dict[str, int] = {}
    messages: int = 0
    instants: int = 0
    rate: float | None = None  # how fast domain time flowed; None: it jumped
    wall_s: float = 0.0
    deadlines_fired: int | None = None
    deadlines_late_max_s: float | None = None
    deadlines_late_p99_s: float | None = None
    cpu_s: dict[str, float] = {}


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One invariant: whether it holds, over how many cases, and what breaks it."""

    name: str
    checked: int
    faults: list[str]

    @property
    def holds(self) -> bool:
        """Tell whether nothing breaks it."""
        return not self.faults


def measure(timelines: Sequence[Timeline]) -> Figures:
    """Add up the orders' timelines."""
    delivered = [line for line in timelines if line.delivered_at is not None]
    lost = Counter(line.outcome for line in timelines if line.delivered_at is None)
    to_door = _minutes((line.placed_at, line.delivered_at) for line in delivered)
    waited = _minutes((line.ready_at, line.picked_up_at) for line in delivered)
    promised = [line for line in delivered if line.promised_by is not None]
    kept = sum(line.delivered_at <= line.promised_by for line in promised if line.delivered_at and line.promised_by)
    return Figures(
        orders=len(timelines),
        delivered=len(delivered),
        not_delivered=dict(sorted(lost.items())),
        click_to_door_mean_min=mean(to_door),
        click_to_door_p95_min=percentile(to_door, 95),
        ready_to_pickup_mean_min=mean(waited),
        promise_kept_share=kept / len(promised) if promised else None,
    )


def mean(values: Sequence[float]) -> float | None:
    """Return the mean, or None of nothing."""
    return sum(values) / len(values) if values else None


def percentile(values: Sequence[float], percent: int) -> float | None:
    """Return the smallest value that so many percent do not exceed (nearest rank), or None of nothing."""
    return sorted(values)[max(0, ceil(len(values) * percent / 100) - 1)] if values else None


def _minutes(spans: Iterable[tuple[datetime | None, datetime | None]]) -> list[float]:
    return [(end - start) / A_MINUTE for start, end in spans if start is not None and end is not None]
