from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from tests.orders.builders import NOON, an_entry, an_order

from kernel.actors import Role
from kernel.money import Money
from orders import policy
from orders.errors import CancellationLapsed, RefundTooLarge, TooLateToCancel
from orders.model import Cancellation, CancellationStatus, EntryKind, EntryStatus, OrderStatus
from orders.policy import Outcome

AUTHORISE, CAPTURE, VOID, REFUND = EntryKind
REQUESTED, SETTLED, REFUSED = EntryStatus


def in_brl(*amounts):
    return tuple(Money(amount, "BRL") for amount in amounts)


@pytest.mark.parametrize(
    ("entries", "held", "captured", "refunded"),
    [
        ([], 0, 0, 0),
        ([(AUTHORISE, REQUESTED)], 3500, 0, 0),
        ([(AUTHORISE, SETTLED)], 3500, 0, 0),
        ([(AUTHORISE, REFUSED)], 0, 0, 0),
        ([(AUTHORISE, SETTLED), (VOID, REQUESTED)], 0, 0, 0),
        ([(AUTHORISE, SETTLED), (CAPTURE, REQUESTED)], 0, 3500, 0),
        ([(AUTHORISE, SETTLED), (CAPTURE, REFUSED)], 3500, 0, 0),
        ([(AUTHORISE, SETTLED), (CAPTURE, SETTLED), (REFUND, REQUESTED)], 0, 3500, 3500),
        ([(AUTHORISE, SETTLED), (CAPTURE, SETTLED), (REFUND, REFUSED)], 0, 3500, 0),
        ([(CAPTURE, SETTLED)], 0, 3500, 0),
    ],
    ids=lambda value: (
        "-".join(f"{kind}.{status}" for kind, status in value) or "nothing" if isinstance(value, list) else ""
    ),
)
def test_where_the_money_is(entries, held, captured, refunded):
    ledger = policy.balance([an_entry(kind, status=status) for kind, status in entries], currency="BRL")

    assert (ledger.held, ledger.captured, ledger.refunded) == in_brl(held, captured, refunded)
    assert ledger.refundable == Money(captured - refunded, "BRL")


def test_refunds_stop_at_what_was_captured():
    ledger = policy.balance([an_entry(CAPTURE), an_entry(REFUND, 3000)], currency="BRL")

    policy.check_refund("ord_x", ledger, Money(500, "BRL"))
    with pytest.raises(RefundTooLarge) as refusal:
        policy.check_refund("ord_x", ledger, Money(501, "BRL"))
    assert refusal.value.facts["refunded_minor"] == 3000


def test_a_movement_waits_for_the_one_it_stands_on():
    assert policy.must_wait(VOID, [an_entry(AUTHORISE, status=REQUESTED)])
    assert policy.must_wait(REFUND, [an_entry(CAPTURE, status=REQUESTED)])
    assert not policy.must_wait(CAPTURE, [an_entry(AUTHORISE)])
    assert not policy.must_wait(AUTHORISE, [an_entry(AUTHORISE, status=REQUESTED)])


def test_what_stands_on_a_refused_movement_falls_with_it_to_the_last():
    hold, capture, refund = (an_entry(kind, status=REQUESTED) for kind in (AUTHORISE, CAPTURE, REFUND))

    assert policy.list_waiting(hold, [hold, capture, refund]) == [capture]
    assert policy.list_falling(hold, [hold, capture, refund]) == [capture, refund]


class Ledger(RuleBasedStateMachine):
    """One order's ledger as `orders.commands.payments` writes it, with a provider that answers in any order, or no."""

    def __init__(self) -> None:
        super().__init__()
        self.entries = [an_entry(AUTHORISE, status=REQUESTED)]

    def balance(self):
        return policy.balance(self.entries, currency="BRL")

    def request(self, kind, amount):
        self.entries.append(an_entry(kind, amount.amount_minor, REQUESTED))

    @rule()
    def accept(self):
        if self.balance().held.amount_minor:
            self.request(CAPTURE, self.balance().held)

    @rule()
    def give_back(self):
        ledger = self.balance()
        if ledger.held.amount_minor:
            self.request(VOID, ledger.held)
        if ledger.refundable.amount_minor:
            self.request(REFUND, ledger.refundable)

    @rule(amount=st.integers(1, 5000))
    def refund(self, amount):
        try:
            policy.check_refund("ord_x", self.balance(), Money(amount, "BRL"))
        except RefundTooLarge:
            return
        self.request(REFUND, Money(amount, "BRL"))

    @rule(is_done=st.booleans(), which=st.integers(0, 20))
    def answer(self, is_done, which):
        asked = [
            entry for entry in self.entries
            if entry.status is REQUESTED and not policy.must_wait(entry.kind, self.entries)
        ]  # fmt: skip
        if not asked:
            return
        entry = asked[which % len(asked)]
        falling = [] if is_done else policy.list_falling(entry, self.entries)
        self.settle(entry, SETTLED if is_done else REFUSED)
        for fallen in falling:
            self.settle(fallen, REFUSED)

    def settle(self, entry, status):
        place = [known.id for known in self.entries].index(entry.id)
        self.entries[place] = an_entry(entry.kind, entry.amount.amount_minor, status, id=entry.id)

    def moved(self, kind, *statuses):
        return sum(e.amount.amount_minor for e in self.entries if e.kind is kind and e.status in statuses)

    @invariant()
    def no_more_goes_back_than_was_taken(self):
        assert self.moved(REFUND, SETTLED) <= self.moved(CAPTURE, SETTLED)
        assert self.moved(REFUND, SETTLED, REQUESTED) <= self.moved(CAPTURE, SETTLED, REQUESTED)

    @invariant()
    def a_hold_is_taken_or_let_go_and_never_both(self):
        taken = self.moved(CAPTURE, SETTLED, REQUESTED) + self.moved(VOID, SETTLED, REQUESTED)
        assert taken <= self.moved(AUTHORISE, SETTLED, REQUESTED)


