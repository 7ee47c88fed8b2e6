import msgspec

from kernel.events import Event
from orders import messages
from orders.model import OrderStatus
from orders.state import TERMINAL
from tracking.policy.stages import OVER, STAGE_AFTER, STAGE_OF, is_over


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
