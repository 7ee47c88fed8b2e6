"""Tracking over HTTP and WebSocket: a real server, a real relay, and the clock standing at noon."""

from typing import Any

import msgspec
import pytest
import websockets
from tests.infra.live.conftest import Watcher
from tests.tracking.evening import NOON, RIDERS, delivery_of

from fleet.messages import NobodyFound, TurnedBack
from kernel.actors import Role
from kernel.ids import RiderId

ANA = RIDERS["Ana"]


async def until(watcher: Watcher, event_type: str) -> dict[str, Any]:
    """Read on to an event of this type."""
    while True:
        frame = await watcher.next()
        if frame["type"] == "event" and frame["event"]["type"] == event_type:
            return frame


async def test_a_customer_follows_an_order_from_placed_to_delivered(house):
    evening = house.evening
    order_id = await evening.place()
    async with house.follow(order_id, house.token(Role.CUSTOMER)) as watcher:
        snapshot = await watcher.next()
        await evening.accept(order_id, ready_in=30)
        await evening.assign(order_id)
        await evening.step(order_id, "mark_ready")
        await evening.step(order_id, "pick_up", is_next_stop=True)
        await evening.step(order_id, "deliver", proof="code")
        (row,) = await evening.rows("SELECT seq FROM orders")
        frames = [await watcher.next() for _ in range(row["seq"] - snapshot["seq"])]

    body = snapshot["body"]
    assert (snapshot["now"], snapshot["rate"]) == ("2026-03-02T15:00:00Z", 0)
    assert (body["stage"], body["eta"]["eta_at"]) == ("waiting", "2026-03-02T15:31:00Z")
    assert [frame["seq"] for frame in frames] == list(range(snapshot["seq"] + 1, row["seq"] + 1))
    assert [frame["event"].get("stage") for frame in frames if "stage" in frame["event"]] == [
        "accepted",
        "preparing",
        "on_the_way",
        "delivered",
    ]
    assert "kitchen_estimate" in [frame["event"].get("cause") for frame in frames]


async def test_a_customer_who_was_away_resumes_and_misses_nothing(house):
    evening = house.evening
    order_id = await evening.place()
    async with house.follow(order_id, house.token(Role.CUSTOMER)) as watcher:
        snapshot = await watcher.next()
    await evening.accept(order_id)
    (row,) = await evening.rows("SELECT seq, epoch FROM orders")

    async with house.follow(
        order_id, house.token(Role.CUSTOMER), f"?after={snapshot['seq']}&epoch={snapshot['epoch']}"
    ) as watcher:
        resumed = await watcher.next()
        missed = [await watcher.next() for _ in range(row["seq"] - snapshot["seq"])]

    assert (resumed["type"], resumed["recovered"]) == ("resumed", True)
    assert [frame["seq"] for frame in missed] == list(range(snapshot["seq"] + 1, row["seq"] + 1))
    assert missed[0]["event"]["type"] == "order.accepted"


async def test_a_customer_sees_the_rider_from_pickup_to_drop_off_and_never_before_or_after(house):
    evening = house.evening
    order_id = await evening.place()
    await evening.accept(order_id)
    await evening.assign(order_id)
    await evening.step(order_id, "mark_ready")
    async with house.follow(order_id, house.token(Role.CUSTOMER)) as watcher:
        before = (await watcher.next())["body"]
        await house.ping(ANA, 1.0, second=1)
        await evening.step(order_id, "pick_up", is_next_stop=True)
        await until(watcher, "order.picked_up")
        await house.heard(ANA, by_somebody=True)
        await house.ping(ANA, 2.0, second=2)

        seen = await watcher.next()
        while seen["type"] == "event":
            seen = await watcher.next()

        await evening.step(order_id, "deliver", proof="code")
        await until(watcher, "order.delivered")
        await house.heard(ANA, by_somebody=False)
        await house.ping(ANA, 3.0, second=3)
        with pytest.raises(TimeoutError):
            await watcher.next(within_s=0.3)

    assert before["rider"] == {"first_name": "Ana", "vehicle": "motorcycle"}
    assert seen["position"] == {
        "lat": 2.0,
        "lon": -46.63,
        "bearing_deg": 90,
        "measured_at": "2026-03-02T15:00:02Z",
        "stale_at": "2026-03-02T15:01:02Z",
    }
    after = (await house.get(order_id, house.token(Role.CUSTOMER))).json()
    assert (after["stage"], "rider" in after, "eta" in after) == ("delivered", False, False)


