"""Five metres a second, no service times: a minute is 300 metres."""

import msgspec
import pytest
from tests.fleet.builders import ANA, BETO, CARLA, NOON, PLAIN, a_city, a_task, after, at, wanted, working

from fleet.model.riders import Vehicle
from fleet.policy.dispatch.batches import batches, parcel
from fleet.policy.dispatch.engine import CANDIDATES, decide
from fleet.policy.dispatch.facts import DispatchRules
from fleet.policy.dispatch.matching import match
from fleet.policy.dispatch.travel import Ground, when_free


def with_rules(**but):
    return msgspec.structs.replace(PLAIN, **but)


def asked(plan) -> dict[str, list[str]]:
    return {proposal.rider_id: proposal.delivery_ids for proposal in plan.proposals}


def word_on(plan, delivery_id: str = "dlv_1"):
    return next(verdict for verdict in plan.verdicts if verdict.delivery_id == delivery_id)


def test_nothing_to_carry_is_nothing_to_decide():
    plan = decide(a_city([], [working()]))

    assert (plan.proposals, plan.verdicts) == ([], [])


def test_the_nearest_rider_is_asked():
    plan = decide(a_city([wanted()], [working(ANA, east_m=3000), working(BETO, east_m=300)]))

    assert asked(plan) == {BETO: ["dlv_1"]}


def test_the_offer_shows_stops_with_times_the_way_and_the_pay():
    (proposal,) = decide(a_city([wanted()], [working(east_m=300)])).proposals

    assert [(stop.kind, stop.eta_at) for stop in proposal.stops] == [
        ("pickup", after(minutes=1)),
        ("dropoff", after(minutes=6)),
    ]
    assert proposal.pickup_eta_at == after(minutes=1)
    assert proposal.distance_m == pytest.approx(1800, abs=5)
    assert proposal.pay_minor == 700 + 150 * proposal.distance_m // 1000
    assert proposal.currency == "BRL"


def test_the_sum_counts_and_not_each_pair_alone():
    """Beto is nearest to both stores, but Ana can reach only one of them soon."""
    near, far = wanted("dlv_1"), wanted("dlv_2", store_id="sto_2", pickup=at(east_m=3000))

    plan = decide(a_city([near, far], [working(ANA, east_m=-600), working(BETO, east_m=300)]))

    assert asked(plan) == {ANA: ["dlv_1"], BETO: ["dlv_2"]}


def test_nobody_is_sent_so_early_that_he_stands_at_the_store():
    soon = wanted(ready_at=after(minutes=10))

    plan = decide(a_city([soon], [working(ANA, east_m=300)]))

    assert plan.proposals == []
    assert (word_on(plan).outcome, word_on(plan).why) == ("waits", "the rider would stand at the store")
    assert word_on(plan).rider_id == ANA


def test_a_rider_with_a_long_way_leaves_earlier():
    soon = wanted(ready_at=after(minutes=10))

    plan = decide(a_city([soon], [working(ANA, east_m=2900)]))

    assert asked(plan) == {ANA: ["dlv_1"]}


def test_what_is_ready_in_an_hour_waits_without_a_rider():
    plan = decide(a_city([wanted(ready_at=after(hours=1))], [working()]))

    assert (word_on(plan).outcome, word_on(plan).why) == ("waits", "the food is not ready for long")
    assert word_on(plan).candidates == []


def test_a_rider_at_another_door_is_waited_for_when_he_is_the_best():
    busy = working(ANA, in_hand=[a_task(is_picked_up=True, dropoff=at(north_m=600))])

    plan = decide(a_city([wanted()], [busy, working(BETO, east_m=5400)]))

    assert (plan.proposals, word_on(plan).why) == ([], "the best rider is still at another door")
    assert [(one.rider_id, one.why_not) for one in word_on(plan).candidates] == [(ANA, None), (BETO, "costs more")]


def test_a_rider_about_to_be_free_may_be_asked_already():
    last_door = working(ANA, in_hand=[a_task(is_picked_up=True, dropoff=at(north_m=250))])

    assert asked(decide(a_city([wanted()], [last_door]))) == {ANA: ["dlv_1"]}


