"""Makes a day of its own from a seed: noon and evening waves, and people who are people."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import cos, pi, sin
from random import Random
from typing import Final, TypeVar

import msgspec

from kernel.geo import Point, flat_m, offset
from simulator.days import Day, KitchenPlan, Manners, OrderPlan, Pace, RiderPlan, StorePlan, Vehicle

T = TypeVar("T")

ORDERS_PER_STORE: Final = 6
SPEED_MPS: Final = 5.3  # 19 km/h door to door, what the benchmark's riders ride
MANNERS: Final = Manners(
    answers_from=timedelta(seconds=3), answers_until=timedelta(seconds=25), declines_bp=800, misses_bp=500
)
KITCHEN_IS_LATE: Final = 0.15
KITCHEN_REFUSES: Final = 0.01
KITCHEN_SLEEPS: Final = 0.005
CUSTOMER_CANCELS: Final = 0.03
PAYMENTS: Final = (("cash", 0.3), ("card", 0.3), ("prepaid", 0.4))
VEHICLES: Final = ((Vehicle.MOTORCYCLE, 0.75), (Vehicle.BICYCLE, 0.25))


class Wave(msgspec.Struct, frozen=True, kw_only=True):
    """A time when people are hungry: hours after the day's start, and its share of the orders."""

    middle_h: float
    spread_h: float
    share: float


WHOLE_DAY: Final = (
    Wave(middle_h=2.5, spread_h=0.7, share=0.45),  # half past twelve, where the day starts at ten
    Wave(middle_h=10.0, spread_h=0.9, share=0.55),
)
EVENING: Final = (Wave(middle_h=0.8, spread_h=0.3, share=1.0),)


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of the generator."""

    seed: int
    orders: int
    riders: int
    centre: Point
    starts_at: datetime
    waves: Sequence[Wave] = WHOLE_DAY


def generate(wish: Wish) -> Day:
    """Make the day; the same wish makes the same day."""
    chance = Random(wish.seed)
    stores = [
        StorePlan(name=f"store-{n:03}", place=_around(chance, wish.centre, 2_200))
        for n in range(1, max(2, wish.orders // ORDERS_PER_STORE) + 1)
    ]
    orders = [_order(chance, wish, stores, n) for n in range(1, wish.orders + 1)]
    return Day(
        name=f"generated-{wish.seed}-{wish.orders}x{wish.riders}",
        seed=wish.seed,
        starts_at=wish.starts_at,
        centre=wish.centre,
        pace=Pace(
            speed_mps=SPEED_MPS,
            in_whole_minutes=False,
            pickup_service=timedelta(minutes=2),
            dropoff_service=timedelta(minutes=3),
        ),
        manners=MANNERS,
        stores=stores,
        riders=[_rider(chance, wish, stores, n) for n in range(1, wish.riders + 1)],
        orders=sorted(orders, key=lambda order: (order.placed_at, order.name)),
    )


def _rider(chance: Random, wish: Wish, stores: Sequence[StorePlan], number: int) -> RiderPlan:
    wave = _one_of(chance, [(wave, wave.share) for wave in wish.waves])
    half_h = 2.5 * wave.spread_h + 0.25
    return RiderPlan(
        name=f"rider-{number:03}",
        place=_around(chance, chance.choice(stores).place, 500),
        on_at=wish.starts_at + _whole_minutes(max(0.0, wave.middle_h - half_h + chance.uniform(-0.3, 0.3)) * 60),
        off_at=wish.starts_at + _whole_minutes((wave.middle_h + half_h + chance.uniform(0.4, 0.9)) * 60),
        vehicle=_one_of(chance, VEHICLES),
    )


def _order(chance: Random, wish: Wish, stores: Sequence[StorePlan], number: int) -> OrderPlan:
    wave = _one_of(chance, [(wave, wave.share) for wave in wish.waves])
    # People are hungry within two and a half spreads of the wave's middle, when riders are on shift.
    hour = max(-2.5, min(2.5, chance.gauss(0, 1))) * wave.spread_h + wave.middle_h
    popular = min(int(len(stores) * chance.random() ** 1.6), len(stores) - 1)
    store = stores[popular]
    distance_m, bearing = chance.triangular(300, 3_800, 1_500), chance.uniform(0, 2 * pi)
    cancels = chance.random() < CUSTOMER_CANCELS
    placed_at = wish.starts_at + timedelta(seconds=round(max(0.05, hour) * 3600))
    return OrderPlan(
        name=f"order-{number:04}",
        store=store.name,
        dropoff=offset(store.place, east_m=distance_m * cos(bearing), north_m=distance_m * sin(bearing)),
        placed_at=placed_at,
        kitchen=_kitchen(chance),
        payment=_one_of(chance, PAYMENTS),
        quantity=chance.choice((1, 1, 2, 3)),
        cancels_after=timedelta(seconds=round(chance.uniform(5, 900))) if cancels else None,
    )


def _kitchen(chance: Random) -> KitchenPlan:
    fate = chance.random()
    answers_after = timedelta(seconds=round(min(240.0, chance.lognormvariate(3.2, 0.7))))
    late = timedelta(minutes=chance.randint(3, 12)) if chance.random() < KITCHEN_IS_LATE else timedelta(0)
    cooks_for = answers_after + timedelta(minutes=round(chance.triangular(6, 30, 14))) + late
    return KitchenPlan(
        answers_after=None if fate < KITCHEN_SLEEPS else answers_after,
        cooks_for=cooks_for,
        starts_after=timedelta(seconds=chance.randint(0, 240)),
        is_refused=KITCHEN_SLEEPS <= fate < KITCHEN_SLEEPS + KITCHEN_REFUSES,
        says_late=late,
    )


def _around(chance: Random, middle: Point, spread_m: float) -> Point:
    place = offset(middle, east_m=chance.gauss(0, spread_m), north_m=chance.gauss(0, spread_m))
    east_m, north_m = flat_m(middle, place)
    reach = max(1.0, max(abs(east_m), abs(north_m)) / (2.5 * spread_m))  # Nobody lives beyond the last bus stop.
    return offset(middle, east_m=east_m / reach, north_m=north_m / reach)


def _whole_minutes(minutes: float) -> timedelta:
    return timedelta(minutes=round(minutes))


def _one_of(chance: Random, weighted: Sequence[tuple[T, float]]) -> T:
    return chance.choices([value for value, _ in weighted], [weight for _, weight in weighted])[0]
