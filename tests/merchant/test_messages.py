from tests.merchant.builders import MINUTE, NOON

from merchant.messages import AcceptanceRules


def test_a_platform_gives_eight_minutes_and_the_own_channel_five():
    rules = AcceptanceRules()

    assert rules.accept_by(NOON, is_own_channel=False) == NOON + 8 * MINUTE
    assert rules.accept_by(NOON, is_own_channel=True) == NOON + 5 * MINUTE


def test_a_store_is_reminded_after_one_two_and_three_minutes():
    assert AcceptanceRules().reminders_at(NOON) == [NOON + n * MINUTE for n in (1, 2, 3)]
