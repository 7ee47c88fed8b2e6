"""Who sees what, cell by cell. Changing the table means changing this page, which somebody reads."""

import pytest

import fleet.messages
import merchant.messages
import orders.messages
import tracking.messages
from kernel.actors import Role
from kernel.events import Event
from tracking.model import Stage, Standing, Trouble
from tracking.policy.privacy import (
    CARDS,
    CARRYING_FACTS,
    FACTS,
    NOBODY,
    POSITIONS,
    Carrying,
    Phase,
    carrying_after,
    may_see_card,
    may_see_code,
    may_see_position,
    visible,
)

C, P, M, F = Role.CUSTOMER, Role.PLATFORM, Role.MERCHANT, Role.FOLLOWER
NO = None
# fmt: off
#    event type                         customer            platform            merchant
CELLS = {
    "order.received":                 (
        "short_number total_minor currency",
        "short_number total_minor currency",
        NO,
    ),
    "order.held_for_review":          ("",                 "",                 NO),
    "order.placed":                   (
        "short_number accept_by",
        "short_number accept_by",
        "short_number accept_by",
    ),
    "order.rejected":                 (
        "reason item_ids refund_minor",
        "reason item_ids refund_minor",
        "reason item_ids",
    ),
    "order.expired":                  ("refund_minor",     "refund_minor",     "accept_by"),
    "order.accepted":                 (
        "ready_by",
        "prep_minutes ready_by",
        "prep_minutes ready_by",
    ),
    "order.preparation_started":      ("",                 "",                 ""),
    "order.ready_by_changed":         ("ready_by",         "ready_by",         "ready_by extended_minutes reason"),
    "order.ready":                    ("",                 "",                 ""),
    "order.rider_assigned":           ("",                 "",                 "rider_id pickup_eta_at"),
    "order.rider_unassigned":         ("",                 "",                 ""),
    "order.rider_arrived_at_pickup":  ("",                 "",                 "rider_id"),
    "order.items_disputed":           (NO,                 NO,                 "problems"),
    "order.items_answered":           (NO,                 NO,                 "resolution note"),
    "order.picked_up":                ("",                 "",                 "rider_id"),
    "order.is_next_stop":             ("",                 "",                 NO),
    "order.other_stop_first":         ("",                 "",                 NO),
    "order.rider_arrived_at_dropoff": ("",                 "",                 NO),
    "order.delivered":                ("",                 "proof",            ""),
    "order.returned":                 ("reason",           "reason",           "reason"),
    "order.completed":                ("",                 "",                 ""),
    "order.cancellation_asked":       (
        "cancellation_id reason answer_by",
        "cancellation_id reason answer_by",
        "cancellation_id reason answer_by",
    ),
    "order.cancellation_refused":     ("cancellation_id",  "cancellation_id",  "cancellation_id"),
    "order.cancelled":                (
        "reason by_role fee_minor refund_minor",
        "reason by_role fee_minor refund_minor",
        "reason by_role fee_minor",
    ),
    "payment.requested":              (NO,                 NO,                 NO),
    "payment.settled":                (
        "kind amount_minor",
        "kind amount_minor",
        NO,
    ),
    "payment.refused":                (
        "kind amount_minor",
        "kind amount_minor",
        NO,
    ),
    "ticket.offered":                 (NO,                 NO,                 NO),
    "ticket.reminded":                (NO,                 NO,                 NO),
    "ticket.escalated":               (NO,                 NO,                 NO),
    "ticket.window_extended":         (NO,                 NO,                 NO),
    "ticket.ready_overdue":           (NO,                 NO,                 NO),
    "ticket.withdrawn":               (NO,                 NO,                 NO),
    "ticket.handed_over":             (NO,                 NO,                 NO),
    "escalation.resolved":            (NO,                 NO,                 NO),
    "delivery.opened":                (NO,                 NO,                 NO),
    "delivery.round_closed":          (NO,                 NO,                 NO),
    "delivery.unassigned_alert":      (NO,                 NO,                 ""),
    "delivery.nobody_found":          ("",                 "",                 ""),
    "delivery.overridden":            (NO,                 NO,                 NO),
    "delivery.step_timed":            (NO,                 NO,                 NO),
    "delivery.turned_back":           ("",                 "reason",           "reason"),
    "delivery.failed":                ("",                 "",                 ""),
    "delivery.cancelled":             (NO,                 NO,                 NO),
    "report.unapplied":               (NO,                 NO,                 NO),
    "incident.reported":              (NO,                 NO,                 NO),
    "incident.resolved":              (NO,                 NO,                 NO),
    "offer.made":                     (NO,                 NO,                 NO),
    "offer.accepted":                 (NO,                 NO,                 NO),
    "offer.declined":                 (NO,                 NO,                 NO),
    "offer.expired":                  (NO,                 NO,                 NO),
    "offer.withdrawn":                (NO,                 NO,                 NO),
    "promise.made":                   (
        "promised_from promised_by eta_at low_at high_at",
        "promised_from promised_by eta_at low_at high_at",
        "promised_by",
    ),
    "eta.revised":                    (
        "was_at eta_at low_at high_at cause breaks_promise",
        "was_at eta_at low_at high_at cause breaks_promise",
        "eta_at cause",
    ),
    "promise.breached":               (
        "promised_by at late_by_s is_expected cause",
        "promised_by at late_by_s is_expected cause",
        "late_by_s is_expected cause",
    ),
}
# fmt: on


