import msgspec
from tests.fleet.positions import NOON_MS, a_fence, a_position

from fleet.model.phones import PhoneState
from fleet.model.riders import Vehicle
from fleet.model.truth import Motion, Trust
from fleet.policy.spoofing import SuspicionRules
from fleet.policy.truth import Known, TruthState, learn, trusting

RULES = SuspicionRules()
AT_THE_STORE = [a_position(5 * number, is_mock=True) for number in range(12)]


def learnt(positions=(), known=Known(), *, phone=None, fences=()):  # noqa: B008  frozen
    return learn(known, positions, phone=phone, vehicle=Vehicle.MOTORCYCLE, rules=RULES, fences=fences)


def test_a_batch_tells_suspicion_motion_and_visits_at_once():
    learned = learnt(AT_THE_STORE, fences=[a_fence()])

    known = learned.known
    assert known.is_suspected
    assert known.suspicion_bp == 9_800
    assert known.reading.motion is Motion.ON_FOOT
    assert known.reading.at_ms == NOON_MS + 40_000
    assert [(visit.entered_at_ms, visit.is_new) for visit in learned.visits] == [(NOON_MS, True)]


def test_the_same_batch_again_changes_nothing():
    first = learnt(AT_THE_STORE, fences=[a_fence()])

    again = learnt(AT_THE_STORE, first.known, fences=[a_fence()])

    assert (again.known, again.visits) == (first.known, ())


def test_a_visit_begun_and_ended_in_one_batch_is_one_new_visit():
    gone = [a_position(60 + 5 * number, east_m=400) for number in range(30)]

    (visit,) = learnt(AT_THE_STORE + gone, fences=[a_fence()]).visits

    assert (visit.is_new, visit.left_at_ms) == (True, NOON_MS + 55_000)


def test_a_visit_that_goes_on_is_told_with_its_end_and_is_not_new():
    known = learnt(AT_THE_STORE, fences=[a_fence()]).known

    (visit,) = learnt(
        [a_position(60 + 5 * number, east_m=400) for number in range(30)], known, fences=[a_fence()]
    ).visits

    assert (visit.is_new, visit.left_at_ms) == (False, NOON_MS + 55_000)


def test_a_late_position_is_not_the_last_one():
    known = learnt([a_position(60), a_position(30)]).known

    assert known.state.last == a_position(60)


def test_the_newest_word_of_a_phone_is_kept():
    old, new = PhoneState(at_ms=1, battery=0.5), PhoneState(at_ms=2, battery=0.4)

    known = learnt(phone=new).known

    assert known.phone == new
    assert learnt(known=known, phone=old).known.phone == new
    assert learnt(known=known).known == known
    assert learnt(known=known, phone=msgspec.structs.replace(new, at_ms=3)).known.phone.at_ms == 3


def test_nobody_seen_has_no_reading_and_a_state_is_json():
    assert Known().reading is None
    state = learnt(AT_THE_STORE, fences=[a_fence()]).known.state
    assert msgspec.json.decode(msgspec.json.encode(state), type=TruthState) == state


def test_an_operators_word_clears_at_once_and_hides_what_was_looked_at():
    known = learnt(AT_THE_STORE).known
    word = Trust(at_ms=NOON_MS + 60_000, until_ms=NOON_MS + 90_000, codes=("mock_flag",), by_id="per_1", reason="ours")

    trusted = trusting(known, word, rules=RULES)

    assert (trusted.is_suspected, trusted.suspicion_bp, trusted.evidence) == (False, 0, ())
    assert len(trusted.state.spoof.evidence) == len(known.evidence) == 1
