import pytest
from tests.fleet.builders import ANA, BETO, NOON, a_delivery, a_rider, a_shift, after, an_offer

from fleet.errors import OfferAnswered, OfferExpired, OfferIsWithdrawn, OfferNotPossible, OfferNotYours, OfferTaken
from fleet.model.deliveries import DeliveryStatus
from fleet.model.offers import OfferStatus
from fleet.model.shifts import ShiftStatus
from fleet.policy import offers as policy
from fleet.policy.offers import OfferRules, PayRules


def check(rider=None, deliveries=None, *, in_hand=0, has_open_offer=False, open_routes=()):
    policy.check_offer(
        rider or a_rider(),
        deliveries or [a_delivery()],
        in_hand=in_hand,
        has_open_offer=has_open_offer,
        open_routes=open_routes,
    )


def test_an_offer_can_be_taken_and_taking_it_again_changes_nothing():
    assert policy.accept(an_offer(), by=ANA, now=NOON) is True
    assert policy.accept(an_offer(status=OfferStatus.ACCEPTED), by=ANA, now=after(hours=1)) is False


def test_an_offer_is_gone_at_the_very_second_it_expires():
    offer = an_offer(expires_at=NOON)

    with pytest.raises(OfferExpired):
        policy.accept(offer, by=ANA, now=NOON)
    with pytest.raises(OfferExpired):
        policy.decline(an_offer(status=OfferStatus.EXPIRED), by=ANA, now=NOON)


def test_somebody_elses_offer_does_not_exist_for_me():
    with pytest.raises(OfferNotYours):
        policy.accept(an_offer(), by=BETO, now=NOON)


def test_who_comes_second_is_told_that_another_was_first():
    with pytest.raises(OfferTaken):
        policy.accept(an_offer(status=OfferStatus.WITHDRAWN, because="taken"), by=ANA, now=NOON)


@pytest.mark.parametrize("because", ["order_over", None])
def test_an_offer_that_was_taken_back_says_so(because):
    with pytest.raises(OfferIsWithdrawn):
        policy.accept(an_offer(status=OfferStatus.WITHDRAWN, because=because), by=ANA, now=NOON)


def test_the_first_answer_stands_against_the_other():
    with pytest.raises(OfferAnswered):
        policy.decline(an_offer(status=OfferStatus.ACCEPTED), by=ANA, now=NOON)
    assert policy.decline(an_offer(status=OfferStatus.DECLINED), by=ANA, now=after(hours=1)) is False


def test_a_working_rider_with_room_can_be_asked():
    check()


@pytest.mark.parametrize(
    ("rider", "in_hand", "has_open_offer", "why"),
    [
        (a_rider(shift=None), 0, False, "not working"),
        (a_rider(shift=a_shift(status=ShiftStatus.BREAK)), 0, False, "not working"),
        (a_rider(), 0, True, "has an open offer"),
        (a_rider(), 3, False, "no room left"),
    ],
    ids=["off", "on a break", "being asked", "full"],
)
def test_a_rider_who_cannot_be_asked_is_not(rider, in_hand, has_open_offer, why):
    with pytest.raises(OfferNotPossible, match=why):
        check(rider, in_hand=in_hand, has_open_offer=has_open_offer)


def test_only_what_looks_for_a_rider_is_offered():
    for delivery in (a_delivery(wanted_at=None), a_delivery(status=DeliveryStatus.ASSIGNED)):
        with pytest.raises(OfferNotPossible):
            check(deliveries=[delivery])


def test_who_joins_an_open_round_is_asked_for_the_same_route():
    offered = a_delivery(status=DeliveryStatus.OFFERED)

    check(deliveries=[offered], open_routes={frozenset({"dlv_1"})})
    with pytest.raises(OfferNotPossible):
        check(deliveries=[offered], open_routes={frozenset({"dlv_1", "dlv_2"})})


def test_the_third_miss_in_a_row_is_a_break():
    assert [policy.needs_break(misses, OfferRules()) for misses in (1, 2, 3)] == [False, False, True]


def test_pay_is_so_much_for_each_delivery_and_for_the_way():
    rules = PayRules(base_minor=700, per_km_minor=150)

    assert policy.pay_minor(0, 1, rules) == 700
    assert policy.pay_minor(2500, 2, rules) == 1400 + 375
