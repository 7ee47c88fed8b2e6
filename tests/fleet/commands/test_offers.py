import pytest
from tests.fleet.town import minutes, seconds

from fleet.errors import (
    OfferAnswered,
    OfferExpired,
    OfferIsWithdrawn,
    OfferNotPossible,
    OfferNotYours,
    OfferTaken,
)
from orders.errors import OrderMoved


async def test_an_offer_is_told_to_its_rider_and_the_delivery_waits_for_the_answer(town):
    ana, order = await town.rider("Ana"), await town.order()

    offer_id = await town.offer(ana, order)

    made = await town.last(order, "offer.made")
    assert (made["rider_id"], made["offer_id"], made["pay_minor"]) == (ana, offer_id, 880)
    assert await town.status(order) == "offered"


async def test_a_rider_who_accepts_carries_it_and_everybody_is_told_once(town):
    ana, order = await town.rider("Ana"), await town.order()
    offer_id = await town.offer(ana, order)

    await town.take(ana, offer_id)
    await town.take(ana, offer_id)

    told = await town.told(order)
    assert told[-2:] == ["offer.accepted", "order.rider_assigned"]
    assert told.count("offer.accepted") == 1
    assert await town.status(order) == "assigned"
    assert (await town.last(order, "order.rider_assigned"))["assignment_no"] == 1


async def test_the_first_answer_stands_even_after_expiry(town):
    ana, order = await town.rider("Ana"), await town.order()
    offer_id = await town.offer(ana, order)
    await town.take(ana, offer_id)

    await town.wait(minutes(2))
    await town.take(ana, offer_id)

    assert await town.status(order) == "assigned"


async def test_an_offer_is_gone_at_the_very_second_it_expires(town):
    ana, order = await town.rider("Ana"), await town.order()
    offer_id = await town.offer(ana, order)

    town.now += seconds(30)

    with pytest.raises(OfferExpired):
        await town.take(ana, offer_id)


async def test_silence_sends_the_delivery_back_to_the_search(town):
    ana, order = await town.rider("Ana"), await town.order()
    offer_id = await town.offer(ana, order)

    await town.wait(seconds(30))

    assert await town.status(order) == "unassigned"
    assert (await town.told(order))[-2:] == ["offer.expired", "delivery.round_closed"]
    with pytest.raises(OfferExpired):
        await town.take(ana, offer_id)


async def test_three_misses_in_a_row_are_a_break_and_the_event_says_why(town):
    ana, order = await town.rider("Ana"), await town.order()

    for _ in range(3):
        await town.offer(ana, order)
        await town.wait(seconds(30))

    assert (await town.last(ana, "shift.break_started"))["reason"] == "3 offers in a row were not answered"
    with pytest.raises(OfferNotPossible, match="not working"):
        await town.offer(ana, order)


async def test_an_answer_between_two_misses_starts_the_count_anew(town):
    ana, order = await town.rider("Ana"), await town.order()

    for _ in range(2):
        await town.offer(ana, order)
        await town.wait(seconds(30))
    await town.refuse(ana, await town.offer(ana, order))
    await town.offer(ana, order)
    await town.wait(seconds(30))

    assert "shift.break_started" not in await town.told(ana)
    assert (await town.last(order, "offer.expired"))["misses_in_row"] == 1


async def test_declining_costs_nothing_and_a_second_thought_comes_too_late(town):
    ana, order = await town.rider("Ana"), await town.order()
    offer_id = await town.offer(ana, order)

    await town.refuse(ana, offer_id)
    await town.refuse(ana, offer_id)

    assert (await town.last(order, "offer.declined"))["reason"] == "too_far"
    assert (await town.told(order)).count("offer.declined") == 1
    assert await town.status(order) == "unassigned"
    with pytest.raises(OfferAnswered):
        await town.take(ana, offer_id)


