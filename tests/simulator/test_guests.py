from tests.simulator.town import DOOR, Town, a_day, a_lived_in, minutes

from simulator.kitchens import Kitchen

A_MOMENT_LATER = round(1.5 + 20 / 60, 3)  # known by then, and looked at
TYPED_IN = {
    "id": "ord_9",
    "short_number": 7,
    "epoch": "e1",
    "customer_id": "cus_9",
    "dropoff": {"lat": DOOR.lat, "lon": DOOR.lon},
    "dropoff_code": "0042",
    "lines": [{"item_id": "itm_1", "quantity": 1}],
}


async def open_kitchen(*, rate: float) -> Town:
    answers = {"/v1/orders/ord_9": (200, TYPED_IN), "/v1/tokens": (200, {"access_token": "t"})}
    town = Town(a_lived_in(a_day()), answers)
    town.stage.wished_rate = rate
    await Kitchen(town.scene, "beto", store_id="sto_beto", caller=town.api.administrator).enter()
    town.air.tell("sto_beto", "ticket.offered", order_id="ord_9", ticket_id="tkt_9")
    await town.stage.play(until=minutes(3))
    return town


async def test_an_order_that_somebody_typed_in_is_cooked_and_its_code_is_known_at_the_door():
    town = await open_kitchen(rate=30)

    record = town.scene.book.find("ord_9")
    assert record is not None
    assert record.answer["dropoff_code"] == "0042"
    assert "ord_9" in town.air.feeds
    assert (A_MOMENT_LATER, "accept") in [(round(minute, 3), move) for minute, move in town.moves()]


async def test_a_conducted_day_expects_nobody():
    town = await open_kitchen(rate=0)

    assert town.scene.book.find("ord_9") is None