@pytest.mark.parametrize(
    ("rider", "why_not"),
    [
        (working(planned_end_at=after(minutes=3), east_m=1200), "shift ends before the pickup"),
        (working(east_m=8000), "too far in this round"),
    ],
    ids=["shift end", "reach"],
)
def test_a_rider_who_cannot_take_it_is_named_with_the_reason(rider, why_not):
    plan = decide(a_city([wanted()], [rider]))

    assert (word_on(plan).outcome, word_on(plan).why) == ("nobody", "nobody who is free soon can take it")
    assert word_on(plan).candidates[0].why_not == why_not


def test_who_was_asked_is_left_out_and_the_search_widens_when_nobody_else_is_there():
    declined = wanted(excluded=frozenset({ANA}))

    plan = decide(a_city([declined], [working(ANA)]))

    assert plan.proposals == []
    assert word_on(plan).widens
    assert word_on(plan).candidates[0].why_not == "was asked before"
    assert asked(decide(a_city([declined], [working(ANA), working(BETO, east_m=2000)]))) == {BETO: ["dlv_1"]}


def test_each_round_of_the_ladder_reaches_further_and_the_last_has_no_limit():
    rules = DispatchRules(reach_s=(60, 600))
    far = working(east_m=8000)

    assert rules.reach(3) is None
    assert decide(a_city([wanted(ladder_round=1)], [far])).proposals == []
    assert decide(a_city([wanted(ladder_round=3)], [far])).proposals != []


def test_who_is_being_asked_or_has_no_room_is_not_looked_at():
    full = working(BETO, capacity=1, in_hand=[a_task(is_picked_up=True)])

    plan = decide(a_city([wanted()], [working(ANA, is_being_asked=True), full]))

    assert (word_on(plan).why, word_on(plan).candidates) == ("nobody is free soon", [])
    assert word_on(plan).riders_seen == 2


def test_with_one_rider_for_two_orders_of_a_store_they_go_together():
    plan = decide(a_city([wanted("dlv_1"), wanted("dlv_2", dropoff=at(north_m=1800))], [working(ANA)]))

    assert asked(plan) == {ANA: ["dlv_1", "dlv_2"]}
    assert [stop.kind for stop in plan.proposals[0].stops] == ["pickup", "dropoff", "dropoff"]


def test_with_riders_enough_everybody_goes_straight():
    opposite = wanted("dlv_2", dropoff=at(north_m=-1800))

    plan = decide(a_city([wanted("dlv_1"), opposite], [working(ANA), working(BETO, east_m=100)]))

    assert sorted(map(len, asked(plan).values())) == [1, 1]


@pytest.mark.parametrize(
    ("second", "rules"),
    [
        (wanted("dlv_2", ready_at=after(minutes=6)), PLAIN),
        (wanted("dlv_2", dropoff=at(north_m=-9000)), with_rules(batch_delay_s=480)),
        (wanted("dlv_2", dropoff=at(north_m=1600)), with_rules(max_batch=1)),
        (wanted("dlv_2", store_id="sto_2"), PLAIN),
    ],
    ids=["ready later", "the other end of town", "batches of one", "another store"],
)
def test_what_would_make_the_first_one_late_does_not_go_along(second, rules):
    ground = Ground(at(), rules)
    parcels = [parcel(one, ground, now=NOON) for one in (wanted("dlv_1"), second)]

    assert [len(batch.parcels) for batch in batches(parcels, ground, riders=1)] == [1, 1]


def test_a_batch_too_large_for_the_rider_is_not_given_to_him():
    pair = [wanted("dlv_1"), wanted("dlv_2", dropoff=at(north_m=1600))]

    plan = decide(a_city(pair, [working(ANA, capacity=1)]))

    assert plan.proposals == []
    assert word_on(plan).candidates[0].why_not == "has no room for it"


