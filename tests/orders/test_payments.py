import pytest
from tests.infra.facts import going, until
from tests.orders.builders import NOON, an_act

from infra.clock import DomainClock
from infra.payments import Answer, sandbox_providers
from infra.timekeeper import Timekeeper
from kernel.actors import Role
from kernel.errors import DomainError
from kernel.events import Act, Cause
from kernel.money import Money
from orders import commands, worker
from orders.commands.payments import find_entry
from orders.errors import RefundTooLarge
from orders.model import PaymentMethod

CARD = {"payment_method": PaymentMethod.CARD, "payment_token": "tok_visa"}
EXPIRED = Act.by_system(NOON, Cause.DEADLINE)


class Provider:
    """A card provider that answers what it is told to, and remembers what it was asked."""

    def __init__(self):
        self.asked = []
        self.refuses = set()
        self.is_away = 0

    async def perform(self, request):
        self.asked.append(request)
        if self.is_away:
            self.is_away -= 1
            raise TimeoutError("nobody knows")
        return Answer(is_done=request.kind not in self.refuses, provider_ref=f"ref {request.key}", reason="declined")


@pytest.fixture
def provider():
    return Provider()


@pytest.fixture
def perform(house, provider):
    """Let the provider be asked for everything that is due, until nothing is."""

    async def run(providers=None):
        clock = DomainClock(house.database.read)
        keeper = Timekeeper(
            house.database, clock, in_transaction={},
            outside=worker.outside_timers(providers or {"card": provider, "prepaid": provider}),
        )  # fmt: skip

        async def none_due():
            return await house.fetch("SELECT FROM timers WHERE status = 'pending' AND kind = 'payment.perform'") == []

        async with going(keeper.run()):
            await until(none_due)

    return run


async def accept(house, order_id):
    await house.do(order_id, commands.accept, prep_minutes=5, ready_by=NOON, act=an_act(Role.MERCHANT))


async def expire(house, order_id):
    await house.do(order_id, commands.expire, accept_by=NOON, act=EXPIRED)


async def refund(house, order_id, amount_minor):
    await house.do(
        order_id, commands.refund, amount=Money(amount_minor, "BRL"), reason="cold", act=an_act(Role.OPERATOR)
    )


async def test_a_card_is_authorised_when_the_order_is_received(house, perform, provider):
    order_id = await house.order(**CARD)
    assert await house.ledger(order_id) == [("authorise", 3500, "requested")]

    await perform()

    assert await house.ledger(order_id) == [("authorise", 3500, "settled")]
    assert (provider.asked[0].kind, provider.asked[0].token) == ("authorise", "tok_visa")
    assert await house.told(order_id) == ["order.received", "payment.requested", "payment.settled"]


async def test_the_token_is_forgotten_once_used(house, perform):
    order_id = await house.order(**CARD)

    await perform()

    assert await house.fetch("SELECT token FROM payment_entries WHERE order_id = $1", order_id) == [(None,)]


async def test_the_sandbox_approves_declines_and_repeats_itself(house, perform):
    good = await house.order(**CARD)
    bad = await house.order(payment_method=PaymentMethod.CARD, payment_token="tok_declined")

    await perform(sandbox_providers())

    assert await house.ledger(good) == [("authorise", 3500, "settled")]
    assert await house.ledger(bad) == [("authorise", 3500, "refused")]
    assert await house.payload(bad, "payment.refused") | {"entry_id": ""} == {
        "type": "payment.refused", "order_id": bad, "entry_id": "", "kind": "authorise", "amount_minor": 3500,
        "reason": "declined",
    }  # fmt: skip


async def test_a_hold_is_taken_when_the_store_accepts(house, perform):
    order_id = await house.order("placed", **CARD)
    await perform()

    await accept(house, order_id)
    await perform()

    assert await house.ledger(order_id) == [("authorise", 3500, "settled"), ("capture", 3500, "settled")]


async def test_a_hold_is_let_go_when_nobody_accepted(house, perform):
    order_id = await house.order("placed", **CARD)
    await perform()

    await expire(house, order_id)
    await perform()

    assert await house.ledger(order_id) == [("authorise", 3500, "settled"), ("void", 3500, "settled")]
    assert (await house.payload(order_id, "order.expired"))["refund_minor"] == 3500


