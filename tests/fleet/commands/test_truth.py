"""What is learnt from positions, on real PostgreSQL: once, for many riders together, and what follows from it."""

import msgspec
import pytest
from tests.fleet.positions import a_position
from tests.fleet.town import NOON, minutes, seconds

from fleet.commands import RULES, truth
from fleet.errors import RiderNotFound
from fleet.model.phones import PhoneState
from fleet.model.positions import to_ms
from fleet.model.truth import Motion, SilenceCause
from fleet.queries.standing import find_standing
from fleet.queries.truth import find_truths, get_truth
from fleet.store import dispatch
from kernel.ids import RiderId
from places import commands as places

MOCKED = [a_position(5 * number, is_mock=True) for number in range(6)]
AT_THE_STORE = [a_position(5 * number) for number in range(12)]


async def learn(town, news, **more):
    async with town.database.begin() as tx:
        await truth.learn(tx, news, act=town.by_system(), **more)


async def trust(town, rider_id, reason="tests our app"):
    async with town.database.begin() as tx:
        await truth.trust(tx, rider_id, reason=reason, act=town.by_hand())


async def truth_of(town, rider_id, **asked):
    async with town.database.read() as tx:
        return await get_truth(tx, rider_id, **{"now": town.now} | asked)


async def standing(town, rider_id):
    async with town.database.read() as tx:
        return await find_standing(tx, rider_id)


async def told(town, *kinds):
    rows = await town.rows("SELECT type, payload FROM events WHERE type = ANY ($1) ORDER BY position", list(kinds))
    return [msgspec.json.decode(row["payload"]) for row in rows]


async def test_a_spoofing_rider_leaves_matching_and_the_desk_is_told_why(town):
    ana, beto = await town.rider("Ana"), await town.rider("Beto")
    before = await standing(town, ana)

    await learn(town, {ana: MOCKED, beto: AT_THE_STORE})

    (fact,) = await told(town, "rider.suspected")
    assert (fact["rider_id"], fact["codes"], fact["rule_version"]) == (ana, ["mock_flag"], 0)
    now = await standing(town, ana)
    assert (before.is_available, now.is_available, now.version > before.version) == (True, False, True)
    assert (await standing(town, beto)).is_available
    async with town.database.read() as tx:
        assert [one.rider_id for one in await dispatch.list_working(tx, town.city_id)] == [beto]
    seen = await truth_of(town, ana)
    assert (seen.is_suspected, seen.evidence[0].code, seen.evidence[0].counts) == (True, "mock_flag", True)
    assert seen.evidence[0].reason == "the phone says that an app makes its places up"


async def test_the_same_batch_again_changes_nothing_and_tells_nobody(town):
    ana = await town.rider("Ana")
    await town.carry(ana, await town.order())
    states = {ana: PhoneState(at_ms=to_ms(NOON), battery=0.4)}
    rows = "SELECT xmin::text, * FROM rider_truth", "SELECT xmin::text, * FROM stop_visits", "SELECT id FROM events"
    await learn(town, {ana: [*MOCKED, *AT_THE_STORE[6:]]}, states=states)
    before = [await town.rows(sql) for sql in rows]

    await learn(town, {ana: [*MOCKED, *AT_THE_STORE[6:]]}, states=states)

    assert [await town.rows(sql) for sql in rows] == before
    assert len(before[1]) == 1


async def test_a_batch_cut_anywhere_comes_to_the_same(town):
    ana, beto = await town.rider("Ana"), await town.rider("Beto")

    await learn(town, {ana: MOCKED[:2]})
    await learn(town, {ana: MOCKED[1:4], beto: MOCKED})
    await learn(town, {ana: MOCKED[3:]})

    (of_ana, of_beto) = await town.rows(
        "SELECT suspicion_bp, is_suspected, motion, state FROM rider_truth ORDER BY rider_id"
    )
    assert of_ana == of_beto
    assert len(await told(town, "rider.suspected")) == 2


async def test_a_rider_comes_back_when_the_evidence_has_faded_and_not_at_once(town):
    ana = await town.rider("Ana")
    await learn(town, {ana: MOCKED})

    await learn(town, {ana: [a_position(1_200)]})
    assert not (await standing(town, ana)).is_available
    await learn(town, {ana: [a_position(6 * 3600)]})

    (fact,) = await told(town, "rider.cleared")
    assert (fact["rider_id"], fact["because"]) == (ana, "faded")
    assert (await standing(town, ana)).is_available
    (row,) = await town.rows("SELECT evidence, changed_at FROM rider_truth")
    assert row["changed_at"] == town.now


async def test_an_operator_believes_a_rider_for_the_day_with_a_reason(town):
    ana = await town.rider("Ana")
    await learn(town, {ana: MOCKED})
    town.now += minutes(1)

    await trust(town, ana)
    await trust(town, ana, "again")
    await learn(town, {ana: [a_position(100 + 5 * number, is_mock=True) for number in range(20)]})

    (fact,) = await told(town, "rider.cleared")
    assert fact["because"] == "trusted"
    assert (await standing(town, ana)).is_available
    seen = await truth_of(town, ana)
    assert (seen.is_suspected, seen.suspicion_bp, seen.trust.reason) == (False, 0, "tests our app")
    assert [one.counts for one in seen.evidence] == [False]
    (kept,) = await town.rows("SELECT * FROM rider_trusts")
    assert (kept["reason"], kept["codes"], kept["suspicion_bp"] >= 7_000) == ("tests our app", ["mock_flag"], True)


