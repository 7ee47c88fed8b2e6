from datetime import UTC, datetime

import msgspec

import fleet.messages
from kernel.events import Event
from orders import messages
from orders.model import OrderStatus
from orders.state import TERMINAL
from tracking.model import Standing, Trouble
from tracking.policy.stages import OVER, STAGE_AFTER, STAGE_OF, STANDING_FACTS, is_over, standing_after

NOON = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def test_every_status_of_an_order_has_a_word_for_customers():
    assert set(STAGE_OF) == set(OrderStatus)


def test_every_end_of_an_order_needs_no_estimate():
    assert all(is_over(status) for status in TERMINAL | {OrderStatus.DELIVERED})
    assert not is_over(OrderStatus.PICKED_UP)
    assert {STAGE_OF[status] for status in TERMINAL} <= OVER


def test_stages_are_entered_by_events_that_exist():
    kinds = [kind for kind in vars(messages).values() if isinstance(kind, type) and issubclass(kind, Event)]
    tags = {msgspec.structs.fields(kind) and kind.event_type() for kind in kinds}

    assert set(STAGE_AFTER) <= tags
    assert set(STAGE_AFTER.values()) == set(STAGE_OF.values())


def test_what_hinders_an_order_is_over_when_somebody_carries_it():
    assert standing_after("delivery.nobody_found", at=NOON).trouble is Trouble.NOBODY_FOUND
    assert standing_after("order.rider_assigned", at=NOON) == Standing()


def test_a_rider_who_turns_back_is_at_the_door_no_more():
    assert standing_after("order.rider_arrived_at_dropoff", at=NOON) == Standing(arrived_at=NOON)
    assert standing_after("delivery.turned_back", at=NOON) == Standing(trouble=Trouble.TURNED_BACK)


def test_an_order_stands_by_events_that_exist():
    kinds = [*vars(messages).values(), *vars(fleet.messages).values()]
    tags = {kind.event_type() for kind in kinds if isinstance(kind, type) and issubclass(kind, Event)}

    assert set(STANDING_FACTS) <= tags