def test_with_too_few_riders_what_waited_longest_goes_first():
    fresh = wanted("dlv_1", opened_at=NOON, ready_at=NOON)
    old = wanted("dlv_2", store_id="sto_2", ready_at=after(minutes=-30), opened_at=after(minutes=-50))

    plan = decide(a_city([fresh, old], [working(ANA)]))

    assert asked(plan) == {ANA: ["dlv_2"]}
    assert word_on(plan, "dlv_1").why == "everybody near is needed more elsewhere"
    assert word_on(plan, "dlv_1").candidates[0].why_not == "is needed more elsewhere"


def test_a_candidate_who_serves_another_is_said_to_be_needed_there():
    near, other = wanted("dlv_1"), wanted("dlv_2", store_id="sto_2", pickup=at(east_m=900))

    plan = decide(a_city([near, other], [working(ANA), working(BETO, east_m=900), working(CARLA, east_m=5000)]))

    spoke_against = {one.rider_id: one.why_not for one in word_on(plan).candidates}
    assert spoke_against == {ANA: None, BETO: "is needed more elsewhere", CARLA: "costs more"}


def test_only_the_best_candidates_are_kept():
    riders = [working(f"rdr_{number:02}", east_m=100 * number) for number in range(25)]

    verdict = word_on(decide(a_city([wanted()], riders)))

    assert len(verdict.candidates) == CANDIDATES
    assert [one.rider_id for one in verdict.candidates][:2] == ["rdr_00", "rdr_01"]
    assert verdict.riders_seen == 25


def test_the_same_city_is_always_decided_the_same():
    wants = [wanted(f"dlv_{number}", store_id=f"sto_{number % 3}") for number in range(8)]
    riders = [working(f"rdr_{number}", east_m=200 * number) for number in range(5)]

    assert decide(a_city(wants, riders)) == decide(a_city(wants, riders))


@pytest.mark.parametrize(
    ("task", "free_s", "north_m"),
    [
        (a_task(), 300 + 60, 1500),
        (a_task(ready_at=None), 300 + 60, 1500),
        (a_task(ready_at=after(minutes=4)), 240 + 300, 1500),
        (a_task(is_at_pickup=True, ready_at=after(minutes=2)), 120 + 300, 1500),
        (a_task(is_picked_up=True), 303, 1500),
        (a_task(is_picked_up=True, is_at_dropoff=True), 0, 1500),
    ],
    ids=[
        "on the way",
        "kitchen said nothing",
        "kitchen is late",
        "waiting at the store",
        "riding to the door",
        "at the door",
    ],
)
def test_when_a_rider_is_free_follows_from_what_is_in_hand(task, free_s, north_m):
    ground = Ground(at(), PLAIN)

    freed = when_free(working(east_m=300 if not task.is_at_pickup else 0, in_hand=[task]), ground, now=NOON)

    assert freed.at_s == pytest.approx(free_s, abs=4)
    assert freed.spot.y == pytest.approx(north_m, abs=1)


def test_service_takes_its_time_half_before_the_food_is_in_hand_and_half_after():
    rules = with_rules(pickup_service_s=240, dropoff_service_s=240)

    freed = when_free(working(in_hand=[a_task()]), Ground(at(), rules), now=NOON)

    assert freed.at_s == pytest.approx(240 + 300 + 240, abs=2)


def test_who_walks_needs_longer_than_who_rides():
    rules = DispatchRules()

    speeds = [rules.speed_mps(vehicle) for vehicle in (Vehicle.FOOT, Vehicle.BICYCLE, Vehicle.MOTORCYCLE)]

    assert speeds == sorted(speeds)
    assert rules.speed_mps(Vehicle.CAR) == pytest.approx(7 / 1.3)


def test_without_riders_nothing_is_matched():
    assert match([], []) == {}


def test_who_is_busy_beyond_the_horizon_is_not_waited_for():
    far_out = working(ANA, in_hand=[a_task(is_picked_up=True, dropoff=at(north_m=9000))])

    plan = decide(a_city([wanted()], [far_out]))

    assert (word_on(plan).outcome, word_on(plan).why) == ("nobody", "nobody is free soon")
