"""What dispatch knows of a city at one instant, and the rules it decides by."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final

import msgspec

from fleet.model.offers import Proposal
from fleet.model.riders import Vehicle
from fleet.policy.offers import PayRules
from kernel.geo import Point
from kernel.ids import DeliveryId, RiderId, StoreId
from kernel.quantities import Count, Seconds, SecondsAtLeastOne, SpeedMps, Weight

BASIS: Final = 10_000


class DispatchRules(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of a city. Speeds are along the road; `detour_bp` makes roads of straight lines.

    `reach_s` is how long the way to the store may take in each round of the ladder; beyond the last there is no limit.
    """

    foot_mps: SpeedMps = 1.3
    bicycle_mps: SpeedMps = 4.5
    motorcycle_mps: SpeedMps = 7.0
    car_mps: SpeedMps = 7.0
    detour_bp: Annotated[int, msgspec.Meta(ge=BASIS, le=10 * BASIS)] = 13_000
    pickup_service_s: Seconds = 120  # half of it before the food is in hand, half after
    dropoff_service_s: Seconds = 120
    horizon_s: Seconds = 1200  # with batch_delay_s the best of a short sweep over public benchmark days
    round_s: SecondsAtLeastOne = 30
    answer_s: Seconds = 15  # from the offer to the rider on the way
    free_soon_s: Seconds = 60  # who is at the last door so soon may be asked already
    early_s: Seconds = 240  # nobody is sent to stand at a store for longer
    max_batch: Count = 3
    batch_spread_s: Seconds = 300  # ready times in one batch
    batch_delay_s: Seconds = 900  # the lateness guard: what a batch may cost each of its orders
    target_s: Seconds = 2400  # from the order to the door
    late_weight: Weight = 2.0  # of every second beyond the target, against one of delay
    way_weight: Weight = 0.3  # of every second ridden to the store
    reach_s: Annotated[tuple[SecondsAtLeastOne, ...], msgspec.Meta(max_length=10)] = (1500, 2700)
    ask_again_s: Seconds = 120  # who said no, or nothing, is left alone with this delivery for so long

    def speed_mps(self, vehicle: Vehicle) -> float:
        """Return the straight-line speed: what is left of it on real roads."""
        along_the_road = {
            Vehicle.FOOT: self.foot_mps,
            Vehicle.BICYCLE: self.bicycle_mps,
            Vehicle.MOTORCYCLE: self.motorcycle_mps,
            Vehicle.CAR: self.car_mps,
        }[vehicle]
        return along_the_road * BASIS / self.detour_bp

    def reach(self, ladder_round: int) -> timedelta | None:
        """Return how long the way to the store may take in this round; None is without limit."""
        within = self.reach_s[ladder_round - 1 : ladder_round]
        return timedelta(seconds=within[0]) if within else None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that looks for a rider. `ready_at` is the kitchen's word, promised or actual."""

    delivery_id: DeliveryId
    store_id: StoreId
    pickup: Point
    dropoff: Point
    opened_at: datetime
    ready_at: datetime
    ladder_round: int = 1
    excluded: frozenset[RiderId] = frozenset()  # asked in this round already


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery in a rider's hands; given by hand it may have no `ready_at`, while the kitchen has said nothing."""

    pickup: Point
    dropoff: Point
    ready_at: datetime | None
    is_at_pickup: bool = False
    is_picked_up: bool = False
    is_at_dropoff: bool = False


class Working(msgspec.Struct, frozen=True, kw_only=True):
    """A rider on shift: where they are, and what they have in hand, in the order of the route."""

    rider_id: RiderId
    vehicle: Vehicle
    capacity: int
    here: Point
    planned_end_at: datetime | None = None
    in_hand: Sequence[Task] = ()
    is_being_asked: bool = False


class CityNow(msgspec.Struct, frozen=True, kw_only=True):
    """A city at one instant."""

    now: datetime
    wanted: Sequence[Wanted]
    riders: Sequence[Working]
    rules: DispatchRules
    pay: PayRules
    currency: str


class Candidate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A rider who was looked at for a delivery, and what spoke against. `cost` counts seconds; less is better."""

    rider_id: RiderId
    why_not: str | None = None
    cost: int | None = None
    free_at: datetime | None = None
    pickup_at: datetime | None = None
    dropoff_at: datetime | None = None


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided about one delivery: `offered`, `waits`, or `nobody`, who and why."""

    delivery_id: DeliveryId
    outcome: str
    why: str
    rider_id: RiderId | None
    ladder_round: int
    riders_seen: int
    candidates: list[Candidate]
    widens: bool = False


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One round's decisions: whom to ask now, and a word about every delivery that looks for a rider."""

    proposals: list[Proposal]
    verdicts: list[Verdict]