def every_event_of_an_order() -> dict[str, type[Event]]:
    kinds = [
        kind
        for module in (orders.messages, merchant.messages, fleet.messages, tracking.messages)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Event) and "order_id" in kind.__struct_fields__
    ]
    return {kind.event_type(): kind for kind in kinds if kind.__struct_config__.tag not in {None, kind.__name__}}


EVENTS = every_event_of_an_order()


def test_somebody_has_decided_about_every_event_of_an_order():
    assert set(CELLS) == set(EVENTS)
    assert set(FACTS) <= set(CELLS)


@pytest.mark.parametrize(
    ("event_type", "role", "expected"),
    [(kind, role, cell) for kind, row in CELLS.items() for role, cell in zip((C, P, M), row, strict=True)],
    ids=lambda value: "hidden" if value is None else str(value) or "bare",
)
def test_each_role_sees_its_cell_and_no_more(event_type, role, expected):
    payload = {"type": event_type} | dict.fromkeys(EVENTS[event_type].__struct_fields__, "x")

    seen = visible(event_type, payload, role)

    assert seen == (None if expected is None else dict.fromkeys(expected.split(), "x"))


@pytest.mark.parametrize("event_type", CELLS)
def test_fields_named_in_the_table_exist(event_type):
    for cell in CELLS[event_type]:
        assert set((cell or "").split()) <= set(EVENTS[event_type].__struct_fields__)


def test_an_operator_sees_every_fact_whole():
    assert visible("offer.made", {"type": "offer.made", "pay_minor": 880}, Role.OPERATOR) == {"pay_minor": 880}


MONEY = {"total_minor", "currency", "refund_minor", "fee_minor", "amount_minor"}


@pytest.mark.parametrize("event_type", CELLS)
def test_a_follower_sees_what_the_customer_sees_and_no_money(event_type):
    payload = {"type": event_type} | dict.fromkeys(EVENTS[event_type].__struct_fields__, "x")
    customers = visible(event_type, payload, C)

    seen = visible(event_type, payload, F)

    if customers is None or event_type.startswith("payment."):
        assert seen is None
    else:
        assert seen == {name: value for name, value in customers.items() if name not in MONEY}


@pytest.mark.parametrize("role", [C, P, M, F, Role.RIDER, Role.SYSTEM])
def test_what_nobody_decided_about_is_hidden(role):
    assert visible("order.invented", {"secret": 1}, role) is None


@pytest.mark.parametrize("role", [Role.RIDER, Role.SYSTEM])
def test_a_role_without_a_column_sees_nothing(role):
    assert visible("order.ready", {}, role) is None


A, K = Phase.APPROACHING, Phase.CARRYING


@pytest.mark.parametrize(
    ("role", "positions", "cards"),
    [
        (C, {K}, {A, K}),
        (F, {K}, {A, K}),
        (P, {K}, {A, K}),
        (M, {A}, {A}),
        (Role.OPERATOR, {A, K}, {A, K}),
        (Role.RIDER, set(), set()),
    ],
    ids=["customer", "follower", "platform", "merchant", "operator", "rider"],
)
def test_the_rider_is_seen_by_role_and_phase(role, positions, cards):
    assert {phase for phase in Phase if may_see_position(Carrying("rdr_1", phase), role)} == positions
    assert {phase for phase in Phase if may_see_card(Carrying("rdr_1", phase), role)} == cards
    assert not may_see_position(NOBODY, role)
    assert not may_see_card(NOBODY, role)


def test_every_role_with_a_column_has_decided_phases():
    assert set(POSITIONS) == set(CARDS) == {C, P, M, F, Role.OPERATOR}


@pytest.mark.parametrize(
    ("event_type", "expected"),
    [
        ("order.rider_assigned", Carrying("rdr_2", A)),
        ("order.picked_up", Carrying("rdr_2", K)),
        ("order.rider_unassigned", NOBODY),
        ("order.delivered", NOBODY),
        ("order.returned", NOBODY),
        ("order.cancelled", NOBODY),
        ("delivery.turned_back", NOBODY),
        ("delivery.failed", NOBODY),
        ("order.ready", Carrying("rdr_1", A)),
    ],
)
def test_facts_say_who_carries_from_then_on(event_type, expected):
    assert carrying_after(Carrying("rdr_1", A), event_type, "rdr_2") == expected
    assert (event_type in CARRYING_FACTS) == (event_type != "order.ready")


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("stage", Stage)
def test_the_code_is_for_who_waits_at_the_door_while_the_food_is_on_its_way(stage, role):
    assert may_see_code(stage, Standing(), role) is (stage is Stage.ON_THE_WAY and role in {C, F})
    assert not may_see_code(stage, Standing(trouble=Trouble.TURNED_BACK), role)