async def test_what_was_taken_goes_back_when_it_is_cancelled(house, perform):
    order_id = await house.order("accepted", **CARD)
    await perform()

    await house.do(order_id, commands.cancel, reason="fire", fee_minor=0, act=an_act(Role.OPERATOR))
    await perform()

    kinds = [(kind, status) for kind, _, status in await house.ledger(order_id)]
    assert kinds == [("authorise", "settled"), ("capture", "settled"), ("refund", "settled")]


async def test_the_provider_is_asked_in_the_order_in_which_one_stands_on_the_other(house, perform, provider):
    """Because a capture that overtakes its hold is refused, and a refund of what was never taken is a gift."""
    order_id = await house.order("accepted", **CARD)
    await house.do(order_id, commands.cancel, reason="fire", fee_minor=0, act=an_act(Role.OPERATOR))

    await perform()

    assert [request.kind for request in provider.asked] == ["authorise", "capture", "refund"]


@pytest.mark.parametrize(("refused", "asked"), [("authorise", ["authorise"]), ("capture", ["authorise", "capture"])])
async def test_what_stands_on_a_refused_movement_is_never_asked_for(house, perform, provider, refused, asked):
    order_id = await house.order("accepted", **CARD)
    await house.do(order_id, commands.cancel, reason="fire", fee_minor=0, act=an_act(Role.OPERATOR))
    provider.refuses = {refused}

    await perform()

    assert [request.kind for request in provider.asked] == asked
    ledger = {kind: status for kind, _, status in await house.ledger(order_id)}
    assert ledger["refund"] == "refused"
    assert (await house.told(order_id)).count("payment.refused") == list(ledger.values()).count("refused")


async def test_a_hold_that_could_not_be_taken_is_still_held_and_let_go_on_cancelling(house, perform, provider):
    order_id = await house.order("accepted", **CARD)
    provider.refuses = {"capture"}
    await perform()

    await house.do(order_id, commands.cancel, reason="fire", fee_minor=0, act=an_act(Role.OPERATOR))
    await perform()

    assert (await house.ledger(order_id))[-1] == ("void", 3500, "settled")


async def test_a_provider_that_does_not_answer_is_asked_again_with_the_same_key(house, perform, provider):
    order_id = await house.order(**CARD)
    provider.is_away = 1

    await perform()

    assert await house.ledger(order_id) == [("authorise", 3500, "settled")]
    assert len({request.key for request in provider.asked}) == 1
    assert len(provider.asked) == 2


async def test_a_second_answer_to_the_same_movement_changes_nothing(house):
    order_id = await house.order(**CARD)
    entry_id = (await house.fetch("SELECT id FROM payment_entries"))[0][0]

    for is_done in (True, False, True):
        async with house.database.begin() as tx:
            entry = await find_entry(tx, entry_id)
            await commands.record_settlement(tx, entry, is_done=is_done, provider_ref="r", reason="", act=EXPIRED)

    assert await house.ledger(order_id) == [("authorise", 3500, "settled")]
    assert await house.told(order_id) == ["order.received", "payment.requested", "payment.settled"]


async def test_refunds_never_exceed_what_was_captured(house, perform):
    order_id = await house.order("accepted", **CARD)
    await perform()
    await refund(house, order_id, 2000)
    await refund(house, order_id, 1500)

    with pytest.raises(RefundTooLarge):
        await refund(house, order_id, 1)


async def test_ten_refunds_at_once_stop_at_what_was_captured(house, perform):
    import asyncio  # noqa: PLC0415

    order_id = await house.order("accepted", **CARD)
    await perform()

    answers = await asyncio.gather(*(refund(house, order_id, 1000) for _ in range(10)), return_exceptions=True)

    assert sum(answer is None for answer in answers) == 3
    assert all(isinstance(answer, DomainError) for answer in answers if answer is not None)


async def test_cash_is_taken_at_the_door(house, perform, provider):
    order_id = await house.order("delivered")

    assert await house.ledger(order_id) == [("capture", 3500, "settled")]
    await perform()
    assert provider.asked == []


async def test_cash_that_was_never_taken_does_not_go_back(house):
    order_id = await house.order("placed")

    await expire(house, order_id)

    assert await house.ledger(order_id) == []
    assert (await house.payload(order_id, "order.expired"))["refund_minor"] == 0


async def test_what_the_platform_took_goes_back_through_it(house, perform):
    order_id = await house.order("placed", payment_method=PaymentMethod.PREPAID)

    await expire(house, order_id)
    await perform(sandbox_providers())

    assert await house.ledger(order_id) == [("capture", 3500, "settled"), ("refund", 3500, "settled")]