async def test_a_store_sees_the_rider_come_and_not_where_they_go(house):
    evening = house.evening
    order_id = await evening.place()
    await evening.accept(order_id)
    await evening.assign(order_id)
    async with house.follow(order_id, house.everybody["merchant"]) as watcher:
        await watcher.next()
        await house.heard(ANA, by_somebody=True)
        await house.ping(ANA, 1.0, second=1)

        assert (await watcher.next())["position"]["lat"] == 1.0

        await evening.step(order_id, "mark_ready")
        await evening.step(order_id, "pick_up", is_next_stop=True)
        await until(watcher, "order.picked_up")
        await house.heard(ANA, by_somebody=False)
    assert "dropoff" not in (await house.get(order_id, house.everybody["merchant"])).json()


async def test_after_a_reassignment_the_first_rider_is_seen_no_more(house):
    evening = house.evening
    order_id = await evening.place()
    await evening.accept(order_id)
    await evening.assign(order_id, "Ana")
    async with house.follow(order_id, house.everybody["operator"]) as watcher:
        await watcher.next()
        await house.heard(ANA, by_somebody=True)
        await evening.step(
            order_id, "unassign_rider", delivery_id=delivery_of(order_id), assignment_no=1, reason="flat tyre"
        )
        await evening.assign(order_id, "Beto", no=2)
        await house.heard(RIDERS["Beto"], by_somebody=True)
        await house.heard(ANA, by_somebody=False)


async def test_food_that_goes_back_hides_the_rider_also_from_who_comes_later(house):
    evening = house.evening
    order_id = await evening.place()
    await evening.accept(order_id)
    await evening.assign(order_id)
    await evening.step(order_id, "pick_up", is_next_stop=True)
    async with house.follow(order_id, house.token(Role.CUSTOMER)) as early:
        await early.next()
        await house.heard(ANA, by_somebody=True)
        fact = TurnedBack(
            order_id=order_id,
            delivery_id=delivery_of(order_id),
            rider_id=RiderId(ANA),
            store_id=evening.store_id,
            reason="absent",
        )
        await evening.tell(order_id, fact)
        await until(early, "delivery.turned_back")
        await house.heard(ANA, by_somebody=False)
        async with house.follow(order_id, house.token(Role.CUSTOMER)) as late:
            body = (await late.next())["body"]

    assert (body["stage"], "rider" in body, "eta" in body) == ("on_the_way", False, False)
    assert await house.redis.pubsub_channels("position:*") == []


@pytest.mark.parametrize("role", ["customer", "platform", "merchant", "operator"])
async def test_every_number_reaches_every_role_with_no_more_than_its_cell(house, role):
    evening = house.evening
    order_id = await evening.place()
    await evening.accept(order_id)
    await evening.assign(order_id)
    (row,) = await evening.rows("SELECT seq FROM orders")
    stored = await evening.rows("SELECT type FROM events WHERE stream_id = $1 ORDER BY seq", order_id)

    async with house.follow(order_id, house.everybody[role], "?after=0") as watcher:
        await watcher.next()
        events = [(await watcher.next())["event"] for _ in range(row["seq"])]

    for event, kind in zip(events, stored, strict=True):
        assert event["type"] in {kind["type"], "hidden"}
    assigned = next(event for event in events if event["type"] == "order.rider_assigned")
    assert ("rider_id" in assigned) == (role in {"merchant", "operator"})


