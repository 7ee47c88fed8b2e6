import itertools
import random

import msgspec
import pytest
from tests.fleet.positions import NOON_MS, a_fence, a_position

from fleet.model.truth import StopKind
from fleet.policy.arrival import SPANS, ArrivalState, step, watch

STORE = a_fence()


def told(positions, *fences, state=ArrivalState()):  # noqa: B008  frozen
    found = []
    for position in positions:
        state, visits = step(state, position, fences or (STORE,))
        found += visits
    return state, found


def entries(positions, *fences):
    return [(visit.entered_at_ms - NOON_MS) / 1000 for visit in told(positions, *fences)[1] if visit.is_new]


def places(east_m, from_s, until_s, **but):
    return [a_position(at_s, east_m=east_m, **but) for at_s in range(from_s, until_s, 5)]


COMING, THERE, GONE = places(400, 0, 30), places(10, 30, 150), places(500, 150, 300)


def test_a_visit_is_told_once_with_the_instant_of_entering_and_ends_when_the_rider_is_gone():
    _, visits = told(COMING + THERE + GONE)

    assert [(visit.is_new, visit.left_at_ms) for visit in visits] == [(True, None), (False, NOON_MS + 145_000)]
    assert {visit.entered_at_ms for visit in visits} == {NOON_MS + 30_000}


def test_riding_past_or_waiting_at_a_light_before_the_door_is_no_visit():
    assert entries(COMING + places(20, 30, 65) + GONE) == []


@pytest.mark.parametrize("seed", range(20))
def test_whatever_order_positions_come_in_one_visit_is_one_event(seed):
    way = COMING + THERE + GONE
    parts = [way[:8], way[8:20], way[20:]]
    random.Random(seed).shuffle(parts)

    state, visits = told([position for part in parts for position in part])

    assert sum(visit.is_new for visit in visits) == 1
    assert told(way, state=state) == (state, [])


def test_a_visit_in_a_tunnel_is_told_when_its_late_batch_comes():
    before, batch = told(COMING + GONE)[0], THERE

    _, visits = told(batch, state=before)

    assert [visit.entered_at_ms for visit in visits if visit.is_new] == [NOON_MS + 30_000]
    assert visits[-1].left_at_ms == NOON_MS + 145_000


def test_echoes_between_tall_houses_end_no_visit():
    echo = a_position(92, east_m=400)
    in_order = [*COMING, *THERE[:13], echo, *THERE[13:], *GONE]

    assert entries([*COMING, *THERE, *GONE, echo]) == entries(in_order) == [30]


def test_an_echo_between_two_tunnels_ends_no_visit():
    before, echo, after = places(10, 0, 60), a_position(150, east_m=300), places(10, 160, 220)

    _, visits = told([*before, echo, *after])

    assert [(visit.is_new, visit.left_at_ms) for visit in visits] == [
        (True, None), (False, NOON_MS + 55_000), (False, None),
    ]  # fmt: skip


def test_between_the_two_radii_nothing_changes():
    at_the_corner = places(75, 150, 600)

    state, visits = told(COMING + THERE + at_the_corner)

    assert [visit.left_at_ms for visit in visits] == [None]
    assert len(state.stops[STORE.key].spans) == 2


def test_an_inaccurate_position_sends_nobody_away_and_brings_nobody_in():
    assert entries(COMING + THERE + places(150, 150, 400, accuracy_m=90.0) + places(10, 400, 500)) == [30]
    assert entries(places(80, 0, 300, accuracy_m=90.0)) == []


def test_whoever_comes_back_after_a_while_visits_again():
    again = places(10, 300, 400)

    assert entries(COMING + THERE + GONE + again) == [30, 300]


def test_a_short_way_around_the_corner_is_the_same_visit():
    assert entries(COMING + THERE + places(200, 150, 190) + places(10, 190, 400)) == [30]


def test_being_there_before_it_was_a_stop_does_not_count():
    later = a_fence(since_s=100)

    assert entries(COMING + THERE, later) == [100]
    assert entries(places(10, 0, 300, skew_ms=200_000), later) == []


def test_each_delivery_of_a_store_has_its_own_visit():
    second = a_fence(delivery_id="dlv_2")
    door = a_fence(stop=StopKind.DROPOFF, east_m=3_000)

    state, visits = told(COMING + THERE, STORE, second, door)

    assert [visit.delivery_id for visit in visits] == ["dlv_1", "dlv_2"]
    assert watch(state, [door]).stops.keys() == {door.key}


def test_two_visits_that_late_positions_join_stay_told():
    away = places(500, 150, 300)
    state, first = told(COMING + THERE + away + places(10, 300, 400))
    still_there = [a_position(at_s + 1, east_m=10) for at_s in range(150, 300)]

    state, news = told(still_there, state=state)

    assert sum(visit.is_new for visit in first) == 2
    assert not any(visit.is_new for visit in news)


def test_what_is_remembered_of_a_stop_is_little_and_json():
    to_and_fro = itertools.chain.from_iterable(
        [a_position(10 * number, east_m=10), a_position(10 * number + 5, east_m=500)] for number in range(100)
    )

    state, _ = told(to_and_fro)

    assert len(state.stops[STORE.key].spans) == SPANS
    assert msgspec.json.decode(msgspec.json.encode(state), type=ArrivalState) == state
