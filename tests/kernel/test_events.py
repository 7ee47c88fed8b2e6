from datetime import UTC, datetime

from kernel.events import Act, Cause
from kernel.ids import OrderId, RiderId, StoreId
from orders.messages import OrderCompleted, OrderReady

NOON = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def test_a_fact_reaches_the_feeds_of_whom_it_concerns():
    ready = OrderReady(order_id=OrderId("ord_1"), store_id=StoreId("sto_1"), rider_id=RiderId("rdr_1"))

    assert ready.feeds() == ["sto_1", "rdr_1"]


def test_nobody_is_not_told():
    ready = OrderReady(order_id=OrderId("ord_1"), store_id=StoreId("sto_1"), rider_id=None)

    assert ready.feeds() == ["sto_1"]
    assert OrderCompleted(order_id=OrderId("ord_1")).feeds() == []


def test_an_implied_step_keeps_who_and_when_and_says_why():
    act = Act.by_system(NOON, Cause.DISPATCH)

    assert act.implied() == Act(actor=act.actor, now=NOON, occurred_at=NOON, cause=Cause.IMPLIED)
