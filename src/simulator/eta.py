"""How right the times were that customers were shown, from nothing but what they were shown."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from simulator.figures import EtaError, mean, percentile

A_MINUTE: Final = timedelta(minutes=1)
SET_OUT: Final = frozenset({"picked_up", "other_stop_first"})  # what a pickup makes of an estimate


class Told:
    """The times one customer was shown, and what came of them."""

    def __init__(self) -> None:
        self.promised_by: datetime | None = None
        self.first_eta_at: datetime | None = None
        self.eta_at: datetime | None = None
        self.eta_at_pickup: datetime | None = None
        self.delivered_at: datetime | None = None

    def hear(self, event: Mapping[str, Any]) -> None:
        """Take note of a message."""
        match event.get("type"):
            case "promise.made":
                self.promised_by = _instant(event["promised_by"])
                self.first_eta_at = self.eta_at = _instant(event["eta_at"])
            case "eta.revised":
                self.eta_at = _instant(event["eta_at"])
                if event.get("cause") in SET_OUT and self.eta_at_pickup is not None:
                    self.eta_at_pickup = self.eta_at
            case "order.picked_up":
                self.eta_at_pickup = self.eta_at
            case "order.delivered":
                self.delivered_at = _instant(event["occurred_at"])

    @property
    def is_kept(self) -> bool | None:
        """Tell whether the promise was kept; None while there is no answer."""
        if self.promised_by is None or self.delivered_at is None:
            return None
        return self.delivered_at <= self.promised_by


def error_at_placing(told: Iterable[Told]) -> EtaError | None:
    """Return how far the first estimates were from the doors."""
    return _error([(one.first_eta_at, one.delivered_at) for one in told])


def error_at_pickup(told: Iterable[Told]) -> EtaError | None:
    """Return how far the estimates were from the doors that stood once the rider was on the way."""
    return _error([(one.eta_at_pickup, one.delivered_at) for one in told])


def _error(pairs: Sequence[tuple[datetime | None, datetime | None]]) -> EtaError | None:
    late_min = [(came - said) / A_MINUTE for said, came in pairs if said is not None and came is not None]
    off_min = [abs(one) for one in late_min]
    bias, mae, p90 = mean(late_min), mean(off_min), percentile(off_min, 90)
    if bias is None or mae is None or p90 is None:
        return None
    return EtaError(orders=len(late_min), bias_min=bias, mae_min=mae, p90_min=p90)


def _instant(text: str) -> datetime:
    return msgspec.convert(text, datetime)
