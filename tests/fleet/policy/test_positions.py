import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fleet.pings import CENTRE, CITY, EAST, NOON, NOON_MS, WEST, TwoZones, a_ping, a_position, a_track, at_s

from fleet.model.positions import Ping, PositionRules, Track, Verdict, from_ms, position_of, to_ms
from fleet.model.riders import Vehicle
from fleet.policy.positions import (
    UPLOADS_REMEMBERED,
    all_zones,
    clock_skew_ms,
    judge,
    stale_at_ms,
    zone_for,
)
from kernel.geo import offset
from kernel.ids import ZoneId

RULES = PositionRules()
V = Verdict


def verdicts(pings, track=Track(), *, now=NOON, vehicle=Vehicle.MOTORCYCLE):  # noqa: B008
    return [one.verdict for one in judge(pings, track, rules=RULES, now=now, vehicle=vehicle).judged]


def test_a_first_ping_is_believed_and_becomes_the_position():
    judgement = judge([a_ping()], Track(), rules=RULES, now=NOON, vehicle=Vehicle.FOOT)

    assert [one.verdict for one in judgement.judged] == [V.ACCEPTED]
    assert judgement.track.last == position_of(judgement.trail[0], skew_ms=0, received_at_ms=NOON_MS)


def test_the_same_device_time_is_a_duplicate_also_within_one_upload():
    assert verdicts([a_ping(5), a_ping(0), a_ping(5)], a_track(0), now=at_s(5)) == [
        V.ACCEPTED,
        V.DUPLICATE,
        V.DUPLICATE,
    ]


def test_a_late_ping_enters_the_trail_but_moves_nobody():
    track = a_track(60)

    judgement = judge([a_ping(0)], track, rules=RULES, now=at_s(60), vehicle=Vehicle.CAR)

    assert [one.verdict for one in judgement.judged] == [V.LATE]
    assert judgement.judged[0].reason == "60 s older than the last position"
    assert judgement.track.last == track.last
    assert [place.device_at_ms for place in judgement.trail] == [NOON_MS]


def test_a_late_ping_twice_in_one_upload_enters_the_trail_once():
    judgement = judge([a_ping(0), a_ping(0)], a_track(60), rules=RULES, now=at_s(60), vehicle=Vehicle.CAR)

    assert [one.verdict for one in judgement.judged] == [V.LATE, V.DUPLICATE]
    assert len(judgement.trail) == 1


@pytest.mark.parametrize(("ahead_s", "verdict"), [(60, V.ACCEPTED), (60.001, V.FUTURE)])
def test_a_minute_ahead_is_the_most_a_phone_may_be(ahead_s, verdict):
    assert verdicts([a_ping(ahead_s)]) == [verdict]


@pytest.mark.parametrize(("accuracy_m", "verdict"), [(100, V.ACCEPTED), (100.1, V.INACCURATE)])
def test_a_hundred_metres_is_the_worst_that_is_a_position(accuracy_m, verdict):
    assert verdicts([a_ping(accuracy_m=accuracy_m)]) == [verdict]


@pytest.mark.parametrize(
    ("vehicle", "possible_mps"),
    [(Vehicle.FOOT, 6), (Vehicle.BICYCLE, 15), (Vehicle.MOTORCYCLE, 45), (Vehicle.CAR, 45)],
    ids=str,
)
def test_nobody_is_faster_than_their_vehicle(vehicle, possible_mps):
    ridden, flown = a_ping(10, east_m=possible_mps * 9.9), a_ping(10, east_m=possible_mps * 10.1)

    assert verdicts([ridden], a_track(0), now=at_s(10), vehicle=vehicle) == [V.ACCEPTED]
    assert verdicts([flown], a_track(0), now=at_s(10), vehicle=vehicle) == [V.IMPLAUSIBLE]


def test_a_poor_fix_is_not_called_a_jump():
    jittery = a_ping(1, east_m=40, accuracy_m=35)

    assert verdicts([jittery], a_track(0), now=at_s(1), vehicle=Vehicle.FOOT) == [V.ACCEPTED]


def test_after_a_jump_the_next_ping_is_held_against_the_last_good_one():
    jump, good = a_ping(5, east_m=5000), a_ping(10, east_m=50)

    judgement = judge([jump, good], a_track(0), rules=RULES, now=at_s(10), vehicle=Vehicle.CAR)

    assert [one.verdict for one in judgement.judged] == [V.IMPLAUSIBLE, V.ACCEPTED]
    assert judgement.judged[0].reason == "1000 m/s since the last position; 45 m/s is possible"
    assert [place.device_at_ms for place in judgement.trail] == [good.device_at_ms]


def test_a_bad_ping_never_spoils_its_upload_and_verdicts_keep_the_order_they_came_in():
    newest_first = [a_ping(20), a_ping(15, accuracy_m=900), a_ping(10), a_ping(999), a_ping(5)]

    assert verdicts(newest_first, now=at_s(20)) == [V.ACCEPTED, V.INACCURATE, V.ACCEPTED, V.FUTURE, V.ACCEPTED]


def test_nothing_in_nothing_out():
    judgement = judge([], a_track(), rules=RULES, now=NOON, vehicle=Vehicle.CAR)

    assert (judgement.judged, judgement.trail, judgement.track) == ((), (), a_track())


def upload(track, *pings: Ping, now):
    return judge(pings, track, rules=RULES, now=now, vehicle=Vehicle.CAR)


def test_a_phone_whose_clock_is_always_ahead_is_corrected_after_three_uploads():
    track, seen = Track(), []
    for seconds in range(0, 50, 10):
        judgement = upload(track, a_ping(seconds + 300), now=at_s(seconds))
        track = judgement.track
        seen.append(judgement.judged[0].verdict)

    assert seen == [V.FUTURE, V.FUTURE, V.FUTURE, V.ACCEPTED, V.ACCEPTED]
    assert from_ms(track.last.measured_at_ms) == at_s(40)