async def test_another_s_order_does_not_exist_over_http_nor_over_a_socket(house):
    order_id = await house.evening.place()
    strangers = [
        house.token(Role.CUSTOMER, "cus_other"),
        house.token(Role.PLATFORM, "plt_2"),
        house.token(Role.MERCHANT, "per_3"),
        house.token(Role.RIDER, ANA),
    ]

    for token in strangers:
        assert (await house.get(order_id, token)).status_code == 404
        async with house.follow(order_id, token) as watcher:
            assert (await watcher.next())["problem"]["status"] == 404
            assert await watcher.closed() == 4504


async def test_a_socket_without_a_token_is_told_to_bring_one(house):
    order_id = await house.evening.place()

    async with house.follow(order_id, "forged") as watcher:
        assert (await watcher.next())["problem"]["status"] == 401
        assert await watcher.closed() == 4501


async def test_a_browser_s_token_travels_as_a_subprotocol(house):
    order_id = await house.evening.place()
    url = f"ws://127.0.0.1:{house.port}/v1/orders/{order_id}/feed"

    async with websockets.connect(url, subprotocols=["bearer", house.token(Role.CUSTOMER)]) as client:
        assert msgspec.json.decode(await client.recv())["type"] == "snapshot"
        assert client.subprotocol == "bearer"


async def test_an_order_that_is_only_received_has_no_promise_yet(house):
    async with house.evening.database.begin() as tx:
        order_id = await house.evening.receive(tx)

    view = (await house.get(order_id, house.token(Role.CUSTOMER))).json()

    assert view["stage"] == "waiting"
    assert not {"promise", "eta", "rider", "revisions"} & set(view)


async def test_who_waits_is_told_where_it_comes_from_what_is_in_it_and_what_to_have_ready(house):
    order_id = await house.evening.place()

    seen = (await house.get(order_id, house.token(Role.CUSTOMER))).json()

    assert (seen["store_name"], seen["time_zone"]) == ("Cantina", "America/Sao_Paulo")
    assert [set(item) for item in seen["items"]] == [{"name", "quantity"}]
    assert set(seen["due"]) == {"amount_minor", "currency"}


async def test_the_code_for_the_door_is_told_with_the_food_and_not_before_or_after_it(house):
    evening = house.evening
    order_id = await evening.place()
    await evening.accept(order_id)
    await evening.assign(order_id)
    before = await house.get(order_id, house.token(Role.CUSTOMER))
    await evening.step(order_id, "pick_up", is_next_stop=True)
    on_the_way = {role: (await house.get(order_id, token)).json() for role, token in house.everybody.items()}
    await evening.step(order_id, "deliver", proof="code")
    after = await house.get(order_id, house.token(Role.CUSTOMER))

    assert [role for role, seen in on_the_way.items() if "dropoff_code" in seen] == ["customer"]
    assert "dropoff_code" not in before.json() | after.json()
    assert "due" not in after.json()


async def test_a_trouble_is_told_until_it_is_over(house):
    evening = house.evening
    order_id = await evening.place()
    await evening.accept(order_id)
    nobody = NobodyFound(
        order_id=order_id,
        delivery_id=delivery_of(order_id),
        city_id=evening.city_id,
        store_id=evening.store_id,
        due_at=NOON,
    )
    await evening.tell(order_id, nobody)
    troubled = await house.get(order_id, house.token(Role.CUSTOMER))
    await evening.assign(order_id)
    helped = await house.get(order_id, house.token(Role.CUSTOMER))

    assert (troubled.json()["trouble"], "trouble" in helped.json()) == ("nobody_found", False)


async def test_how_an_order_ended_is_told(house):
    evening = house.evening
    order_id = await evening.place()
    await evening.step(order_id, "reject", reason="closing", item_ids=[])

    seen = (await house.get(order_id, house.token(Role.CUSTOMER))).json()

    assert (seen["stage"], seen["ended_as"], seen["reason"]) == ("cancelled", "rejected", "closing")
