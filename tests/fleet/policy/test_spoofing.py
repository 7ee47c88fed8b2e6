import random

import msgspec
import pytest
from tests.fleet.positions import NOON_MS, a_fence, a_position

from fleet.model.riders import Vehicle
from fleet.model.truth import Sign
from fleet.policy.spoofing import (
    SpoofState,
    SuspicionRules,
    clear,
    is_suspected,
    score_bp,
    step,
    trust_of,
)

RULES = SuspicionRules()
HOUR_S = 3600


def after(positions, *, state=SpoofState(), vehicle=Vehicle.MOTORCYCLE, fences=()):  # noqa: B008  frozen
    found = []
    for position in positions:
        state, signs = step(state, position, vehicle=vehicle, rules=RULES, fences=fences)
        found += [sign.code for sign in signs]
    return state, found


def score(state, at_s=0):
    return score_bp(state, at_ms=NOON_MS + round(at_s * 1000), rules=RULES)


def honest(count, *, since_s=0, seed=1, east_m=0.0, mps=8.0, **but):
    """Ride east as people do: never quite as fast, never quite straight."""
    chance, positions = random.Random(seed), []
    for number in range(count):
        east_m += 5 * mps * chance.uniform(0.4, 1.2)
        place = {"east_m": east_m + chance.gauss(0, 3), "north_m": chance.gauss(0, 3)}
        accuracy_m = {"accuracy_m": round(chance.uniform(5, 12), 2)}
        positions.append(a_position(since_s + 5 * number, **place, **accuracy_m | but))
    return positions


def played(count, *, since_s=0, mps=8.0, **but):
    return [a_position(since_s + 5 * number, east_m=5 * mps * number, **but) for number in range(count)]


def again(positions, *, later_s, east_m=0.0):
    """Send the same places again, all of them moved by the same jitter."""
    shifted = east_m / 102_000  # degrees of longitude at the square, near enough
    return [
        msgspec.structs.replace(one, device_at_ms=one.device_at_ms + 1000 * later_s, lon=one.lon + shifted)
        for one in positions
    ]


def test_an_honest_ride_shows_nothing():
    state, found = after(honest(400))

    assert (found, score(state, 2000)) == ([], 0)


def test_one_mock_flag_is_noted_and_a_few_are_enough():
    positions = [msgspec.structs.replace(one, is_mock=True) for one in honest(5)]

    first, _ = after(positions[:1])
    last, found = after(positions)

    assert (score(first), set(found)) == (3_500, {Sign.MOCK_FLAG})
    assert first.evidence[0].reason == "the phone says that an app makes its places up"
    assert not is_suspected(score(first), was_suspected=False, rules=RULES)
    assert is_suspected(score(last, 20), was_suspected=False, rules=RULES)
    assert last.evidence[0].count == 5


def test_a_jump_nobody_rides_counts_once_the_rider_stays_there():
    before, there = honest(20), honest(5, since_s=160, east_m=4_000)

    pending, nothing = after(before + there[:3])
    state, found = after(there[3:], state=pending)

    assert (nothing, found) == ([], [Sign.TELEPORT])
    assert "and stayed there" in state.evidence[0].reason
    assert is_suspected(score(state, 200), was_suspected=False, rules=RULES)


def test_an_echo_that_comes_back_is_no_teleport():
    before = honest(20)
    echo, back = a_position(115, east_m=4_000), honest(10, since_s=120, east_m=650, seed=2)

    assert after([*before, echo, *back])[1] == []


def test_a_gap_long_enough_to_ride_is_no_teleport_and_depends_on_the_vehicle():
    before, there = honest(20), honest(6, since_s=300, east_m=4_000)

    assert after(before + there)[1] == []
    assert after(before + there, vehicle=Vehicle.BICYCLE)[1] == [Sign.TELEPORT]
    assert RULES.teleport_mps(Vehicle.FOOT) < RULES.teleport_mps(Vehicle.BICYCLE) < RULES.teleport_mps(Vehicle.CAR)


def test_a_stop_reached_without_a_way_to_it_is_noted_and_is_not_enough():
    store, elsewhere = a_fence(east_m=2_000), a_fence(north_m=9_000)
    way = [*honest(10), a_position(110, east_m=2_000)]

    state, found = after(way, fences=[elsewhere, store])

    assert found == [Sign.NO_APPROACH]
    assert "at the pickup" in state.evidence[0].reason
    assert not is_suspected(score(state, 110), was_suspected=False, rules=RULES)
    assert after(way, fences=[elsewhere])[1] == []


def test_a_way_without_any_noise_was_played():
    state, found = after(played(9))

    assert found == [Sign.PLAYBACK]
    assert is_suspected(score(state, 40), was_suspected=False, rules=RULES)


def test_a_way_sent_a_second_time_with_the_same_jitter_is_a_replay():
    way = honest(60)

    state, found = after(way + honest(60, since_s=400, seed=2) + again(way, later_s=1_000, east_m=7))

    assert set(found) == {Sign.REPLAY}
    assert is_suspected(score(state, 1_300), was_suspected=False, rules=RULES)


