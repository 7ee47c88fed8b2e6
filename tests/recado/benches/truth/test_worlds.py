import random
from itertools import pairwise

import pytest

from kernel.geo import flat_distance_m
from recado.benches.truth import arrivals, suspicion
from recado.benches.truth.counts import Counts, compare
from recado.benches.truth.phones import habits, receive, send, spells, tell
from recado.benches.truth.rides import Ride
from recado.benches.truth.spoofs import SPOOFS


def a_ride(seed=1, deliveries=1):
    return Ride(random.Random(seed)).shift(deliveries)


def test_a_seed_is_a_world():
    assert a_ride(7).places == a_ride(7).places
    assert a_ride(7).places != a_ride(8).places
    assert arrivals.a_shift(7) == arrivals.a_shift(7)


def test_nobody_rides_faster_than_people_do():
    places = a_ride(deliveries=2).places
    mps = [((b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2) ** 0.5 for a, b in pairwise(places)]

    assert max(mps) < 20


def test_a_shift_visits_store_and_door_in_turn_near_their_addresses():
    ride = a_ride(deliveries=2)

    assert [(stay.number, stay.is_store) for stay in ride.stays] == [(0, True), (0, False), (1, True), (1, False)]
    for stay in ride.stays:
        inside = ride.places[stay.entered_s : stay.left_s]
        assert max(((east - stay.spot[0]) ** 2 + (north - stay.spot[1]) ** 2) ** 0.5 for east, north in inside) < 60


def test_phones_lose_positions_in_tunnels_and_upload_late_and_the_wrong_way_round():
    chance, ride = random.Random(3), a_ride(3, deliveries=3)
    pings = tell(ride, chance)

    uploads = send(pings, chance)

    assert len(pings) < ride.now_s / 5
    assert sorted(ping.device_at_ms for upload in uploads for ping in upload.pings) == [p.device_at_ms for p in pings]
    assert max(len(upload.pings) for upload in uploads) > 1
    assert sum(len(trail) for trail in receive(uploads)) > 0.95 * len(pings)


def test_phones_differ_and_spells_lie_within_a_way():
    chance = random.Random(5)

    assert len({habits(chance).accuracy_step_m for _ in range(50)}) == 3
    found = spells(chance, 3_600, per_hour=6, seconds=(10, 20))
    assert all(0 <= spell.from_s < 3_600 and spell.until_s - spell.from_s <= 21 for spell in found)
    assert send([], chance) == []


@pytest.mark.parametrize("kind", SPOOFS)
def test_every_spoof_begins_honestly_and_goes_forward_in_time(kind):
    pings = SPOOFS[kind](random.Random(11))

    assert all(a.device_at_ms < b.device_at_ms for a, b in pairwise(pings))
    assert not pings[0].is_mock or kind == "mock flag"


def test_a_teleport_is_one_long_step():
    pings = SPOOFS["teleport"](random.Random(11))

    assert max(flat_distance_m(a.place, b.place) for a, b in pairwise(pings)) > 900


@pytest.mark.parametrize("kind", SPOOFS)
def test_most_spoofs_of_tuning_seeds_are_caught(kind):
    assert sum(suspicion.is_caught(kind, seed) for seed in range(8)) >= 7


def test_honest_shifts_of_tuning_seeds_are_believed_and_their_stops_told_once():
    told = sum((arrivals.score(seed) for seed in range(8)), arrivals.Told())

    assert not any(suspicion.is_honest_shift_flagged(seed) for seed in range(8))
    assert told.counts.f1 > 0.9
    assert told.again == 0


def test_counts_add_up_to_an_f1():
    both = compare(True, truth=True) + compare(True, truth=False) + compare(False, truth=True)

    assert both == Counts(hits=1, false=1, missed=1)
    assert both.f1 == 0.5
    assert Counts().f1 == 0
