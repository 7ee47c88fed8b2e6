from hypothesis import given
from hypothesis import strategies as st
from tests.accounts.builders import DEVICE_ID, KEYS, SALT, token

from accounts.keys import Keys, hash_of, new_code, new_token, plain, read_refresh_token, readable
from kernel.ids import ALPHABET, DeviceId


def test_a_code_is_read_as_it_was_made_however_it_is_typed():
    assert {plain(typed) for typed in ("K7M4-QX20", "k7m4 qx2o", " k7m4qx2O ", "K7-M4-QX-20")} == {"K7M4QX20"}
    assert plain("i1lI-oO0") == "1111000"


@given(st.text(max_size=40))
def test_whatever_is_typed_has_a_hash_and_no_fault(typed):
    assert len(KEYS.code_hash(typed)) == 32


def test_codes_are_short_readable_and_never_the_same():
    codes = {new_code() for _ in range(1000)}

    assert len(codes) == 1000
    assert all(len(code) == 8 and set(code) <= set(ALPHABET) and plain(readable(code)) == code for code in codes)


def test_a_link_s_token_is_not_guessed():
    tokens = {new_token() for _ in range(1000)}

    assert len(tokens) == 1000
    assert all(len(one) == 22 for one in tokens)


def test_the_database_alone_says_nothing_of_a_code():
    """Because forty bits are tried out in a day, so the hash is keyed with what is not in the database."""
    assert KEYS.code_hash("K7M4QX2P") != Keys("another secret of thirty-two characters").code_hash("K7M4QX2P")
    assert KEYS.code_hash("K7M4QX2P") != hash_of("K7M4QX2P")


def test_a_refresh_token_says_whose_it_is_and_is_the_same_each_time():
    presented = read_refresh_token(token(3))

    assert presented is not None
    assert (presented.device_id, presented.refresh_no, presented.hash) == (DEVICE_ID, 3, hash_of(token(3)))
    assert token(3) == token(3)


def test_every_number_salt_and_secret_has_its_own_refresh_token():
    others = [token(4), KEYS.refresh_token(DEVICE_ID, 3, SALT[::-1]), Keys("x" * 32).refresh_token(DEVICE_ID, 3, SALT)]

    assert len({token(3), *others, KEYS.refresh_token(DeviceId(f"dev_{'2' * 26}"), 3, SALT)}) == 5


@given(st.one_of(st.text(max_size=100), st.from_regex(r"dev_[0-9A-Z]{26}\.\d{1,12}\.[A-Za-z0-9_-]{40,45}")))
def test_anything_is_read_or_is_no_refresh_token(text):
    presented = read_refresh_token(text)

    assert presented is None or text.startswith(f"{presented.device_id}.")
