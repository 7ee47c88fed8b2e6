from datetime import timedelta

import pytest
from tests.simulator.town import Town, a_day, a_kitchen, minutes

from simulator.kitchens import Kitchen


async def open_kitchen(**changes: object) -> Town:
    town = Town(a_day(kitchen=a_kitchen(**changes)), {})
    await Kitchen(town.scene, "beto", store_id="sto_beto", caller=town.api.administrator).enter()
    town.air.tell("sto_beto", "ticket.offered", order_id="ord_1", ticket_id="tkt_1")
    return town


async def test_a_kitchen_accepts_in_its_own_time_with_the_minutes_it_will_need():
    town = await open_kitchen()
    await town.stage.play(until=minutes(20))

    assert town.asked == [
        (0.25, "/v1/tickets/tkt_1/accept", {"prep_minutes": 10}),
        (0.25, "/v1/tickets/tkt_1/start", None),
        (10, "/v1/tickets/tkt_1/ready", None),
    ]


async def test_a_late_kitchen_promises_less_and_says_so_when_it_should_have_been_ready():
    town = await open_kitchen(cooks_for=timedelta(minutes=15), says_late=timedelta(minutes=5))
    await town.stage.play(until=minutes(20))

    assert town.asked[0][2] == {"prep_minutes": 10}
    assert town.asked[2] == (
        10,
        "/v1/tickets/tkt_1/extend",
        {"minutes": 5, "reason": "the oven is full"},
    )
    assert town.moves()[-1] == (15, "ready")


async def test_a_sleeping_kitchen_says_nothing():
    town = await open_kitchen(answers_after=None)
    await town.stage.play(until=minutes(20))

    assert town.asked == []


async def test_a_kitchen_may_refuse():
    town = await open_kitchen(is_refused=True)
    await town.stage.play(until=minutes(20))

    assert town.asked == [(0.25, "/v1/tickets/tkt_1/reject", {"reason": "too_busy"})]


async def test_nobody_cooks_what_was_cancelled():
    town = await open_kitchen()
    await town.stage.play(until=minutes(5))
    town.air.tell("sto_beto", "order.cancelled", order_id="ord_1")
    await town.stage.play(until=minutes(20))

    assert town.moves()[-1] == (0.25, "start")


@pytest.mark.parametrize(("starts_after_s", "agrees"), [(600, True), (0, False)])
async def test_a_kitchen_lets_go_of_an_order_until_it_has_begun_to_cook(starts_after_s, agrees):
    town = await open_kitchen(starts_after=timedelta(seconds=starts_after_s))
    await town.stage.play(until=minutes(2))
    town.air.tell("sto_beto", "order.cancellation_asked", order_id="ord_1")
    await town.stage.play(until=minutes(3))

    assert town.asked[-1][1:] == ("/v1/tickets/tkt_1/cancellation-answer", {"agree": agrees})


async def test_a_kitchen_that_lacks_an_item_says_which_and_has_it_again_later():
    town = Town(a_day(kitchen=a_kitchen(lacks="suco")), {})
    town.record.item_ids = ["itm_suco"]
    kitchen = Kitchen(
        town.scene, "beto", store_id="sto_beto", caller=town.api.administrator, items={"suco": "itm_suco"}
    )
    await kitchen.enter()
    town.air.tell("sto_beto", "ticket.offered", order_id="ord_1", ticket_id="tkt_1")
    await town.stage.play(until=minutes(60))

    assert town.asked == [
        (0.25, "/v1/tickets/tkt_1/reject", {"reason": "item_out_of_stock", "item_ids": ["itm_suco"]}),
        (45.25, "/v1/stores/sto_beto/items/itm_suco", {"is_available": True}),
    ]


async def test_an_order_the_desk_accepted_is_cooked_by_a_kitchen_that_was_woken():
    town = await open_kitchen(answers_after=None)
    await town.stage.play(until=minutes(4))
    town.air.tell("sto_beto", "order.accepted", order_id="ord_1", actor_role="operator")
    await town.stage.play(until=minutes(20))

    assert town.moves() == [(4, "start"), (14, "ready")]


async def test_a_kitchen_is_wrong_about_its_time_without_saying_so():
    town = await open_kitchen(cooks_for=timedelta(minutes=14), misjudges=timedelta(minutes=4))
    await town.stage.play(until=minutes(20))

    assert town.asked[0][2] == {"prep_minutes": 10}
    assert [move for _, move in town.moves()] == ["accept", "start", "ready"]
    assert town.moves()[-1][0] == 14