TestLedger = Ledger.TestCase
TestLedger.settings = settings(max_examples=200, stateful_step_count=20, deadline=None)


@given(st.lists(st.tuples(st.sampled_from(EntryKind), st.sampled_from(EntryStatus), st.integers(0, 10**9)), max_size=8))
@settings(deadline=None)
def test_refused_movements_never_happened(movements):
    entries = [an_entry(kind, amount, status) for kind, status, amount in movements]
    live = [entry for entry in entries if entry.status is not REFUSED]

    assert policy.balance(entries, currency="BRL") == policy.balance(live, currency="BRL")


@pytest.mark.parametrize(
    ("status", "by", "outcome"),
    [
        ("received", Role.CUSTOMER, Outcome.AT_ONCE),
        ("held_for_review", Role.CUSTOMER, Outcome.AT_ONCE),
        ("placed", Role.CUSTOMER, Outcome.AT_ONCE),
        ("placed", Role.PLATFORM, Outcome.AT_ONCE),
        ("accepted", Role.CUSTOMER, Outcome.STORE_IS_ASKED),
        ("accepted", Role.PLATFORM, Outcome.STORE_IS_ASKED),
        ("accepted", Role.OPERATOR, Outcome.AT_ONCE),
        ("preparing", Role.CUSTOMER, Outcome.NOT_POSSIBLE),
        ("preparing", Role.OPERATOR, Outcome.AT_ONCE),
        ("ready", Role.CUSTOMER, Outcome.NOT_POSSIBLE),
        ("ready", Role.OPERATOR, Outcome.AT_ONCE),
        *[(over, role, Outcome.NOT_POSSIBLE)
          for over in ("picked_up", "delivered", "completed", "rejected", "expired", "cancelled", "returned")
          for role in (Role.CUSTOMER, Role.OPERATOR)],
    ],
)  # fmt: skip
def test_who_may_cancel_at_which_stage(status, by, outcome):
    order = an_order(status=OrderStatus(status))

    quote = policy.quote_cancellation(order, [an_entry(AUTHORISE)], by=by, now=NOON)

    assert quote.outcome is outcome
    assert quote.refund_minor == (0 if outcome is Outcome.NOT_POSSIBLE else 3500)
    assert (quote.fee_minor, quote.stage, quote.valid_until) == (0, status, NOON + timedelta(minutes=2))


def test_a_quote_names_the_facts_it_stands_on():
    placed, accepted = an_order(id="ord_x"), an_order(id="ord_x", status=OrderStatus.ACCEPTED)

    def version(order, entries=()):
        return policy.quote_cancellation(order, entries, by=Role.CUSTOMER, now=NOON).version

    assert version(placed) == version(placed)
    assert len({version(placed), version(accepted), version(placed, [an_entry(AUTHORISE)])}) == 3


def test_what_is_not_possible_is_refused():
    order = an_order(status=OrderStatus.PICKED_UP)
    quote = policy.quote_cancellation(order, [], by=Role.CUSTOMER, now=NOON)

    with pytest.raises(TooLateToCancel):
        policy.check_executable(order, quote)


def test_what_is_possible_is_let_through():
    order = an_order(status=OrderStatus.PLACED)
    quote = policy.quote_cancellation(order, [], by=Role.CUSTOMER, now=NOON)

    policy.check_executable(order, quote)


def test_the_stores_answer_counts_until_the_second_it_is_due():
    asked = Cancellation(
        id="cnl_x",
        order_id="ord_x",
        status=CancellationStatus.ASKED,
        answer_by=NOON,
        fee_minor=0,
        refund_minor=0,
        reason="",
    )

    policy.check_answer(asked, now=NOON - timedelta(microseconds=1))
    with pytest.raises(CancellationLapsed):
        policy.check_answer(asked, now=NOON)
