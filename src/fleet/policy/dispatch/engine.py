"""One round: batches, one matching, and for each pair whether its moment has come."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from fleet.model.offers import Proposal, Stop
from fleet.policy.dispatch.batches import Batch, Parcel, batches, parcel
from fleet.policy.dispatch.facts import Candidate, CityNow, Plan, Verdict, Wanted, Working
from fleet.policy.dispatch.matching import Fit, Seat, fit, match
from fleet.policy.dispatch.travel import Ground, when_free
from fleet.policy.offers import pay_minor

CANDIDATES: Final = 10  # kept with each decision
_MAY_CHANGE: Final = frozenset({"was asked before", "too far in this round"})


class _Pair(msgspec.Struct, frozen=True, kw_only=True):
    batch: Batch
    seat: Seat
    fit: Fit


def decide(city: CityNow) -> Plan:
    """Decide a round: whom to ask for what now, and what waits for whom and why."""
    if not city.wanted:
        return Plan(proposals=[], verdicts=[])
    ground = Ground(city.wanted[0].pickup, city.rules)
    parcels = [parcel(one, ground, now=city.now) for one in city.wanted]
    near = [one for one in parcels if one.ready_s <= city.rules.horizon_s]
    seats = _seats(city, ground)
    rows = batches(near, ground, riders=len(seats))
    fits = [[fit(batch, seat, ground, now=city.now) for seat in seats] for batch in rows]
    matched = match(fits, rows)
    verdicts = [
        _verdict(city, one, outcome="waits", why="the food is not ready for long") for one in parcels if one not in near
    ]
    proposals = []
    for row, batch in enumerate(rows):
        if row not in matched:
            verdicts += [_unserved(city, one, seats, fits[row], set(matched.values())) for one in batch.parcels]
            continue
        pair = _Pair(batch=batch, seat=seats[matched[row]], fit=fits[row][matched[row]])
        why_wait = _why_wait(pair, city)
        if why_wait is None:
            proposals.append(_proposal(city, pair, ground))
        candidates = _candidates(city, seats, fits[row], matched, row)
        verdicts += [
            _verdict(
                city,
                one,
                outcome="waits" if why_wait else "offered",
                why=why_wait or "the least cost of all pairs",
                rider=pair.seat.rider,
                candidates=candidates,
            )
            for one in batch.parcels
        ]
    return Plan(proposals=proposals, verdicts=verdicts)


def _seats(city: CityNow, ground: Ground) -> list[Seat]:
    seats = []
    for rider in city.riders:
        room = rider.capacity - len(rider.in_hand)
        if rider.is_being_asked or room < 1:
            continue
        freed = when_free(rider, ground, now=city.now)
        if freed.at_s <= city.rules.horizon_s:
            seats.append(Seat(rider=rider, freed=freed, room=room))
    return seats


def _why_wait(pair: _Pair, city: CityNow) -> str | None:
    if pair.seat.freed.at_s > city.rules.free_soon_s:
        return "the best rider is still at another door"
    if pair.fit.arrives_s + city.rules.early_s < pair.batch.ready_s:
        return "the rider would stand at the store"
    return None


def _proposal(city: CityNow, pair: _Pair, ground: Ground) -> Proposal:
    parcels = pair.batch.parcels
    delivery_ids = [one.wanted.delivery_id for one in parcels]
    first = parcels[0]
    stops = [
        Stop(kind="pickup", delivery_ids=delivery_ids, point=first.wanted.pickup, eta_at=_at(city, pair.fit.arrives_s))
    ]
    stops += [
        Stop(
            kind="dropoff",
            delivery_ids=[one.wanted.delivery_id],
            point=one.wanted.dropoff,
            eta_at=_at(city, door_s),
        )
        for one, door_s in zip(parcels, pair.fit.doors_s, strict=True)
    ]
    distance_m = ground.road_m([pair.seat.freed.spot, first.store, *(one.door for one in parcels)])
    return Proposal(
        rider_id=pair.seat.rider.rider_id,
        delivery_ids=delivery_ids,
        stops=stops,
        distance_m=distance_m,
        pay_minor=pay_minor(distance_m, len(parcels), city.pay),
        currency=city.currency,
    )


def _unserved(city: CityNow, one: Parcel, seats: Sequence[Seat], fits: Sequence[Fit], taken: set[int]) -> Verdict:
    is_possible = any(each.why_not is None for each in fits)
    if is_possible:
        why = "everybody near is needed more elsewhere"
    elif seats:
        why = "nobody who is free soon can take it"
    else:
        why = "nobody is free soon"
    candidates = [
        _candidate(city, seat, each, "is needed more elsewhere" if index in taken else None)
        for index, (seat, each) in enumerate(zip(seats, fits, strict=True))
    ]
    widens = not is_possible and any(each.why_not in _MAY_CHANGE for each in fits)
    return _verdict(
        city, one, outcome="waits" if is_possible else "nobody", why=why, candidates=_best(candidates), widens=widens
    )


def _candidates(
    city: CityNow, seats: Sequence[Seat], fits: Sequence[Fit], matched: dict[int, int], row: int
) -> list[Candidate]:
    busy = {column for other, column in matched.items() if other != row}
    return _best(
        [
            _candidate(
                city,
                seat,
                each,
                None if index == matched[row] else "is needed more elsewhere" if index in busy else "costs more",
            )
            for index, (seat, each) in enumerate(zip(seats, fits, strict=True))
        ]
    )


def _candidate(city: CityNow, seat: Seat, each: Fit, why_not: str | None) -> Candidate:
    if each.why_not is not None:
        return Candidate(rider_id=seat.rider.rider_id, why_not=each.why_not)
    return Candidate(
        rider_id=seat.rider.rider_id,
        why_not=why_not,
        cost=round(each.cost),
        free_at=_at(city, seat.freed.at_s),
        pickup_at=_at(city, each.pickup_s),
        dropoff_at=_at(city, each.doors_s[-1]),
    )


def _best(candidates: list[Candidate]) -> list[Candidate]:
    ranked = sorted(candidates, key=lambda one: (one.why_not is not None, one.cost is None, one.cost, one.rider_id))
    return ranked[:CANDIDATES]


def _verdict(
    city: CityNow,
    one: Parcel,
    *,
    outcome: str,
    why: str,
    rider: Working | None = None,
    candidates: list[Candidate] | None = None,
    widens: bool = False,
) -> Verdict:
    wanted: Wanted = one.wanted
    return Verdict(
        delivery_id=wanted.delivery_id,
        outcome=outcome,
        why=why,
        rider_id=rider.rider_id if rider else None,
        ladder_round=wanted.ladder_round,
        riders_seen=len(city.riders),
        candidates=candidates or [],
        widens=widens,
    )


def _at(city: CityNow, seconds: float) -> datetime:
    return city.now + timedelta(seconds=round(seconds))
