import inspect

import msgspec
import pytest

import merchant.messages
import orders.messages
from kernel.events import Event
from merchant.policy.feed import ALWAYS, SEEN, seen_by_store

OF_NEIGHBOURS = {"delivery.unassigned_alert"}  # named, never imported


def told_to_stores() -> dict[str, type[Event]]:
    """Every event that is addressed to a store."""
    found = [
        kind
        for module in (orders.messages, merchant.messages)
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, Event) and "store_id" in kind.addressed_to and "." in kind.event_type()
    ]
    return {kind.event_type(): kind for kind in found}


def test_somebody_decided_about_every_fact_that_stores_are_told():
    not_the_stores_business = {"order.rider_arrived_at_dropoff"}

    assert set(told_to_stores()) - not_the_stores_business == set(SEEN) - OF_NEIGHBOURS


@pytest.mark.parametrize("kind", sorted(set(SEEN) - OF_NEIGHBOURS))
def test_what_a_store_sees_is_there_to_be_seen(kind):
    fields = {field.name for field in msgspec.structs.fields(told_to_stores()[kind])}

    assert set(SEEN[kind]) <= fields
    assert "order_id" in fields or kind.startswith("store.")


def test_a_store_does_not_see_what_the_customer_gets_back():
    fact = {"type": "order.rejected", "order_id": "o", "store_id": "s", "reason": "closing", "refund_minor": 4700}

    assert seen_by_store(fact) == {"type": "order.rejected", "order_id": "o", "store_id": "s", "reason": "closing"}


def test_a_store_does_not_see_that_the_rider_is_at_the_customers_door():
    assert seen_by_store({"type": "order.rider_arrived_at_dropoff", "order_id": "o", "store_id": "s"}) is None


def test_every_fact_says_whose_it_is():
    assert set(ALWAYS) >= {"type", "order_id", "store_id"}
