"""Makes a day of its own from a seed: waves of hungry people, kitchens with their tempers, riders with their phones."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Final, TypeVar

import msgspec

from kernel.geo import Point, flat_distance_m
from simulator.days import (
    Air,
    Area,
    Day,
    DoorPlan,
    KitchenPlan,
    LinePlan,
    Manners,
    OrderPlan,
    Pace,
    PhonePlan,
    RiderPlan,
    Span,
    StorePlan,
    Vehicle,
)
from simulator.grounds import Ground, Plain
from simulator.tempers import SLEEPS, Temper, temper
from simulator.words import CUISINES, FIRST_NAMES, NOTES, SURNAMES

T = TypeVar("T")

ORDERS_PER_STORE: Final = 6
MOST_STORES: Final = 40
SPEED_MPS: Final = 5.3  # 19 km/h door to door, what the benchmark's riders ride
MANNERS: Final = Manners(
    answers_from=timedelta(seconds=3), answers_until=timedelta(seconds=25), declines_bp=800, misses_bp=500
)
CUSTOMER_CANCELS: Final = 0.03
ABSENT: Final = 0.012
OPENS_LATE: Final = 0.04
OPENS_LATE_S: Final = (40, 280)
MISHEARD: Final = 0.02
DOOR_MIN: Final = (1.2, 4.0)  # down from the saddle, up to the flat, and back: half of it before the handover
PAYMENTS: Final = (("cash", 0.3), ("card", 0.3), ("prepaid", 0.4))
VEHICLES: Final = ((Vehicle.MOTORCYCLE, 0.7), (Vehicle.BICYCLE, 0.25), (Vehicle.CAR, 0.05))
CAPACITY: Final = {Vehicle.MOTORCYCLE: 3, Vehicle.BICYCLE: 2, Vehicle.CAR: 4, Vehicle.FOOT: 1}
RIDERS_DIFFER: Final = 0.1  # standard deviation of the logarithm of their pace
RESTS: Final = 0.6  # of the riders who work longer than three hours
RESTS_MIN: Final = (10, 20)
ON_SOCKET: Final = 0.4
UPLOADS_S: Final = ((10, 0.4), (20, 0.4), (30, 0.2))
MOVING_S: Final = (5, 6, 8)
SIGMA_M: Final = (2.5, 6.0)  # along each axis: 4 to 9 m as phones count
CLOCK_IS_OFF_S: Final = 4.0  # standard deviation
AWAY: Final = 0.15  # of the phones lose the network once, wherever they are
AWAY_MIN: Final = (2, 12)
DEAD_SPOTS: Final = 10
DEAD_SPOT_M: Final = (50.0, 110.0)
TALL_HOUSES: Final = 6
TALL_HOUSES_M: Final = (150.0, 300.0)
USUALLY_ADDED_MIN: Final = 4  # to the time of one dish: there are others, and other people's
LOAD_OF: Final = timedelta(minutes=20)


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
WHOLE_EVENING: Final = (
    Wave(middle_h=1.5, spread_h=0.65, share=0.6),  # eight o'clock, where the evening starts at half past six
    Wave(middle_h=3.0, spread_h=0.5, share=0.4),
)


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of the generator."""

    seed: int
    orders: int
    riders: int
    centre: Point
    starts_at: datetime
    waves: Sequence[Wave] = WHOLE_DAY


def generate(wish: Wish, *, ground: Ground | None = None, pace: Pace | None = None) -> Day:
    """Make the day; the same wish on the same ground makes the same day."""
    maker = _Maker(wish, ground or Plain(wish.centre))
    stores = maker.stores()
    riders = [maker.rider(stores, n) for n in range(1, wish.riders + 1)]
    return Day(
        name=f"generated-{wish.seed}-{wish.orders}x{wish.riders}",
        seed=wish.seed,
        starts_at=wish.starts_at,
        centre=wish.centre,
        pace=pace or PLAIN_PACE,
        manners=MANNERS,
        stores=stores,
        riders=riders,
        orders=maker.orders(stores),
        air=maker.air(stores, riders),
        is_lived_in=True,
    )


PLAIN_PACE: Final = Pace(
    speed_mps=SPEED_MPS,
    in_whole_minutes=False,
    pickup_service=timedelta(minutes=2),
    dropoff_service=timedelta(minutes=3),
)