async def test_evidence_that_is_not_enough_can_be_excused_without_telling_anybody(town):
    ana = await town.rider("Ana")
    await learn(town, {ana: MOCKED[:1]})

    await trust(town, ana)

    assert (await truth_of(town, ana)).suspicion_bp == 0
    assert await told(town, "rider.suspected", "rider.cleared") == []


async def test_a_rider_with_nothing_against_them_or_unknown_cannot_be_excused(town):
    ana = await town.rider("Ana")

    await trust(town, ana)

    assert (await truth_of(town, ana)).trust is None
    with pytest.raises(RiderNotFound):
        await trust(town, RiderId(f"rdr_{0:026}"))


async def test_a_city_may_set_its_own_threshold(town):
    ana = await town.rider("Ana")
    async with town.database.begin() as tx:
        await places.set_rule(
            tx, "fleet.suspicion", value={"suspect_bp": 3_000, "clear_bp": 1_000}, scope_id=town.city_id, known=RULES,
            valid_from=town.now, reason="we were robbed", act=town.by_hand(),
        )  # fmt: skip

    await learn(town, {ana: MOCKED[:1]})

    (fact,) = await told(town, "rider.suspected")
    assert fact["rule_version"] > 0


async def test_a_stop_reached_is_a_fact_for_the_riders_page_and_moves_no_delivery(town):
    ana = await town.rider("Ana")
    (delivery_id,) = await town.carry(ana, await town.order())

    await learn(town, {ana: AT_THE_STORE})

    (fact,) = await told(town, "delivery.reached_stop")
    assert (fact["rider_id"], fact["delivery_id"], fact["stop"]) == (ana, delivery_id, "pickup")
    (visit,) = await town.rows("SELECT * FROM stop_visits")
    assert (visit["entered_at"], visit["left_at"]) == (NOON, None)
    assert await town.value("SELECT status FROM deliveries WHERE id = $1", delivery_id) == "assigned"
    (row,) = await town.rows("SELECT stream_id FROM events WHERE type = 'delivery.reached_stop'")
    assert row["stream_id"] == ana


async def test_the_door_counts_from_when_the_food_is_in_hand_and_leaving_is_written_down(town):
    ana, order = await town.rider("Ana"), await town.order(away_m=500)
    (delivery_id,) = await town.carry(ana, order)
    at_the_door = [a_position(600 + 5 * number, north_m=500) for number in range(12)]
    await learn(town, {ana: [*AT_THE_STORE, *[a_position(100 + 5 * n, north_m=500) for n in range(30)]]})
    town.now = NOON + minutes(9)
    await town.report(ana, delivery_id, "pick_up")

    await learn(town, {ana: at_the_door})

    visits = await town.rows("SELECT stop, entered_at, left_at FROM stop_visits ORDER BY entered_at")
    assert [tuple(visit) for visit in visits] == [
        ("pickup", NOON, NOON + seconds(55)),
        ("dropoff", NOON + minutes(10), None),
    ]


async def test_the_last_positions_of_a_finished_delivery_are_kept_and_told_nobody(town):
    ana, order = await town.rider("Ana"), await town.order()
    (delivery_id,) = await town.carry(ana, order)
    await town.cancel(order)
    await town.drain()

    await learn(town, {ana: AT_THE_STORE})

    assert await town.value("SELECT count(*) FROM stop_visits WHERE delivery_id = $1", delivery_id) == 1
    assert await told(town, "delivery.reached_stop") == []


async def test_why_a_rider_is_silent_is_told_from_what_the_phone_said(town):
    ana = await town.rider("Ana")
    word = PhoneState(at_ms=to_ms(NOON + seconds(58)), is_gps_on=False)
    await learn(town, {ana: AT_THE_STORE}, states={ana: word})

    live = await truth_of(town, ana, now=NOON + minutes(1))
    silent = await truth_of(town, ana, now=NOON + minutes(5))

    assert (live.silence, live.motion) == (None, Motion.ON_FOOT)
    assert silent.silence.cause is SilenceCause.GPS_OFF
    assert silent.seen_at == NOON + seconds(55)


async def test_many_riders_are_found_at_once_and_strangers_are_missing(town):
    ana, beto = await town.rider("Ana"), await town.rider("Beto")
    stranger = RiderId(f"rdr_{0:026}")
    await learn(town, {ana: MOCKED, stranger: MOCKED}, states={beto: PhoneState(at_ms=1, may_locate=False)})
    await learn(town, {})
    await learn(town, {stranger: MOCKED})

    async with town.database.read() as tx:
        found = await find_truths(tx, [ana, beto, stranger], present_at={beto: town.now}, now=town.now + minutes(3))
        without_now = await find_truths(tx, [ana, beto])

    assert found.keys() == {ana, beto}
    assert (found[ana].is_suspected, found[beto].is_suspected) == (True, False)
    assert (found[beto].silence.cause, found[beto].seen_at) == (SilenceCause.PERMISSION, None)
    assert without_now[ana].silence is None
