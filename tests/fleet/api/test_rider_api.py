from tests.fleet.streets import Streets
from tests.fleet.town import minutes


async def test_an_operator_enters_a_rider_once_however_often_the_request_comes(desk):
    body = {"city_id": desk.town.city_id, "name": "Ana", "phone": "+5511912345678", "vehicle": "bicycle"}

    first = await desk.post(desk.operator(), "/v1/riders", body, **{"Idempotency-Key": "one"})
    second = await desk.post(desk.operator(), "/v1/riders", body, **{"Idempotency-Key": "one"})
    other = await desk.post(desk.operator(), "/v1/riders", body, **{"Idempotency-Key": "two"})

    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert (other.status_code, other.json()["type"]) == (409, "/problems/rider.phone_taken")
    listed = await desk.get(desk.operator(), "/v1/riders", city_id=desk.town.city_id)
    assert [(each["name"], each["shift"], each["in_hand"]) for each in listed.json()["riders"]] == [("Ana", "off", 0)]


async def test_a_rider_works_rests_comes_back_and_goes_home(desk):
    ana = desk.rider(await desk.town.rider("Ana", on_shift=False))

    started = await desk.post(ana, "/v1/rider/shift/start", {"vehicle": "car", "lat": -23.5, "lon": -46.6})
    rested = await desk.post(ana, "/v1/rider/shift/break")
    back = await desk.post(ana, "/v1/rider/shift/resume")
    ended = await desk.post(ana, "/v1/rider/shift/end")

    answers = [started, rested, back, ended]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert [answer.json()["status"] for answer in answers] == ["on", "break", "on", "off"]
    assert started.json()["vehicle"] == "car"


async def test_a_shift_does_not_end_with_food_in_hand(desk):
    ana_id = await desk.town.rider("Ana")
    (delivery_id,) = await desk.town.carry(ana_id, await desk.town.order())

    refused = await desk.post(desk.rider(ana_id), "/v1/rider/shift/end")

    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/shift.has_deliveries")
    assert refused.json()["facts"]["delivery_ids"] == [delivery_id]


async def test_an_offer_shows_pickup_dropoff_distance_and_pay_and_can_be_taken(desk):
    ana_id, order_id = await desk.town.rider("Ana"), await desk.town.order()
    offer_id, ana = await desk.town.offer(ana_id, order_id), desk.rider(ana_id)

    (offer,) = (await desk.get(ana, "/v1/rider/offers")).json()["offers"]
    taken = await desk.post(ana, f"/v1/offers/{offer_id}/accept")
    again = await desk.post(ana, f"/v1/offers/{offer_id}/accept")

    assert (offer["offer_id"], offer["distance_m"], offer["pay_minor"], offer["currency"]) == (
        offer_id, 1200, 880, "BRL",
    )  # fmt: skip
    assert {"store_name", "pickup", "dropoff", "ready_by", "collect_minor"} <= offer["deliveries"][0].keys()
    assert "Zé" not in str(offer)
    assert (taken.status_code, taken.json()["status"]) == (200, "accepted")
    assert again.json() == taken.json()
    (in_hand,) = (await desk.get(ana, "/v1/rider/deliveries")).json()["deliveries"]
    assert (in_hand["delivery_id"], in_hand["dropoff"]["name"]) == (taken.json()["delivery_ids"][0], "Zé")


async def test_refused_offers_say_why_as_problem_documents(desk):
    ana_id, beto_id, order_id = await desk.town.rider("Ana"), await desk.town.rider("Beto"), await desk.town.order()
    to_ana, to_beto = await desk.town.offer(ana_id, order_id), await desk.town.offer(beto_id, order_id)

    await desk.post(desk.rider(beto_id), f"/v1/offers/{to_beto}/accept")
    late = await desk.post(desk.rider(ana_id), f"/v1/offers/{to_ana}/accept")
    foreign = await desk.post(desk.rider(ana_id), f"/v1/offers/{to_beto}/accept")
    declined = await desk.post(desk.rider(ana_id), f"/v1/offers/{to_ana}/decline", {"reason": "too_far"})

    assert (late.status_code, late.json()["type"]) == (409, "/problems/offer.taken")
    assert (foreign.status_code, foreign.json()["type"]) == (404, "/problems/offer.not_found")
    assert declined.status_code == 409