class _Maker:
    """Throws the dice, in one order for ever: what comes first must not depend on what comes later."""

    def __init__(self, wish: Wish, ground: Ground) -> None:
        self._wish, self._ground = wish, ground
        self._chance = Random(wish.seed)
        self._tempers: dict[str, Temper] = {}
        self._titles: set[str] = set()

    def stores(self) -> list[StorePlan]:
        return [self._store(n) for n in range(1, min(MOST_STORES, max(2, self._wish.orders // ORDERS_PER_STORE)) + 1)]

    def _store(self, number: int) -> StorePlan:
        chance = self._chance
        place = self._ground.somewhere(chance)
        cuisine = CUISINES[(number - 1) % len(CUISINES)]
        name = f"store-{number:03}"
        sleeps = chance.random() < SLEEPS
        self._tempers[name] = temper(chance, cooks_min=cuisine.cooks_min, peak_at=self._peak_at(), sleeps=sleeps)
        title = self._title(cuisine.names)
        return StorePlan(
            name=name,
            place=place.point,
            title=title,
            address=place.address,
            menu=cuisine.menu(),
            prep_minutes=round(self._tempers[name].cooks_min) + USUALLY_ADDED_MIN,
        )

    def _peak_at(self) -> datetime:
        wave = max(self._wish.waves, key=lambda wave: wave.share)
        return self._wish.starts_at + timedelta(hours=wave.middle_h)

    def _title(self, names: Sequence[str], surnames: Sequence[str] = ("",)) -> str:
        """Return a name nobody has yet."""
        chance = self._chance
        for attempt in range(1, 1_000):
            title = f"{chance.choice(names)} {chance.choice(surnames)}".strip()
            title += f" {attempt // 20 + 1}" if attempt >= 20 else ""  # noqa: PLR2004  twenty tries without a number
            if title not in self._titles:
                self._titles.add(title)
                return title
        raise AssertionError("a thousand people of one name")

    def rider(self, stores: Sequence[StorePlan], number: int) -> RiderPlan:
        chance, wish = self._chance, self._wish
        wave = _one_of(chance, [(wave, wave.share) for wave in wish.waves])
        half_h = 2.5 * wave.spread_h + 0.25
        on_h = max(0.0, wave.middle_h - half_h + chance.uniform(-0.3, 0.3))
        off_h = wave.middle_h + half_h + chance.uniform(0.4, 0.9)
        on_at, off_at = (wish.starts_at + _whole_minutes(hours * 60) for hours in (on_h, off_h))
        vehicle = _one_of(chance, VEHICLES)
        return RiderPlan(
            name=f"rider-{number:03}",
            place=self._ground.around(chance, chance.choice(stores).place).point,
            on_at=on_at,
            off_at=off_at,
            vehicle=vehicle,
            capacity=CAPACITY[vehicle],
            title=self._title(FIRST_NAMES, SURNAMES),
            pace=min(1.3, max(0.75, chance.lognormvariate(0, RIDERS_DIFFER))),
            corner=self._ground.around(chance, _popular(chance, stores).place).point,
            breaks=self._breaks(on_at, off_at),
            phone=self._phone(on_at, off_at),
        )

    def _breaks(self, on_at: datetime, off_at: datetime) -> tuple[Span, ...]:
        chance = self._chance
        share, minutes, rests = chance.uniform(0.35, 0.65), chance.randint(*RESTS_MIN), chance.random() < RESTS
        if not rests or off_at - on_at < timedelta(hours=3):
            return ()
        from_at = on_at + _whole_minutes(share * ((off_at - on_at) / timedelta(minutes=1)))
        return (Span(from_at=from_at, until_at=from_at + timedelta(minutes=minutes)),)

    def _phone(self, on_at: datetime, off_at: datetime) -> PhonePlan:
        chance = self._chance
        loses_it, share, minutes = chance.random() < AWAY, chance.uniform(0.15, 0.85), chance.randint(*AWAY_MIN)
        from_at = on_at + share * (off_at - on_at)
        away = (Span(from_at=from_at, until_at=from_at + timedelta(minutes=minutes)),) if loses_it else ()
        return PhonePlan(
            moving_every=timedelta(seconds=chance.choice(MOVING_S)),
            standing_every=timedelta(seconds=15),
            uploads_every=timedelta(seconds=_one_of(chance, UPLOADS_S)),
            is_on_socket=chance.random() < ON_SOCKET,
            sigma_m=round(chance.uniform(*SIGMA_M), 1),
            ahead=timedelta(milliseconds=round(1000 * chance.gauss(0, CLOCK_IS_OFF_S))),
            away=away,
        )

    def orders(self, stores: Sequence[StorePlan]) -> list[OrderPlan]:
        planned = [self._order(stores, n) for n in range(1, self._wish.orders + 1)]
        planned.sort(key=lambda order: (order.placed_at, order.name))
        by_store: dict[str, list[datetime]] = {}
        for order in planned:
            by_store.setdefault(order.store, []).append(order.placed_at)
        return [
            msgspec.structs.replace(order, kitchen=self._kitchen(order, by_store[order.store])) for order in planned
        ]

    def _order(self, stores: Sequence[StorePlan], number: int) -> OrderPlan:
        chance, wish = self._chance, self._wish
        wave = _one_of(chance, [(wave, wave.share) for wave in wish.waves])
        # People are hungry within two and a half spreads of the wave's middle, when riders are on shift.
        hour = max(-2.5, min(2.5, chance.gauss(0, 1))) * wave.spread_h + wave.middle_h
        store = _popular(chance, stores)
        place = self._ground.near(chance, store.place)
        cancels = chance.random() < CUSTOMER_CANCELS
        refs = chance.sample([item.ref for item in store.menu], k=_one_of(chance, ((1, 0.4), (2, 0.45), (3, 0.15))))
        return OrderPlan(
            name=f"order-{number:04}",
            store=store.name,
            dropoff=place.point,
            placed_at=wish.starts_at + timedelta(seconds=round(max(0.05, hour) * 3600)),
            kitchen=KitchenPlan(answers_after=None, cooks_for=timedelta(0)),  # once all of them are known
            payment=_one_of(chance, PAYMENTS),
            lines=[LinePlan(ref=ref, quantity=_one_of(chance, ((1, 0.8), (2, 0.2)))) for ref in sorted(refs)],
            customer=f"{chance.choice(FIRST_NAMES)} {chance.choice(SURNAMES)}",
            door=self._door(place.address),
            cancels_after=timedelta(seconds=round(chance.uniform(5, 900))) if cancels else None,
        )

    def _door(self, address: str) -> DoorPlan:
        chance = self._chance
        fate, late = chance.random(), timedelta(seconds=chance.randint(*OPENS_LATE_S))
        opens_after = None if fate < ABSENT else late if fate < ABSENT + OPENS_LATE else timedelta(0)
        return DoorPlan(
            address=address,
            note=chance.choice(NOTES),
            takes=timedelta(seconds=round(chance.uniform(*DOOR_MIN) * 60)),
            opens_after=opens_after,
            is_misheard=chance.random() < MISHEARD,
        )

    def _kitchen(self, order: OrderPlan, placed: Sequence[datetime]) -> KitchenPlan:
        load = bisect_left(placed, order.placed_at) - bisect_right(placed, order.placed_at - LOAD_OF)
        chance = Random(f"{self._wish.seed}/{order.name}")
        return self._tempers[order.store].plan(chance, placed_at=order.placed_at, load=load, lines=order.lines)

    def air(self, stores: Sequence[StorePlan], riders: Sequence[RiderPlan]) -> Air:
        chance = self._chance
        found = [
            Area(place=self._ground.somewhere(chance).point, radius_m=chance.uniform(*DEAD_SPOT_M))
            for _ in range(DEAD_SPOTS)
        ]
        # Whoever sells by tablet has seen to it that it is heard, and nobody waits for work where none is.
        lit = [store.place for store in stores] + [rider.corner or rider.place for rider in riders]
        dead = [area for area in found if not any(area.holds(place) for place in lit)]
        near = sorted(stores, key=lambda store: flat_distance_m(self._wish.centre, store.place))[:TALL_HOUSES]
        tall = [Area(place=store.place, radius_m=chance.uniform(*TALL_HOUSES_M)) for store in near]
        return Air(dead_spots=dead, tall_houses=tall)


def _popular(chance: Random, stores: Sequence[StorePlan]) -> StorePlan:
    return stores[min(int(len(stores) * chance.random() ** 1.6), len(stores) - 1)]


def _whole_minutes(minutes: float) -> timedelta:
    return timedelta(minutes=round(minutes))


def _one_of(chance: Random, weighted: Sequence[tuple[T, float]]) -> T:
    return chance.choices([value for value, _ in weighted], [weight for _, weight in weighted])[0]
