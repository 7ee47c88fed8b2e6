"""Who pairs what, what a code is worth when, and what comes of a refresh token."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.accounts.builders import (
    BETO,
    COOK,
    DESK,
    MINUTE,
    NENA,
    NOON,
    OFFICE,
    PADARIA,
    SECOND,
    TABLET,
    a_device,
    a_pairing,
    token,
)

from accounts.errors import PairingOver, PairsOwnTabletsOnly
from accounts.keys import hash_of
from accounts.model import Device, Subject
from accounts.policy import (
    PREVIOUS_LASTS,
    UNUSED_LASTS,
    Refresh,
    check_may_be_new,
    check_may_pair,
    check_subject,
    is_claimed_again,
    judge_refresh,
    may_manage,
)
from kernel.actors import Role
from kernel.errors import InvalidField

HERE, ELSEWHERE = b"here", b"elsewhere"
MANAGERS_PHONE = msgspec.structs.replace(TABLET, is_manager=True)
OTHERS_TABLET = msgspec.structs.replace(TABLET, store_ids=(PADARIA,))
BOTH = msgspec.structs.replace(TABLET, store_ids=(*TABLET.store_ids, PADARIA))


def test_only_people_of_stores_and_of_the_desk_can_be_new():
    check_may_be_new(Role.MERCHANT)
    check_may_be_new(Role.OPERATOR)

    for role in set(Role) - {Role.MERCHANT, Role.OPERATOR}:
        with pytest.raises(InvalidField, match="has to be named"):
            check_may_be_new(role)


def judge(device: Device, presented: str, *, now, is_ours: bool = True) -> Refresh:
    number = int(presented.split(".")[1])
    return judge_refresh(device, refresh_no=number, token_hash=hash_of(presented), is_ours=is_ours, now=now)


def rotated(**changes) -> Device:
    """The phone after its first refresh, at noon; it got the answer."""
    hashes = {"refresh_no": 1, "used_no": 99, "refresh_hash": hash_of(token(1)), "previous_hash": hash_of(token(0))}
    return a_device(**(hashes | {"previous_until": NOON + PREVIOUS_LASTS} | changes))


def rotated_again(device: Device, *, now) -> Device:
    """The phone after one more refresh, of which it is not known that it got the answer."""
    return msgspec.structs.replace(
        device, refresh_no=device.refresh_no + 1, refresh_hash=hash_of(token(device.refresh_no + 1)),
        previous_hash=device.refresh_hash, previous_until=now + PREVIOUS_LASTS, last_seen_at=now,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("caller", "subject", "is_allowed"),
    [
        (OFFICE, BETO, True),
        (OFFICE, MANAGERS_PHONE, True),
        (NENA, TABLET, True),
        (NENA, OTHERS_TABLET, False),
        (NENA, BOTH, False),
        (NENA, MANAGERS_PHONE, False),
        (NENA, BETO, False),
        (COOK, TABLET, False),
        (DESK, TABLET, False),
    ],
    ids=["office, phone", "office, manager", "manager, own tablet", "manager, another's", "manager, own and another's",
         "manager, another manager", "manager, phone", "cook", "desk"],
)  # fmt: skip
def test_administration_pairs_anything_and_a_manager_their_own_stores_tablets(caller, subject, is_allowed):
    if is_allowed:
        check_may_pair(caller, subject)
    else:
        with pytest.raises(PairsOwnTabletsOnly):
            check_may_pair(caller, subject)


@pytest.mark.parametrize(
    ("caller", "subject", "may"),
    [
        (OFFICE, BETO, True),
        (NENA, TABLET, True),
        (NENA, MANAGERS_PHONE, True),
        (NENA, BOTH, False),
        (NENA, BETO, False),
        (COOK, TABLET, False),
        (DESK, BETO, False),
    ],
)
def test_a_lost_device_is_revoked_by_administration_or_its_store_s_manager(caller, subject, may):
    assert may_manage(caller, a_device(subject=subject)) is may


@pytest.mark.parametrize("role", [Role.SYSTEM, Role.FOLLOWER])
def test_nobody_speaks_for_the_house_or_for_a_link(role):
    with pytest.raises(InvalidField) as refused:
        check_subject(Subject(role=role, subject_id="recado"))

    assert refused.value.facts["field"] == "role"


def test_only_stores_have_managers():
    with pytest.raises(InvalidField) as refused:
        check_subject(msgspec.structs.replace(BETO, is_manager=True))

    assert refused.value.facts["field"] == "is_manager"


def test_a_code_is_good_until_the_very_instant_it_expires():
    pairing = a_pairing()

    assert not is_claimed_again(pairing, claimed_from=HERE, now=pairing.expires_at - SECOND)
    with pytest.raises(PairingOver) as over:
        is_claimed_again(pairing, claimed_from=HERE, now=pairing.expires_at)
    assert over.value.facts == {"expired_at": pairing.expires_at, "is_claimed": False}


def test_a_claim_that_a_bad_network_sends_again_is_the_same_claim_for_a_minute():
    pairing = a_pairing(claimed_at=NOON, claimed_from=HERE)

    assert is_claimed_again(pairing, claimed_from=HERE, now=NOON + MINUTE - SECOND)
    with pytest.raises(PairingOver):
        is_claimed_again(pairing, claimed_from=HERE, now=NOON + MINUTE)


def test_who_reads_a_used_code_over_somebody_s_shoulder_gets_nothing():
    with pytest.raises(PairingOver) as over:
        is_claimed_again(a_pairing(claimed_at=NOON, claimed_from=HERE), claimed_from=ELSEWHERE, now=NOON)

    assert over.value.facts["is_claimed"]


def test_a_claim_sent_again_is_answered_also_when_the_code_expired_meanwhile():
    pairing = a_pairing(claimed_at=NOON, claimed_from=HERE, expires_at=NOON + SECOND)

    assert is_claimed_again(pairing, claimed_from=HERE, now=NOON + 2 * SECOND)


def test_the_first_refresh_rotates():
    assert judge(a_device(), token(0), now=NOON + 15 * MINUTE) is Refresh.ROTATE


@pytest.mark.parametrize("number", [0, 1])
def test_two_tabs_and_a_slow_network_all_end_with_the_same_token(number):
    assert judge(rotated(), token(number), now=NOON + PREVIOUS_LASTS - SECOND) is Refresh.REPEAT


def test_after_half_a_minute_the_old_token_is_a_copy_and_the_new_one_goes_on():
    assert judge(rotated(), token(0), now=NOON + PREVIOUS_LASTS) is Refresh.REVOKE
    assert judge(rotated(), token(1), now=NOON + PREVIOUS_LASTS) is Refresh.ROTATE


@pytest.mark.parametrize("wait", [PREVIOUS_LASTS, 8 * 60 * MINUTE, UNUSED_LASTS - SECOND], ids=str)
def test_a_phone_whose_answer_got_lost_in_a_tunnel_gets_it_again(wait):
    assert judge(rotated(used_no=0), token(0), now=NOON + wait) is Refresh.REPEAT


def test_an_answer_that_nobody_fetched_for_a_season_is_kept_no_longer():
    assert judge(rotated(used_no=0), token(0), now=NOON + UNUSED_LASTS) is Refresh.REFUSE


def test_a_token_of_long_ago_is_a_copy_at_any_time():
    device = rotated(used_no=0, refresh_no=9, refresh_hash=hash_of(token(9)), previous_hash=hash_of(token(8)))

    assert judge(device, token(3), now=NOON) is Refresh.REVOKE


def test_who_only_knows_a_device_s_id_cannot_sign_it_out():
    assert judge(rotated(), f"{token(0)[:-1]}x", now=NOON + MINUTE, is_ours=False) is Refresh.REFUSE


def test_a_token_of_the_future_is_made_up():
    assert judge(rotated(), token(7), now=NOON + MINUTE) is Refresh.REFUSE


@pytest.mark.parametrize("number", [0, 1])
def test_a_revoked_device_gets_nothing(number):
    assert judge(rotated(revoked_at=NOON), token(number), now=NOON) is Refresh.REFUSE


def test_a_device_nobody_used_for_a_season_must_be_paired_again():
    assert judge(a_device(), token(0), now=NOON + UNUSED_LASTS) is Refresh.REFUSE


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 45)), max_size=40))
def test_whoever_keeps_to_the_newest_token_is_never_signed_out(steps):
    """Tabs that share one cookie, whose requests overtake one another by less than half a minute."""
    device, now, given_at = a_device(), NOON, {0: NOON}
    for back, wait_s in steps:
        now += timedelta(seconds=wait_s)
        # A tab may still send an older one, if the next was given less than half a minute ago.
        number = max(device.refresh_no - back, 0)
        while number < device.refresh_no and now >= given_at[number + 1] + PREVIOUS_LASTS:
            number += 1
        verdict = judge(device, token(number), now=now)
        assert verdict in {Refresh.ROTATE, Refresh.REPEAT}
        if verdict is Refresh.ROTATE:
            given_at[device.refresh_no + 1] = now
            device = rotated_again(device, now=now)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 10_000)), max_size=40))
def test_a_device_alone_is_never_signed_out_however_many_answers_get_lost(steps):
    device, now, has_no = a_device(), NOON, 0
    for is_lost, wait_s in steps:
        now += timedelta(seconds=wait_s)
        verdict = judge(device, token(has_no), now=now)
        assert verdict in {Refresh.ROTATE, Refresh.REPEAT}
        if verdict is Refresh.ROTATE:
            device = rotated_again(device, now=now)
        if not is_lost:
            has_no = device.refresh_no
            device = msgspec.structs.replace(device, used_no=has_no)  # its access token was presented


@given(st.integers(1, 6), st.integers(0, 5), st.integers(0, 120))
def test_of_two_who_have_the_same_token_one_comes_too_late(rotations, stolen, wait_s):
    """Because the thief, or the one stolen from, presents it after the other used it."""
    device = rotated(
        refresh_no=rotations, refresh_hash=hash_of(token(rotations)), previous_hash=hash_of(token(rotations - 1))
    )
    copied = token(min(stolen, rotations - 1))

    verdict = judge(device, copied, now=NOON + PREVIOUS_LASTS + timedelta(seconds=wait_s))

    assert verdict is Refresh.REVOKE