def test_one_wild_date_does_not_excuse_itself():
    track = Track(ahead_ms=(-100, -200, -100))

    assert upload(track, a_ping(3600), now=NOON).judged[0].verdict is V.FUTURE


def test_a_clock_is_never_corrected_further_than_a_quarter_of_an_hour():
    assert clock_skew_ms(Track(ahead_ms=(10**9, 10**9, 10**9))) == 15 * 60_000


def test_uploads_that_come_late_do_not_look_like_a_slow_clock():
    assert clock_skew_ms(Track(ahead_ms=(-600_000, -600_000, -600_000))) == 0


def test_a_repeated_upload_says_nothing_about_the_clock():
    track = Track(last=a_position(0), ahead_ms=(1, 2))

    assert upload(track, a_ping(0), now=at_s(500)).track.ahead_ms == (1, 2)


def test_only_the_latest_uploads_count():
    track = Track(ahead_ms=tuple(range(UPLOADS_REMEMBERED)))

    assert upload(track, a_ping(0), now=NOON).track.ahead_ms == (*range(1, UPLOADS_REMEMBERED), 0)


@pytest.mark.parametrize(
    ("usual_interval_s", "fresh_s"), [(None, 60), (5, 60), (20, 60), (40, 120), (100, 300), (290, 300)]
)
def test_a_position_is_live_for_three_intervals_a_minute_at_least_and_five_at_most(usual_interval_s, fresh_s):
    usual_ms = None if usual_interval_s is None else usual_interval_s * 1000

    assert stale_at_ms(Track(a_position(0), usual_ms), RULES) == to_ms(at_s(fresh_s))


def test_a_corrected_clock_does_not_keep_a_position_live_for_longer():
    assert stale_at_ms(Track(a_position(300, skew_ms=300_000)), RULES) == to_ms(at_s(60))


def test_without_a_position_nothing_is_live():
    assert stale_at_ms(Track(), RULES) == 0


def test_the_usual_interval_follows_the_phone_and_forgets_silence():
    track = Track()
    for seconds in (0, 10, 20, 1000, 1010, 1030):
        track = upload(track, a_ping(seconds), now=at_s(seconds)).track

    assert track.usual_interval_ms == 12_000


@st.composite
def rides(draw):
    """An honest ride: never faster than the vehicle, some pings inaccurate, sent in any order and in any uploads."""
    steps = draw(st.lists(st.tuples(st.integers(1, 200_000), st.floats(-1, 1), st.booleans()), max_size=25))
    pings, at_ms, east_m = [a_ping(0)], 0, 0.0
    for step_ms, share, is_poor in steps:
        at_ms += step_ms
        east_m += share * 44 * step_ms / 1000
        pings.append(a_ping(at_ms / 1000, east_m=east_m, accuracy_m=500.0 if is_poor else 0.0))
    repeated = draw(st.lists(st.sampled_from(pings), max_size=5))
    sent = draw(st.permutations(pings + repeated))
    cuts = sorted(draw(st.sets(st.integers(1, len(sent)), max_size=6)))
    uploads = [sent[start:end] for start, end in zip([0, *cuts], [*cuts, len(sent)], strict=True)]
    return pings, uploads, at_s(at_ms / 1000)


@given(rides())
def test_whatever_the_order_and_the_uploads_the_last_position_and_the_trail_are_the_same(ride):
    pings, uploads, now = ride
    track, trail = Track(), {}
    for sent in uploads:
        judgement = judge(sent, track, rules=RULES, now=now, vehicle=Vehicle.CAR)
        track = judgement.track
        for place in judgement.trail:
            trail.setdefault(place.device_at_ms, (place.lat, place.lon))

    good = [ping for ping in pings if ping.accuracy_m == 0]
    assert trail == {ping.device_at_ms: (ping.lat, ping.lon) for ping in good}
    assert track.last.device_at_ms == max(trail)


@given(rides())
def test_the_last_position_never_goes_back(ride):
    _, uploads, now = ride
    track, newest = Track(), 0
    for sent in uploads:
        track = judge(sent, track, rules=RULES, now=now, vehicle=Vehicle.CAR).track
        assert track.last is None or track.last.device_at_ms >= newest
        newest = track.last.device_at_ms if track.last else 0


@pytest.mark.parametrize(
    ("east_m", "current", "expected"),
    [
        (-200, None, WEST),
        (200, None, EAST),
        (40, WEST, WEST),
        (60, WEST, EAST),
        (60, EAST, EAST),
        (99_000, EAST, EAST),
        (99_000, None, CITY),
        (200, CITY, EAST),
    ],
)
def test_a_rider_changes_zone_only_when_the_border_is_well_behind(east_m, current, expected):
    place = offset(CENTRE, east_m=east_m, north_m=0)

    assert zone_for(TwoZones().zones, place, CITY, current=current) == expected


@pytest.mark.parametrize(
    ("east_m", "north_m", "expected"),
    [(-400, 0, {WEST, EAST, CITY}), (-600, 0, {WEST, CITY}), (0, 10_400, {WEST, EAST, CITY}), (0, 11_000, set())],
)
def test_zones_within_reach_are_searched_whichever_holds_the_place(east_m, north_m, expected):
    place = offset(CENTRE, east_m=east_m, north_m=north_m)

    assert set(TwoZones().zones.near(place, within_m=500)) == {ZoneId(name) for name in expected}


def test_the_sweep_visits_every_zone_and_those_outside_all():
    assert all_zones(TwoZones().zones) == [WEST, EAST, CITY]