async def test_the_whole_way_over_http_with_a_wrong_code_on_it(desk):
    ana_id = await desk.town.rider("Ana")
    order_id = await desk.town.order(code="4711")
    (delivery_id,) = await desk.town.carry(ana_id, order_id)
    ana = desk.rider(ana_id)

    for number, move in enumerate(["arrive-at-pickup", "check-items", "pick-up", "arrive-at-dropoff"]):
        answer = await desk.report(ana, delivery_id, move, f"r{number}")
        assert (answer.status_code, answer.json()["applied"]) == (200, True)
    wrong = await desk.report(ana, delivery_id, "deliver", "r8", code="0000")
    right = await desk.report(ana, delivery_id, "deliver", "r9", code="4711")

    assert (wrong.status_code, wrong.json()["type"]) == (422, "/problems/delivery.wrong_code")
    assert wrong.json()["facts"]["tries_left"] == 4
    assert await desk.town.value("SELECT code_tries FROM deliveries") == 1
    assert right.json() == {"report_id": "r9", "delivery_id": delivery_id, "applied": True, "why": None}
    seen = await desk.get(ana, f"/v1/deliveries/{delivery_id}")
    assert (seen.json()["status"], seen.json()["rider_id"]) == ("delivered", ana_id)


async def test_what_is_not_yours_does_not_exist(desk):
    ana_id, beto_id = await desk.town.rider("Ana"), await desk.town.rider("Beto")
    (delivery_id,) = await desk.town.carry(ana_id, await desk.town.order())
    path = f"/v1/deliveries/{delivery_id}"

    assert (await desk.get(desk.rider(beto_id), path)).status_code == 404
    assert (await desk.report(desk.rider(beto_id), delivery_id, "pick-up", "r1")).status_code == 404
    assert (await desk.get(desk.merchant(), path)).status_code == 404
    assert (await desk.post(desk.merchant(), f"{path}/confirm-return")).status_code == 404
    assert (await desk.get(desk.merchant(desk.town.store_id), path)).json()["dropoff"] is None
    assert (
        await desk.post(desk.rider(ana_id), f"{path}/assign", {"rider_id": ana_id, "reason": "me"})
    ).status_code == 404


async def test_an_operator_assigns_unassigns_and_completes_with_a_reason(desk):
    ana_id = await desk.town.rider("Ana")
    delivery_id = await desk.town.delivery_of(await desk.town.order(code="4711"))
    path, operator = f"/v1/deliveries/{delivery_id}", desk.operator()

    assigned = await desk.post(operator, f"{path}/assign", {"rider_id": ana_id, "reason": "knows the way"})
    taken_away = await desk.post(operator, f"{path}/unassign", {"reason": "flat tyre"})
    await desk.post(operator, f"{path}/assign", {"rider_id": ana_id, "reason": "tyre mended"})
    mute = await desk.report(operator, delivery_id, "deliver", "o1")
    completed = await desk.report(operator, delivery_id, "deliver", "o2", reason="the customer confirmed by phone")

    assert (assigned.json()["status"], assigned.json()["rider_id"]) == ("assigned", ana_id)
    assert (taken_away.json()["status"], taken_away.json()["rider_id"]) == ("unassigned", None)
    assert (mute.status_code, mute.json()["type"]) == (422, "/problems/delivery.reason_missing")
    assert completed.json()["applied"] is True
    assert (await desk.get(operator, path)).json()["status"] == "delivered"


async def test_the_store_confirms_that_the_food_came_back(desk):
    ana_id = await desk.town.rider("Ana")
    (delivery_id,) = await desk.town.carry(ana_id, await desk.town.order())
    ana, store = desk.rider(ana_id), desk.merchant(desk.town.store_id)
    await desk.report(ana, delivery_id, "pick-up", "r1")
    await desk.report(ana, delivery_id, "turn-back", "r2", reason="customer_absent")

    confirmed = await desk.post(store, f"/v1/deliveries/{delivery_id}/confirm-return")
    again = await desk.post(store, f"/v1/deliveries/{delivery_id}/confirm-return")

    assert (confirmed.status_code, confirmed.json()["status"]) == (200, "returned")
    assert again.json() == confirmed.json()


