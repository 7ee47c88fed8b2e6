"""Kitchens differ, by store and by hour: how soon they look at the tablet, how long they cook, how wrong they are."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Final

import msgspec

from simulator.days import KitchenPlan, LinePlan, Span

# The middle of each is what restaurant platforms report of independent kitchens; docs/city.md says which and why.
ANSWERS_S: Final = (12.0, 45.0)  # the median of a store, from the most to the least attentive
ANSWERS_SPREAD: Final = 0.6  # of the logarithm, within one store
MOST_ANSWER_S: Final = 280.0  # a moment before the order would expire
MISJUDGES_MIN: Final = (1.0, 4.0)  # standard deviation of a store's own word
BIAS_MIN: Final = 1.5  # standard deviation between stores
A_FURTHER_ORDER_MIN: Final = 1.3  # what each order of the last twenty minutes adds
BUSY_FROM: Final = 4  # orders in twenty minutes
EXTENDS: Final = (0.04, 0.12)
EXTENDS_WHEN_BUSY: Final = 0.25  # more
EXTENDS_MIN: Final = (3, 12)
REFUSES: Final = 0.008
REFUSES_WHEN_BUSY: Final = 0.03
RUNS_OUT: Final = 0.008
SLEEPS: Final = 0.12  # of the stores leave their tablet alone once, for a while
SLEEPS_MIN: Final = (9.0, 14.0)
STARTS_S: Final = (0, 240)
COUNTER_MIN: Final = (1.0, 3.0)  # until the bag is checked and in the rider's box


class Temper(msgspec.Struct, frozen=True, kw_only=True):
    """What one kitchen is like."""

    answers_s: float
    cooks_min: float
    misjudges_min: float
    bias_min: float
    extends: float
    sleeps: Span | None = None

    def plan(
        self, chance: Random, *, placed_at: datetime, load: int, lines: Sequence[LinePlan]
    ) -> KitchenPlan:  # fmt: skip
        """Return what this kitchen will do with an order, after so many others of the last twenty minutes."""
        is_busy = load >= BUSY_FROM
        fate = chance.random()
        answers_s = min(MOST_ANSWER_S, self.answers_s * (1 + 0.15 * load) * chance.lognormvariate(0, ANSWERS_SPREAD))
        extends = self.extends + (EXTENDS_WHEN_BUSY if is_busy else 0.0)
        late = timedelta(minutes=chance.randint(*EXTENDS_MIN)) if chance.random() < extends else timedelta(0)
        dishes = sum(line.quantity for line in lines)
        thought_min = max(4.0, self.cooks_min * chance.lognormvariate(0, 0.2) + 0.8 * dishes)
        thought_min += A_FURTHER_ORDER_MIN * load
        off_min = max(2.0 - thought_min, chance.gauss(self.bias_min, self.misjudges_min))
        misjudges = timedelta(seconds=round(off_min * 60))
        answers_after = timedelta(seconds=round(answers_s))
        refuses = REFUSES_WHEN_BUSY if is_busy else REFUSES
        return KitchenPlan(
            answers_after=None if self.sleeps is not None and self.sleeps.holds(placed_at) else answers_after,
            cooks_for=answers_after + timedelta(seconds=round(thought_min * 60)) + late + misjudges,
            starts_after=timedelta(seconds=chance.randint(*STARTS_S)),
            is_refused=fate < refuses,
            lacks=chance.choice(lines).ref if refuses <= fate < refuses + RUNS_OUT else None,
            says_late=late,
            misjudges=misjudges,
            counter_takes=timedelta(seconds=round(chance.uniform(*COUNTER_MIN) * 60)),
        )


def temper(chance: Random, *, cooks_min: float, peak_at: datetime, sleeps: bool) -> Temper:
    """Return a kitchen; one that sleeps does so around the busiest time, when nobody has a hand free."""
    asleep = None
    if sleeps:
        from_at = peak_at + timedelta(minutes=round(chance.uniform(-30, 30)))
        asleep = Span(from_at=from_at, until_at=from_at + timedelta(minutes=round(chance.uniform(*SLEEPS_MIN))))
    return Temper(
        answers_s=chance.uniform(*ANSWERS_S),
        cooks_min=cooks_min * chance.lognormvariate(0, 0.2),
        misjudges_min=chance.uniform(*MISJUDGES_MIN),
        bias_min=chance.gauss(0.5, BIAS_MIN),
        extends=chance.uniform(*EXTENDS),
        sleeps=asleep,
    )
