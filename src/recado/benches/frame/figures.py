"""A bench's figures: median and spread, the reference of the same run, and whether the target holds."""

from collections.abc import Callable, Sequence
from statistics import median
from typing import Any, Literal

import msgspec


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What a figure is held to: its own value, or its ratio to the reference."""

    of: Literal["value", "ratio"]
    bound: float
    is_ceiling: bool

    def admits(self, figure: float) -> bool:
        """Tell whether the figure is good enough; the bound itself is."""
        return figure <= self.bound if self.is_ceiling else figure >= self.bound

    def __str__(self) -> str:
        return f"{'ratio ' if self.of == 'ratio' else ''}{'≤' if self.is_ceiling else '≥'} {self.bound:g}"


def at_least(bound: float, *, of: Literal["value", "ratio"]) -> Target:
    """Ask for this much or more."""
    return Target(of=of, bound=bound, is_ceiling=False)


def at_most(bound: float, *, of: Literal["value", "ratio"]) -> Target:
    """Ask for this much or less."""
    return Target(of=of, bound=bound, is_ceiling=True)


def share_of_speed(cost: float, reference_cost: float) -> float:
    """Return how fast this is beside the reference, both told as cost per item."""
    return reference_cost / cost


def times(value: float, reference: float) -> float:
    """Return how many times the reference this is."""
    return value / reference


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One figure: a sample of each repetition, and the reference's sample beside each where there is one."""

    name: str
    unit: str
    samples: Sequence[float]
    references: Sequence[float] = ()
    compare: Callable[[float, float], float] = times
    target: Target | None = None

    @property
    def value(self) -> float:
        """The median."""
        return median(self.samples)

    @property
    def reference(self) -> float | None:
        """The reference's median."""
        return median(self.references) if self.references else None

    @property
    def ratio(self) -> float | None:
        """The median of each repetition's own ratio: what disturbs the machine disturbs both."""
        if not self.references:
            return None
        return median(self.compare(*pair) for pair in zip(self.samples, self.references, strict=True))

    @property
    def holds(self) -> bool | None:
        """Tell whether the target is met; None where there is none."""
        if self.target is None:
            return None
        figure = self.value if self.target.of == "value" else self.ratio
        if figure is None:
            raise ValueError(f"{self.name} has a target for its ratio but no reference")
        return self.target.admits(figure)


def as_document(bench: str, machine: dict[str, Any], results: Sequence[Result]) -> dict[str, Any]:
    """Return what `--json` writes."""
    return {
        "bench": bench,
        "machine": machine,
        "results": [
            {
                "name": result.name,
                "value": result.value,
                "unit": result.unit,
                "reference": result.reference,
                "ratio": result.ratio,
                "target": str(result.target) if result.target else None,
                "holds": result.holds,
            }
            for result in results
        ],
    }
