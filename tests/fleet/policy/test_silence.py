from datetime import timedelta

import pytest
from tests.fleet.builders import NOON, after
from tests.fleet.positions import NOON_MS, a_position

from fleet.model.phones import PhoneState
from fleet.model.truth import SilenceCause
from fleet.policy.silence import explain

C = SilenceCause
LATER = after(minutes=5)


def a_word(at_s=10, **said):
    return PhoneState(at_ms=NOON_MS + at_s * 1000, **said)


def cause(phone=None, last=None, *, present_at=None):
    found = explain(phone, last or a_position(), present_at=present_at, now=LATER)
    return found.cause


def test_a_rider_whose_positions_come_is_not_silent():
    assert explain(a_word(may_locate=False), a_position(), now=after(seconds=59)) is None


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"may_locate": False, "is_online": False}, C.PERMISSION),
        ({"is_gps_on": False, "is_app_closed": True}, C.GPS_OFF),
        ({"is_app_closed": True, "battery": 0.01}, C.APP_KILLED),
        ({"battery": 0.05}, C.BATTERY),
        ({"battery": 0.04, "is_charging": True}, C.UNKNOWN),
        ({"battery": 0.12}, C.UNKNOWN),
        ({"is_online": False}, C.NETWORK),
        ({"may_locate": True, "is_gps_on": True, "is_online": True}, C.UNKNOWN),
    ],
    ids=str,
)
def test_the_phones_last_words_say_why(said, expected):
    assert cause(a_word(**said)) is expected


def test_the_facts_are_told_with_their_time():
    silence = explain(a_word(may_locate=False), a_position(), now=LATER)

    assert silence.facts == ("at 15:00:10 UTC the app was not allowed to locate",)
    assert silence.last_position_at == NOON


def test_words_that_positions_came_after_explain_nothing():
    word, last = a_word(0, is_gps_on=False), a_position(120)

    assert cause(word, last) is C.UNKNOWN
    assert explain(word, last, now=LATER).facts == ("the phone has said nothing of itself since",)


def test_the_battery_of_the_last_position_counts_where_nothing_newer_was_said():
    empty = a_position(battery=0.03)

    assert cause(None, empty) is C.BATTERY
    assert cause(a_word(-30, battery=0.6, is_charging=True), empty) is C.BATTERY
    assert cause(a_word(10, battery=0.6), empty) is C.UNKNOWN


def test_a_last_position_that_took_long_to_arrive_points_at_the_network():
    late = a_position(received_at_ms=NOON_MS + 95_000)

    assert explain(None, late, now=LATER).facts == ("the last position took 95 s to arrive",)


def test_a_socket_that_lives_rules_out_network_and_an_empty_battery_and_is_no_place():
    heard = LATER - timedelta(seconds=20)

    assert cause(a_word(is_online=False), present_at=heard) is C.UNKNOWN
    assert cause(None, a_position(battery=0.03), present_at=heard) is C.UNKNOWN
    silence = explain(a_word(), a_position(), present_at=heard, now=LATER)
    assert silence.facts == ("the phone gave no reason", "its app was heard 20 s ago, without a place")


def test_a_phone_that_never_sent_a_place_can_say_why():
    silence = explain(a_word(may_locate=False), None, now=LATER)

    assert (silence.cause, silence.last_position_at) == (C.PERMISSION, None)
    assert explain(a_word(battery=0.02), None, now=LATER).cause is C.BATTERY
    assert explain(None, None, now=LATER).cause is C.UNKNOWN
