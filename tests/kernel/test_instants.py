from datetime import UTC, datetime

import msgspec
import pytest

from kernel.instants import EARLIEST, LATEST, Dated, Instant, is_sane


class Visit(Dated, frozen=True, kw_only=True):
    begins_at: Instant
    ends_at: Instant | None = None


@pytest.mark.parametrize("text", ["1970-01-01T00:00:00Z", "2099-12-31T23:59:59.999999Z", "2031-03-07T19:00:00-03:00"])
def test_an_instant_of_our_years_is_taken(text):
    assert msgspec.convert({"begins_at": text}, Visit).begins_at == datetime.fromisoformat(text)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "1969-12-31T23:59:59Z", "2100-01-01T00:00:00Z",
                                  "9999-12-31T23:59:59.999999Z"])  # fmt: skip
def test_the_ends_of_the_calendar_are_refused_by_the_field_s_name(text):
    with pytest.raises(msgspec.ValidationError, match="`ends_at` lies before 1970 or after 2099"):
        msgspec.convert({"begins_at": "2031-03-07T22:00:00Z", "ends_at": text}, Visit)


def test_an_instant_without_a_time_zone_is_none():
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"begins_at": "2031-03-07T22:00:00"}, Visit)


def test_our_years_have_a_first_instant_and_no_last():
    assert [is_sane(value) for value in (EARLIEST, LATEST, datetime(1, 1, 1, tzinfo=UTC), None, "x")] == [
        True, False, False, True, True,
    ]  # fmt: skip
