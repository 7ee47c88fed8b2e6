"""Which orders of one store go together: parallel insertion (Reyes et al. 2018, procedure 1) under a lateness guard."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from math import ceil
from typing import Final

import msgspec

from fleet.model.riders import Vehicle
from fleet.policy.dispatch.facts import Wanted
from fleet.policy.dispatch.travel import Ground, Spot

USUAL: Final = Vehicle.MOTORCYCLE  # batches are formed before their rider is known


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """A wanted delivery in seconds from now: ready, due at the door, and the way there.

    `overdue_s` is how long the food has been waiting.
    """

    wanted: Wanted
    store: Spot
    door: Spot
    ready_s: float
    overdue_s: float
    target_s: float
    direct_s: float


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Parcels of one store in the order of their doors."""

    parcels: tuple[Parcel, ...]

    @property
    def ready_s(self) -> float:
        """When all of it is ready."""
        return max(parcel.ready_s for parcel in self.parcels)


def parcel(wanted: Wanted, ground: Ground, *, now: datetime) -> Parcel:
    """Return a wanted delivery as batches and matching see it. What is ready already is ready now."""
    store, door = ground.spot(wanted.pickup), ground.spot(wanted.dropoff)
    ready_s = (wanted.ready_at - now).total_seconds()
    return Parcel(
        wanted=wanted,
        store=store,
        door=door,
        ready_s=max(0.0, ready_s),
        overdue_s=max(0.0, -ready_s),
        target_s=max(0.0, (wanted.opened_at - now).total_seconds() + ground.rules.target_s),
        direct_s=ground.way_s(store, door, USUAL),
    )


def batches(parcels: Iterable[Parcel], ground: Ground, *, riders: int) -> list[Batch]:
    """Divide parcels into batches; the fewer riders there are, the larger."""
    by_store: dict[str, list[Parcel]] = defaultdict(list)
    for one in parcels:
        by_store[one.wanted.store_id].append(one)
    count = sum(map(len, by_store.values()))
    usual_size = min(max(1, ceil(count / riders)) if riders else 1, ground.rules.max_batch)
    found: list[Batch] = []
    for waiting in by_store.values():
        routes = _routes(sorted(waiting, key=_by_ready), usual_size, ground)
        found += [Batch(parcels=tuple(route)) for route in routes if route]
    return found


def doors_s(parcels: Sequence[Parcel], ground: Ground, vehicle: Vehicle = USUAL) -> list[float]:
    """Return when each door is reached and the food handed over, in seconds after the pickup."""
    rules = ground.rules
    at_s, spot, reached = rules.pickup_service_s / 2, parcels[0].store, []
    for one in parcels:
        at_s += ground.way_s(spot, one.door, vehicle) + rules.dropoff_service_s / 2
        reached.append(at_s)
        at_s += rules.dropoff_service_s / 2
        spot = one.door
    return reached


def _by_ready(one: Parcel) -> tuple[float, str]:
    return one.ready_s, one.wanted.delivery_id


def _routes(waiting: Sequence[Parcel], usual_size: int, ground: Ground) -> list[list[Parcel]]:
    routes: list[list[Parcel]] = [[] for _ in range(ceil(len(waiting) / usual_size))]
    for one in waiting:
        _insert(routes, one, usual_size, ground)
    for one in waiting:  # once more, now that the others stand
        at = next(index for index, route in enumerate(routes) if one in route)
        routes[at] = [other for other in routes[at] if other is not one]
        _insert(routes, one, usual_size, ground)
    return routes


def _insert(routes: list[list[Parcel]], one: Parcel, usual_size: int, ground: Ground) -> None:
    tried = []
    for index, route in enumerate(routes):
        cost_s, each_s = _cost(route, ground)
        for place in range(len(route) + 1):
            longer = [*route[:place], one, *route[place:]]
            if not _is_allowed(longer, ground):
                continue
            longer_s, each_longer_s = _cost(longer, ground)
            if len(longer) <= usual_size or each_longer_s < each_s:
                tried.append((longer_s - cost_s, index, place))
    if not tried:
        routes.append([one])
        return
    _, index, place = min(tried)
    routes[index].insert(place, one)


def _is_allowed(route: Sequence[Parcel], ground: Ground) -> bool:
    rules = ground.rules
    if len(route) == 1:
        return True
    if len(route) > rules.max_batch:
        return False
    earliest, latest = min(one.ready_s for one in route), max(one.ready_s for one in route)
    if latest - earliest > rules.batch_spread_s:
        return False
    return all(delay_s <= rules.batch_delay_s for delay_s in _delays_s(route, ground))


def _delays_s(route: Sequence[Parcel], ground: Ground) -> list[float]:
    """Return how much later each door is reached than by a rider of its own at the ready time."""
    rules = ground.rules
    pickup_s = max(one.ready_s for one in route)
    alone_s = (rules.pickup_service_s + rules.dropoff_service_s) / 2
    return [
        pickup_s + reached_s - (one.ready_s + alone_s + one.direct_s)
        for one, reached_s in zip(route, doors_s(route, ground), strict=True)
    ]


def _cost(route: Sequence[Parcel], ground: Ground) -> tuple[float, float]:
    """Return travel and delay of a route, and the rider's time for each of its orders."""
    if not route:
        return 0.0, float("inf")
    reached_s = doors_s(route, ground)
    service_s = ground.rules.pickup_service_s / 2 + (len(route) - 0.5) * ground.rules.dropoff_service_s
    return reached_s[-1] - service_s + sum(_delays_s(route, ground)), reached_s[-1] / len(route)
