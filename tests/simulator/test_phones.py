from datetime import datetime, timedelta

from tests.simulator.test_riders import OFFER, offer
from tests.simulator.town import DOOR, NOON, STORE, Town, a_day, a_lived_in, minutes

from simulator.days import Area, PhonePlan, Span
from simulator.riders import Rider

QUICK = PhonePlan(
    moving_every=timedelta(seconds=5), standing_every=timedelta(seconds=15), uploads_every=timedelta(seconds=30)
)


async def on_shift(**changes) -> Town:
    answers = {"/v1/rider/offers": (200, {"offers": [OFFER]}), "/v1/orders/ord_1": (200, {"status": "ready"})}
    town = Town(a_lived_in(a_day(), **{"phone": QUICK} | changes), answers)
    Rider(town.scene, town.day.riders[0], rider_id="rdr_ana", caller=town.api.administrator).enter()
    await town.stage.play(until=minutes(1))
    town.asked.clear()
    return town


def seconds_of(positions) -> list[int]:
    return [round((datetime.fromisoformat(one["device_at"]) - NOON).total_seconds()) for one in positions]


async def test_positions_are_noted_more_often_than_they_are_sent():
    town = await on_shift()
    offer(town)
    await town.stage.play(until=minutes(2.6))

    assert [minute for minute, _ in town.uploads] == [0, 0.5, 1, 1.5, 2, 2.5]
    assert seconds_of(town.uploads[1][1]) == [15, 30]
    assert seconds_of(town.uploads[3][1]) == [75, 80, 85, 90]


async def test_where_no_network_is_everything_is_kept_and_sent_late_with_its_own_time():
    town = await on_shift(dead_spots=[Area(place=DOOR, radius_m=100)], corner=STORE)
    offer(town)
    await town.stage.play(until=minutes(30))

    moves = town.moves()
    sent = {path.rpartition("/")[2]: body for _, path, body in town.asked}
    assert moves[-2][1] == "arrive-at-dropoff"
    assert moves[-1][1] == "deliver"
    assert moves[-2][0] == moves[-1][0]
    happened_at = datetime.fromisoformat(sent["deliver"]["occurred_at"])
    assert timedelta(minutes=2) < minutes(moves[-1][0]) - happened_at < timedelta(minutes=5)


async def test_a_phone_that_is_back_tells_what_happened_first_first():
    away = Span(from_at=minutes(4.5), until_at=minutes(20))
    town = await on_shift(phone=PhonePlan(uploads_every=timedelta(seconds=30), away=[away]))
    offer(town)
    await town.stage.play(until=minutes(19))
    assert not [minute for minute, _ in town.uploads if minute > 4.5]
    assert town.moves()[-1][1] == "pick-up"

    await town.stage.play(until=minutes(21))

    assert town.moves()[-2:] == [(20, "arrive-at-dropoff"), (20, "deliver")]
    times = [datetime.fromisoformat(body["occurred_at"]) for _, _, body in town.asked[-2:]]
    assert times[0] < times[1] < minutes(15)
    late = [positions for minute, positions in town.uploads if minute == 20]
    assert len(late) == 1
    assert len(late[0]) == 32  # from the last half minute with network on


async def test_what_was_said_meanwhile_is_heard_when_the_network_is_back():
    away = Span(from_at=minutes(1), until_at=minutes(10))
    town = await on_shift(phone=PhonePlan(away=[away]))
    offer(town)
    await town.stage.play(until=minutes(9))
    assert town.asked == []

    await town.stage.play(until=minutes(11))

    assert town.moves()[0][1] == "accept"
    assert town.moves()[0][0] > 10


async def test_a_phone_s_clock_is_off_in_everything_it_says():
    town = await on_shift(phone=PhonePlan(ahead=timedelta(seconds=7)))
    offer(town)
    await town.stage.play(until=minutes(3))

    (arrived,) = [body for _, path, body in town.asked if path.endswith("arrive-at-pickup")]
    assert seconds_of(town.uploads[0][1]) == [7]
    assert datetime.fromisoformat(arrived["occurred_at"]) == minutes(2 + 4 / 60) + timedelta(seconds=7)
