"""Who sees what, cell by cell. Changing the table means changing this page, which somebody reads."""

from datetime import UTC, datetime, timedelta

import pytest

import fleet.messages
import merchant.messages
import orders.messages
import tracking.messages
from kernel.actors import Role
from kernel.events import Event
from tracking.policy.privacy import (
    CARRYING_FACTS,
    FACTS,
    NOBODY,
    OVER,
    STAGES,
    Carrying,
    May,
    Phase,
    Sight,
    carrying_after,
    may,
    may_hear,
    sight,
    visible,
)

NOON, SECOND = datetime(2026, 3, 2, 15, 0, tzinfo=UTC), timedelta(seconds=1)
ROLES = ("customer", "follower", "platform", "merchant", "operator")
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


# What each role may see at each stage besides the facts: the rider's place and card, the code that is said at the door,
# the door, and what is to be paid there.
SEEN = """
    customer  nobody                 none    -     -     door  due
    customer  approaching            none    card  -     door  due
    customer  carrying_other_first   coarse  card  code  door  due
    customer  carrying_next          exact   card  code  door  due
    customer  over                   none    -     -     door  -

    follower  nobody                 none    -     -     door  due
    follower  approaching            none    card  -     door  due
    follower  carrying_other_first   coarse  card  code  door  due
    follower  carrying_next          exact   card  code  door  due
    follower  over                   none    -     -     -     -

    platform  nobody                 none    -     -     door  due
    platform  approaching            none    card  -     door  due
    platform  carrying_other_first   coarse  card  -     door  due
    platform  carrying_next          exact   card  -     door  due
    platform  over                   none    -     -     door  -

    merchant  nobody                 none    -     -     -     -
    merchant  approaching            exact   card  -     -     -
    merchant  carrying_other_first   none    -     -     -     -
    merchant  carrying_next          none    -     -     -     -
    merchant  over                   none    -     -     -     -

    operator  nobody                 none    -     -     door  due
    operator  approaching            exact   card  -     door  due
    operator  carrying_other_first   exact   card  -     door  due
    operator  carrying_next          exact   card  -     door  due
    operator  over                   none    -     -     door  -

    rider     nobody                 none    -     -     -     -
    rider     approaching            none    -     -     -     -
    rider     carrying_other_first   none    -     -     -     -
    rider     carrying_next          none    -     -     -     -
    rider     over                   none    -     -     -     -
"""
ROWS = [line.split() for line in SEEN.splitlines() if line]
COLUMNS = ("card", "code", "door", "due")


@pytest.mark.parametrize(("role", "phase", "cells"), [(row[0], row[1], row[2:]) for row in ROWS])
def test_each_role_sees_at_each_stage_what_is_written_here(role, phase, cells):
    seen = may(Carrying("rdr_1", Phase(phase)), Role(role))

    assert [seen.position, *(name if getattr(seen, name) else "-" for name in COLUMNS)] == cells


def test_somebody_has_decided_about_every_stage_for_every_role_that_can_follow():
    assert {(row[0], row[1]) for row in ROWS} == {(role, phase) for role in {*ROLES, "rider"} for phase in Phase}
    assert set(STAGES) == {(Role(role), phase) for role in ROLES for phase in Phase}
    assert set(May.__struct_fields__) == {"position", *COLUMNS}


def test_a_link_shows_at_no_stage_more_than_its_customer_sees():
    rank = list(Sight)
    for phase in Phase:
        follower, customer = STAGES[F, phase], STAGES[C, phase]

        assert rank.index(follower.position) <= rank.index(customer.position)
        assert all(getattr(customer, name) or not getattr(follower, name) for name in COLUMNS)


ANA = Carrying("rdr_ana", Phase.APPROACHING)
FIRST, NEXT = Phase.OTHER_FIRST, Phase.NEXT


@pytest.mark.parametrize(
    ("event_type", "says", "expected"),
    [
        ("order.rider_assigned", {}, Carrying("rdr_beto", Phase.APPROACHING)),
        ("order.rider_unassigned", {}, NOBODY),
        ("order.picked_up", {"is_next_stop": True}, Carrying("rdr_beto", NEXT)),
        ("order.picked_up", {"is_next_stop": False}, Carrying("rdr_beto", FIRST)),
        ("order.picked_up", {"is_next_stop": None}, Carrying("rdr_beto", FIRST)),
        ("order.picked_up", {}, Carrying("rdr_beto", FIRST)),
        ("order.other_stop_first", {}, Carrying("rdr_beto", FIRST)),
        ("order.is_next_stop", {}, Carrying("rdr_beto", NEXT, exact_from=NOON)),
        ("order.delivered", {}, OVER),
        ("order.returned", {}, OVER),
        ("order.cancelled", {}, OVER),
        ("order.rejected", {}, OVER),
        ("order.expired", {}, OVER),
        ("delivery.turned_back", {}, OVER),
        ("delivery.failed", {}, OVER),
    ],
)
def test_a_fact_alone_says_who_carries_from_then_on(event_type, says, expected):
    assert carrying_after(ANA, event_type, {"rider_id": "rdr_beto"} | says, at=NOON) == expected
    assert event_type in CARRYING_FACTS


@pytest.mark.parametrize("event_type", sorted(set(CELLS) - set(CARRYING_FACTS)))
def test_other_facts_change_nobody_s_sight(event_type):
    assert carrying_after(ANA, event_type, {"rider_id": "rdr_beto"}, at=NOON) == ANA


def test_facts_that_say_who_carries_exist():
    assert set(CARRYING_FACTS) <= set(EVENTS)


@pytest.mark.parametrize(
    ("role", "before"), [(C, "coarse"), (F, "coarse"), (P, "coarse"), (M, "none"), (Role.OPERATOR, "exact")]
)
def test_where_the_rider_was_before_the_order_became_next_stays_as_rough_as_it_was(role, before):
    """Their last place then is at the door of the stop before."""
    carrying = carrying_after(ANA, "order.is_next_stop", {"rider_id": "rdr_ana"}, at=NOON)

    assert sight(carrying, role, measured_at=NOON - SECOND) == before
    assert sight(carrying, role, measured_at=NOON) == STAGES[role, NEXT].position


def test_who_hears_of_a_step_is_told_since_when():
    heard = [role for role in Role if may_hear("order.rider_arrived_at_dropoff", role)]

    assert set(heard) == {C, F, P, Role.OPERATOR}