async def test_of_two_riders_in_one_round_the_first_wins_and_the_other_is_told(town):
    ana, beto, order = await town.rider("Ana"), await town.rider("Beto"), await town.order()
    to_ana, to_beto = await town.offer(ana, order), await town.offer(beto, order)

    await town.take(beto, to_beto)

    assert (await town.last(order, "offer.withdrawn"))["because"] == "taken"
    with pytest.raises(OfferTaken):
        await town.take(ana, to_ana)


async def test_a_round_stays_open_until_the_last_rider_has_said_no(town):
    ana, beto, order = await town.rider("Ana"), await town.rider("Beto"), await town.order()
    to_ana, to_beto = await town.offer(ana, order), await town.offer(beto, order)

    await town.refuse(ana, to_ana)
    assert await town.status(order) == "offered"

    await town.refuse(beto, to_beto)
    assert await town.status(order) == "unassigned"


async def test_who_joins_a_round_is_asked_for_the_very_same_route(town):
    ana, beto = await town.rider("Ana"), await town.rider("Beto")
    first, second = await town.order(), await town.order()
    await town.offer(ana, first, second)

    with pytest.raises(OfferNotPossible, match="is offered"):
        await town.offer(beto, first)


async def test_a_batch_is_won_whole(town):
    ana, first, second = await town.rider("Ana"), await town.order(), await town.order()

    await town.take(ana, await town.offer(ana, first, second))

    assert [await town.status(order) for order in (first, second)] == ["assigned", "assigned"]


async def test_nobody_is_asked_twice_at_once_nor_beyond_what_fits(town):
    ana = await town.rider("Ana", capacity=1)
    first, second, third = await town.order(), await town.order(), await town.order()

    with pytest.raises(OfferNotPossible, match="no room left"):
        await town.offer(ana, first, second)
    await town.offer(ana, first)
    with pytest.raises(OfferNotPossible, match="has an open offer"):
        await town.offer(ana, third)


async def test_nobody_is_asked_for_what_the_store_has_not_accepted(town):
    ana, order = await town.rider("Ana"), await town.order(accepted=False)

    with pytest.raises(OfferNotPossible, match="not accepted by its store"):
        await town.offer(ana, order)


async def test_somebody_elses_offer_does_not_exist_for_me(town):
    ana, beto, order = await town.rider("Ana"), await town.rider("Beto"), await town.order()
    offer_id = await town.offer(ana, order)

    for answer in (town.take, town.refuse):
        with pytest.raises(OfferNotYours):
            await answer(beto, offer_id)


async def test_a_cancelled_order_refuses_the_rider_before_anybody_has_reacted(town):
    ana, order = await town.rider("Ana"), await town.order()
    offer_id = await town.offer(ana, order)

    await town.cancel(order)

    with pytest.raises(OrderMoved):
        await town.take(ana, offer_id)


async def test_when_the_order_is_cancelled_the_offer_is_withdrawn_and_its_neighbour_looks_on(town):
    ana, first, second = await town.rider("Ana"), await town.order(), await town.order()
    offer_id = await town.offer(ana, first, second)

    await town.cancel(first)
    await town.drain()

    assert await town.status(first) == "cancelled"
    assert await town.status(second) == "unassigned"
    assert (await town.last(second, "offer.withdrawn"))["because"] == "order_over"
    with pytest.raises(OfferIsWithdrawn):
        await town.take(ana, offer_id)
    await town.offer(ana, second)


async def test_a_rider_on_the_way_is_free_when_the_order_is_cancelled(town):
    ana, order = await town.rider("Ana", capacity=1), await town.order()
    await town.carry(ana, order)

    await town.cancel(order)
    await town.drain()

    cancelled = await town.last(order, "delivery.cancelled")
    assert cancelled["rider_id"] == ana
    await town.offer(ana, await town.order())


async def test_numbers_of_an_order_have_no_gap(town):
    ana, order = await town.rider("Ana"), await town.order()
    for _ in range(2):
        await town.refuse(ana, await town.offer(ana, order))
    await town.carry(ana, order)

    seqs = [row["seq"] for row in await town.rows("SELECT seq FROM events WHERE stream_id = $1 ORDER BY seq", order)]

    assert seqs == list(range(1, len(seqs) + 1))