async def test_a_body_that_is_not_what_it_should_be_is_refused_with_its_field(desk):
    ana_id = await desk.town.rider("Ana")
    (delivery_id,) = await desk.town.carry(ana_id, await desk.town.order())

    for wrong in ({"report_id": ""}, {"report_id": "x" * 65}, {"unknown": 1}, {"occurred_at": "2026-03-02T15:00:00"}):
        body = {"report_id": "r1", "occurred_at": desk.town.now.isoformat()} | wrong
        answer = await desk.post(desk.rider(ana_id), f"/v1/deliveries/{delivery_id}/pick-up", body)
        assert answer.status_code == 400
        assert answer.headers["content-type"] == "application/problem+json"


async def test_why_dispatch_decided_is_open_to_operators_and_to_riders_for_their_own_part(desk):
    ana_id, beto_id = await desk.town.rider("Ana"), await desk.town.rider("Beto")
    carla_id = await desk.town.rider("Carla", on_shift=False)
    streets = Streets(desk.town)
    streets.put(ana_id, east_m=100)
    streets.put(beto_id, east_m=900)
    delivery_id = await desk.town.delivery_of(await desk.town.order(ready_in=1))
    await streets.round()
    path = f"/v1/deliveries/{delivery_id}/decisions"

    (whole,) = (await desk.get(desk.operator(), path)).json()["decisions"]
    (hers,) = (await desk.get(desk.rider(beto_id), path)).json()["decisions"]

    assert (whole["outcome"], whole["rider_id"], len(whole["candidates"])) == ("offered", ana_id, 2)
    assert (hers["rider_id"], [each["why_not"] for each in hers["candidates"]]) == (None, ["costs more"])
    assert (await desk.get(desk.rider(carla_id), path)).status_code == 404


async def test_a_shift_tells_what_was_earned_delivered_and_taken_in_cash_on_it(desk):
    ana_id = await desk.town.rider("Ana")
    ana = desk.rider(ana_id)
    done, _ = await desk.town.carry(ana_id, await desk.town.order(), await desk.town.order())
    (given_back,) = await desk.town.carry(ana_id, await desk.town.order())
    await desk.town.unassign(given_back)
    await desk.report(ana, done, "deliver", "r1")

    shift = (await desk.get(ana, "/v1/rider/shift")).json()

    (in_hand,) = (await desk.get(ana, "/v1/rider/deliveries")).json()["deliveries"]
    assert (shift["pay_minor"], shift["delivered_count"], shift["currency"]) == (880, 1, "BRL")
    assert shift["cash_minor"] == in_hand["collect_minor"] > 0


async def test_a_new_shift_begins_with_nothing_earned(desk):
    ana_id = await desk.town.rider("Ana")
    ana = desk.rider(ana_id)
    (delivery_id,) = await desk.town.carry(ana_id, await desk.town.order())
    await desk.report(ana, delivery_id, "deliver", "r1")
    await desk.post(ana, "/v1/rider/shift/end")
    desk.town.now += minutes(1)

    await desk.town.start_shift(ana_id)
    shift = (await desk.get(ana, "/v1/rider/shift")).json()

    assert (shift["pay_minor"], shift["delivered_count"], shift["cash_minor"]) == (0, 0, 0)


async def test_a_delivery_tells_how_many_codes_may_still_be_tried(desk):
    ana_id = await desk.town.rider("Ana")
    ana = desk.rider(ana_id)
    coded, open_door = await desk.town.carry(ana_id, await desk.town.order(code="1234"), await desk.town.order())
    await desk.report(ana, coded, "deliver", "r1", code="0000")

    in_hand = (await desk.get(ana, "/v1/rider/deliveries")).json()["deliveries"]

    assert {each["delivery_id"]: each["code_tries_left"] for each in in_hand} == {coded: 4, open_door: None}
