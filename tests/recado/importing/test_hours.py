import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.recado.importing.office import SMALL, edited, read

from recado.importing.hours import DAYS, in_words

FACTOR = int(os.environ.get("RECADO_SOAK_FACTOR", "1"))


def week_of(text):
    file, found = read(edited(("tue-sun 18:00-23:30", text), text=SMALL))
    assert file is not None, found.mistakes
    return file.stores[0].opening_hours


def span(opens, closes):
    return {"opens": opens, "closes": closes}


NINE, NOON = span("09:00", "12:00"), span("12:00", "16:00")
WEEKS = {
    "mon 9:00-17:00": {"monday": [span("09:00", "17:00")]},
    "tue 11:30-15:00, 18:00-23:30": {"tuesday": [span("11:30", "15:00"), span("18:00", "23:30")]},
    "tue 18h-23h30 and 11h30-15h": {"tuesday": [span("11:30", "15:00"), span("18:00", "23:30")]},
    "fri, sat 18:00-02:00": {"friday": [span("18:00", "02:00")], "saturday": [span("18:00", "02:00")]},
    "sun-mon 12:00 \u2013 16:00": {"monday": [NOON], "sunday": [NOON]},
    "daily 00:00-24:00": {day: [span("00:00", "24:00")] for day in DAYS},
    "sáb 12:00-16:00; domingo 09:00-12:00; seg closed": {"saturday": [NOON], "sunday": [NINE]},
    "[mié 9:00-12:00, jueves 9:00-12:00]": {"wednesday": [NINE], "thursday": [NINE]},
    "\n      tue: 9:00-12:00\n      wed-thu: 12:00-16:00": {"tuesday": [NINE], "wednesday": [NOON], "thursday": [NOON]},
    "always": {},
}


@pytest.mark.parametrize(("text", "week"), WEEKS.items(), ids=[text.strip()[:30] for text in WEEKS])
def test_hours_are_read_as_people_write_them(text, week):
    assert week_of(text) == week


def test_hours_are_told_as_they_are_written():
    text = "tue-fri 11:30-15:00, 18:00-23:30; sat 12:00-00:30; sun 12:00-16:00"

    assert in_words(week_of(text)) == text
    assert in_words({}) == "always"


@settings(max_examples=20 * FACTOR)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 23), st.integers(0, 23)), min_size=1, max_size=3))
def test_what_is_told_of_hours_is_read_back_as_the_same(spans):
    text = "; ".join(f"{DAYS[day][:3]} {opens:02}:00-{closes:02}:00" for day, opens, closes in spans)
    file, found = read(edited(("tue-sun 18:00-23:30", text)))
    if file is None:
        assert all("overlap" in one.text for one in found.mistakes)
        return

    week = file.stores[0].opening_hours

    assert week_of(in_words(week)) == week
