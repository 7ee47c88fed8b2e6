import asyncio
from typing import Any

import pytest
from tests.simulator.town import Town, a_day

from simulator.city import Cast
from simulator.kitchens import Kitchen
from simulator.links import Links
from simulator.riders import Rider

LINK = (201, {"url": "http://house/pair#K7M4QX2P"})


async def links(answers: dict[str, Any], *, state: str = "placed") -> tuple[Town, dict[str, str]]:
    town = Town(a_day(), answers)
    town.record.state = state
    caller = town.api.administrator
    kitchen = Kitchen(town.scene, "beto", store_id="sto_beto", caller=caller)
    rider = Rider(town.scene, town.day.riders[0], rider_id="rdr_ana", caller=caller)
    found = Links(town.scene, Cast([kitchen], [rider], []))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(found.keep_up(), 0.1)
    return town, found.found


async def test_store_rider_and_desk_get_a_link_that_signs_them_in():
    town, found = await links({"/v1/pairings": LINK})

    assert set(found) == {"store beto", "rider ana", "operations and desk"}
    assert set(found.values()) == {"http://house/pair#K7M4QX2P"}
    asked = {body["role"]: body for _, _, body in town.asked}
    assert asked["merchant"]["store_ids"] == ["sto_beto"]
    assert asked["rider"]["subject_id"] == "rdr_ana"


async def test_the_customer_s_link_is_of_an_order_on_the_road():
    shared = {"/v1/pairings": LINK, "/v1/orders/ord_1/share-links": (201, {"url": "http://house/t/abc"})}

    _, before = await links(shared)
    _, found = await links(shared, state="picked_up")

    assert "customer" not in before
    assert found["customer"] == "http://house/t/abc"


async def test_without_pages_there_are_no_links():
    _, found = await links({"/v1/pairings": (404, {"type": "/problems/not_found"})})

    assert found == {}
