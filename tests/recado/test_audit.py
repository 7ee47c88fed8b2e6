import pytest

from recado.audit import compare, replay
from simulator.play import Seen

DELIVERED = [
    "order.received",
    "order.placed",
    "ticket.offered",
    "delivery.opened",
    "order.accepted",
    "offer.made",
    "offer.made",
    "offer.declined",
    "order.rider_assigned",
    "order.preparation_started",
    "order.rider_arrived_at_pickup",
    "order.ready",
    "order.picked_up",
    "ticket.handed_over",
    "order.rider_arrived_at_dropoff",
    "order.delivered",
    "order.completed",
]


def a_life(**changes: object) -> dict:
    life = {
        "order_id": "ord_1",
        "order_status": "completed",
        "delivery_status": "delivered",
        "ticket_status": "handed_over",
        "types": DELIVERED,
    }
    return life | changes


def without(*kinds: str) -> list[str]:
    return [kind for kind in DELIVERED if kind not in kinds]


def faults(life: dict) -> list[str]:
    return [fault for finding in replay([life]) for fault in finding.faults]


def test_an_order_delivered_as_it_should_be_breaks_nothing():
    assert faults(a_life()) == []


@pytest.mark.parametrize(
    "types",
    [
        pytest.param(without("order.accepted"), id="cooked and never accepted"),
        pytest.param(without("order.rider_assigned"), id="carried by nobody"),
        pytest.param([*DELIVERED, "order.cancelled"], id="cancelled after it was completed"),
        pytest.param([*without("order.completed"), "order.delivered", "order.completed"], id="delivered twice"),
    ],
)
def test_a_history_that_leaves_its_table_is_found(types: list[str]):
    assert faults(a_life(types=types))


@pytest.mark.parametrize("row", ["order_status", "delivery_status", "ticket_status"])
def test_a_row_that_is_not_where_its_history_ends_is_found(row: str):
    (fault,) = faults(a_life(**{row: "cancelled"}))

    assert "its row is cancelled" in fault


def test_an_order_that_was_held_has_no_ticket_and_no_delivery():
    held = a_life(
        order_status="held_for_review",
        delivery_status=None,
        ticket_status=None,
        types=["order.received", "order.held_for_review"],
    )

    assert faults(held) == []


def rows(feed_id: str, *types: str) -> list[dict]:
    return [{"feed_id": feed_id, "seq": seq, "type": kind} for seq, kind in enumerate(types, start=1)]


def test_a_watcher_who_saw_everything_breaks_nothing():
    seen = {
        "ord_1": Seen(after=0, messages=[(1, "order.placed"), (2, "hidden")]),
        "sto_1": Seen(after=1, messages=[(2, "order.ready")]),
        "sto_2": Seen(after=1, messages=[]),
    }

    finding = compare(
        seen,
        [*rows("ord_1", "order.placed", "payment.settled"), *rows("sto_1", "a", "order.ready"), *rows("sto_2", "a")],
    )

    assert finding.holds
    assert finding.checked == 3


@pytest.mark.parametrize(
    "messages",
    [
        pytest.param([(1, "order.placed")], id="the last one missing"),
        pytest.param([(1, "order.placed"), (2, "order.accepted"), (2, "order.accepted")], id="one told twice"),
        pytest.param([(1, "order.placed"), (2, "order.rejected")], id="something else told"),
        pytest.param([], id="nothing told"),
    ],
)
def test_a_watcher_who_saw_something_else_is_found(messages: list[tuple[int, str]]):
    assert not compare(
        {"ord_1": Seen(after=0, messages=messages)}, rows("ord_1", "order.placed", "order.accepted")
    ).holds
