"""Whose door is next: the route says it, unless the rider stands at another."""

import pytest
from tests.fleet.builders import after

from fleet.model.deliveries import DeliveryStatus as S
from fleet.model.deliveries import StopAhead
from fleet.policy.stops import next_dropoff, to_be_told


def a_stop(name: str, status: S = S.PICKED_UP, **but) -> StopAhead:
    return StopAhead(delivery_id=f"dlv_{name}", order_id=f"ord_{name}", status=status, **{"is_next_stop": False} | but)


def test_the_first_drop_off_of_the_route_is_next():
    assert next_dropoff([a_stop("lia"), a_stop("noa"), a_stop("rui")]) == "dlv_lia"


def test_a_rider_with_nothing_in_hand_goes_to_no_door():
    assert next_dropoff([]) is None


@pytest.mark.parametrize("status", [S.ASSIGNED, S.ARRIVED_AT_PICKUP])
def test_a_door_whose_food_is_not_fetched_yet_comes_first_where_the_route_says_so(status):
    assert next_dropoff([a_stop("lia", status), a_stop("noa")]) == "dlv_lia"


def test_food_that_goes_back_to_its_store_keeps_nobody_waiting_for_another_door():
    assert next_dropoff([a_stop("lia", S.RETURNING, arrived_at_dropoff_at=after()), a_stop("noa")]) == "dlv_noa"
    assert next_dropoff([a_stop("lia", S.RETURNING)]) is None


def test_a_rider_who_stands_at_a_door_makes_that_stop_whatever_the_route_says():
    noa = a_stop("noa", S.ARRIVED_AT_DROPOFF, arrived_at_dropoff_at=after(minutes=4))

    assert next_dropoff([a_stop("lia"), noa]) == "dlv_noa"


def test_a_rider_whom_nobody_opened_is_at_the_door_they_went_to_after_it():
    lia = a_stop("lia", S.ARRIVED_AT_DROPOFF, arrived_at_dropoff_at=after(minutes=4))
    noa = a_stop("noa", S.ARRIVED_AT_DROPOFF, arrived_at_dropoff_at=after(minutes=9))

    assert next_dropoff([lia, noa]) == next_dropoff([noa, lia]) == "dlv_noa"


def test_only_what_is_carried_and_was_told_otherwise_is_told():
    route = [
        a_stop("lia", S.ASSIGNED),
        a_stop("noa", is_next_stop=True),
        a_stop("rui", S.ARRIVED_AT_DROPOFF),
        a_stop("eva", S.RETURNING, is_next_stop=True),
    ]

    assert [stop.delivery_id for stop in to_be_told(route)] == ["dlv_noa"]
    assert [stop.delivery_id for stop in to_be_told(route[1:])] == []
    assert [stop.delivery_id for stop in to_be_told(route[2:])] == ["dlv_rui"]
