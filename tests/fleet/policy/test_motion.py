import msgspec
import pytest
from tests.fleet.positions import NOON_MS, a_position

from fleet.model.phones import Activity
from fleet.model.truth import Motion
from fleet.policy.motion import LAG_MS, MotionState, read, settled, step


def after(*positions):
    state = MotionState()
    for position in positions:
        state = step(state, position)
    return state


def riding(mps, *, seconds=60, since_s=0, from_m=0.0, **but):
    return [a_position(since_s + at_s, east_m=from_m + mps * at_s, **but) for at_s in range(0, seconds, 5)]


def motions(*positions):
    return [reading.motion for reading in read(after(*positions))]


def test_of_somebody_never_seen_nothing_is_said():
    assert read(MotionState()) == ()
    assert settled(MotionState()) is None


def test_a_vehicle_on_its_way_moves_and_one_at_a_light_is_stopped():
    moving, waiting = riding(9), riding(0, seconds=15, since_s=60, from_m=500)
    going_on = riding(9, seconds=15, since_s=75, from_m=510)

    assert set(motions(*moving)) == {Motion.MOVING}
    assert motions(*moving, *waiting, *going_on)[:1] == [Motion.MOVING]
    assert Motion.STOPPED in motions(*moving, *waiting, *going_on[:2])


def test_whoever_walks_or_stands_at_a_counter_is_on_foot():
    assert set(motions(*riding(1.1))) == {Motion.ON_FOOT}
    assert set(motions(*riding(0))) == {Motion.ON_FOOT}


def test_a_step_from_the_saddle_is_seen_within_ten_seconds_and_said_fifteen_later():
    state = after(*riding(9), *riding(1.1, seconds=30, since_s=60, from_m=500))

    said = {(reading.at_ms - NOON_MS) // 1000: reading.motion for reading in read(state)}
    assert list(said) == [70, 75, 80, 85]
    assert settled(state) == read(state)[0]
    assert set(said.values()) == {Motion.ON_FOOT}


def test_what_is_said_of_an_instant_is_final_fifteen_seconds_after_it():
    positions = [*riding(9), *riding(1, seconds=60, since_s=60, from_m=540)]
    state, last_word = MotionState(), {}
    for position in positions:
        state = step(state, position)
        for reading in read(state):
            assert position.device_at_ms - reading.at_ms <= LAG_MS
            last_word[reading.at_ms] = reading.motion

    assert len(last_word) == len(positions)


def test_only_half_a_minute_is_remembered_and_it_is_json():
    state = after(*riding(9, seconds=300))

    assert len(state.fixes) <= 9
    assert msgspec.json.decode(msgspec.json.encode(state), type=MotionState) == state


def test_a_repeat_an_older_position_and_one_a_second_later_change_nothing():
    state = after(*riding(9))

    assert step(state, a_position(55, east_m=9 * 55)) == state
    assert step(state, a_position(30)) == state
    assert step(state, a_position(56, east_m=505)) == state


def test_after_a_long_silence_one_begins_anew():
    state = after(*riding(9), a_position(600, east_m=9_000))

    assert [fix.at_ms for fix in state.fixes] == [NOON_MS + 600_000]
    assert [reading.motion for reading in read(state)] == [Motion.ON_FOOT]


def test_the_phones_own_sensors_weigh_in():
    creeping = riding(2.6)
    as_sensed = {activity: read(after(*riding(2.6, activity=activity)))[0].on_foot_bp for activity in Activity}

    assert as_sensed[Activity.ON_FOOT] > read(after(*creeping))[0].on_foot_bp > as_sensed[Activity.IN_VEHICLE]
    assert as_sensed[Activity.ON_BICYCLE] == as_sensed[Activity.IN_VEHICLE]
    assert as_sensed[Activity.STILL] == read(after(*creeping))[0].on_foot_bp


def test_between_fixes_that_come_unevenly_places_are_on_the_straight_line():
    uneven = [a_position(at_s, east_m=9 * at_s) for at_s in (0, 7, 11, 23, 31, 42, 48, 57, 66)]

    assert set(motions(*uneven)) == {Motion.MOVING}
    assert read(after(*uneven))[0].on_foot_bp == pytest.approx(
        read(after(*riding(9, seconds=70)))[0].on_foot_bp, abs=30
    )