def test_a_straight_road_at_one_speed_repeats_itself_honestly():
    steady = [a_position(5 * n, east_m=60 * n + (0.6 if n % 2 else 0.0), accuracy_m=5.0 + n % 3) for n in range(80)]

    assert Sign.REPLAY not in after(steady)[1]


def test_a_place_frozen_while_the_phone_says_it_rides_is_noted_and_never_enough():
    state, found = after([a_position(5 * n, speed_mps=6.0) for n in range(200)])

    assert set(found) == {Sign.FROZEN_PLACE}
    assert score(state, 1_000) <= 4_000


@pytest.mark.parametrize("speed_mps", [None, 0.0])
def test_standing_still_for_a_quarter_of_an_hour_is_honest(speed_mps):
    assert after([a_position(5 * n, speed_mps=speed_mps) for n in range(180)])[1] == []


def test_an_accuracy_that_never_varies_on_the_way_is_noted_and_never_enough():
    state, found = after(honest(400, accuracy_m=5.0))

    assert set(found) == {Sign.FROZEN_ACCURACY}
    assert score(state, 2_000) <= 4_000


def test_what_honest_phones_may_do_is_not_enough_together():
    way = honest(400, accuracy_m=5.0)
    frozen = [
        msgspec.structs.replace(one, device_at_ms=one.device_at_ms + 5_000 * n, speed_mps=6.0)
        for n, one in enumerate(way[-1:] * 200)
    ]

    state, found = after(way + frozen)

    assert set(found) == {Sign.FROZEN_ACCURACY, Sign.FROZEN_PLACE}
    assert not is_suspected(score(state, 3_000), was_suspected=False, rules=RULES)


def test_evidence_fades_and_the_rider_comes_back_later_than_they_went():
    state, _ = after(played(9))

    scores = [score(state, HOUR_S * hours) for hours in (0, 1, 2)]

    assert scores[0] > scores[1] > scores[2]
    assert is_suspected(scores[1], was_suspected=True, rules=RULES)
    assert not is_suspected(scores[1], was_suspected=False, rules=RULES)
    assert not is_suspected(scores[2], was_suspected=True, rules=RULES)


def test_what_has_quite_faded_is_forgotten_when_there_is_something_new():
    state, _ = after(played(9))

    state, _ = after([a_position(10 * HOUR_S, is_mock=True)], state=state)

    assert [one.code for one in state.evidence] == [Sign.MOCK_FLAG]


def test_a_threshold_above_the_other_makes_nobody_flicker():
    odd = SuspicionRules(suspect_bp=3_000, clear_bp=6_000)

    assert is_suspected(4_000, was_suspected=False, rules=odd)
    assert is_suspected(4_000, was_suspected=True, rules=odd)


def test_the_same_positions_again_and_older_ones_change_nothing():
    way = [*honest(30), a_position(400, is_mock=True, east_m=1_500)]
    state, _ = after(way)

    assert after(way, state=state) == (state, [])
    assert after([a_position(-60, is_mock=True)], state=SpoofState())[0] != SpoofState()
    assert after([a_position(-60, is_mock=True)], state=state) == (state, [])


def test_a_backlog_that_comes_after_the_newest_position_is_looked_at_once():
    way = honest(60)
    backlog = [msgspec.structs.replace(one, is_mock=True) for one in way[20:50]]
    state, _ = after(way[:20] + way[50:])

    state, found = after(backlog, state=state)

    assert found == [Sign.MOCK_FLAG] * 30
    assert after(backlog, state=state) == (state, [])
    assert after(way, state=state) == (state, [])


def test_what_an_operator_excused_counts_no_more_that_day_and_other_evidence_does():
    mock = [a_position(5 * n, is_mock=True) for n in range(6)]
    state, _ = after(mock)
    word = trust_of(state, at_ms=NOON_MS + 30_000, by_id="per_1", reason="tests our app", rules=RULES)

    trusted = clear(state, word)
    later, _ = after([a_position(60 + 5 * n, is_mock=True) for n in range(6)], state=trusted)
    playing, _ = after(played(9, since_s=100), state=later)
    tomorrow, _ = after([a_position(25 * HOUR_S + 5 * n, is_mock=True) for n in range(6)], state=later)

    assert (score(state, 30), score(trusted, 30), score(later, 90)) == (score(state, 30), 0, 0)
    assert (trusted.evidence, later.evidence[0].count) == (state.evidence, 6)
    assert 7_400 < score(playing, 140) <= 7_500
    assert is_suspected(score(tomorrow, 25 * HOUR_S + 30), was_suspected=False, rules=RULES)


def test_steps_of_phones_that_report_every_second_are_taken_every_few():
    fast = [a_position(n, east_m=8.0 * n) for n in range(10)]

    state, found = after(fast)

    assert (found, len(state.signs.ridden)) == ([], 4 * 2)


def test_the_state_is_small_and_json():
    state, _ = after(honest(2_000, is_mock=True))

    told = msgspec.json.encode(state)

    assert msgspec.json.decode(told, type=SpoofState) == state
    assert len(told) < 4_000
