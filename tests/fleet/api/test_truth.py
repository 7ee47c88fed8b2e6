from tests.fleet.positions import a_position

from accounts.model import Scope
from fleet.commands import truth

MOCKED = [a_position(5 * number, is_mock=True) for number in range(6)]


async def suspected(desk):
    ana = await desk.town.rider("Ana")
    async with desk.town.database.begin() as tx:
        await truth.learn(tx, {ana: MOCKED}, act=desk.town.by_system())
    return ana


async def test_the_desk_sees_why_a_rider_is_not_believed(desk):
    ana = await suspected(desk)

    answer = await desk.get(desk.operator(Scope.SUPPORT), f"/v1/riders/{ana}/truth")

    seen = answer.json()
    assert (answer.status_code, seen["is_suspected"], seen["motion"], seen["trust"]) == (200, True, "on_foot", None)
    assert seen["suspicion_bp"] >= 7_000
    (evidence,) = seen["evidence"]
    assert (evidence["code"], evidence["count"], evidence["counts"]) == ("mock_flag", 6, True)


async def test_a_dispatcher_believes_a_rider_with_a_reason_and_may_repeat_it(desk):
    ana = await suspected(desk)

    first, again = [
        await desk.post(desk.operator(Scope.DISPATCH), f"/v1/riders/{ana}/trust", {"reason": "tests our app"})
        for _ in range(2)
    ]

    assert (first.status_code, first.json()["is_suspected"], first.json()["suspicion_bp"]) == (200, False, 0)
    assert first.json()["trust"]["reason"] == "tests our app"
    assert again.json() == first.json()


async def test_believing_needs_a_reason_a_dispatcher_and_a_rider(desk):
    ana = await suspected(desk)
    path, nobody = f"/v1/riders/{ana}/trust", f"/v1/riders/rdr_{0:026}"

    without = await desk.post(desk.operator(), path, {"reason": ""})
    by_support = await desk.post(desk.operator(Scope.SUPPORT), path, {"reason": "nice"})
    by_herself = await desk.get(desk.rider(ana), f"/v1/riders/{ana}/truth")
    unknown = [
        await desk.post(desk.operator(), f"{nobody}/trust", {"reason": "x"}),
        await desk.get(desk.operator(), f"{nobody}/truth"),
    ]

    assert [answer.status_code for answer in (without, by_support, by_herself)] == [400, 404, 404]
    assert {(answer.status_code, answer.json()["type"]) for answer in unknown} == {(404, "/problems/rider.not_found")}
