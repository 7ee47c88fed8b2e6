"""Why nothing comes from a rider's phone: by its own last words, never by guessing."""

from datetime import datetime, timedelta
from typing import Final

from fleet.model.phones import PhoneState
from fleet.model.positions import Position, from_ms, to_ms
from fleet.model.truth import Silence, SilenceCause

AFTER: Final = timedelta(seconds=60)  # no position for so long is silence; the least that a position is live for
BEFORE_MS: Final = 60_000  # words so much older than the last position may still be about what came after it
EMPTY: Final = 0.05  # phones switch themselves off from here
LATE_MS: Final = 60_000  # a last position that took so long came over a network that was going


def explain(
    phone: PhoneState | None, last: Position | None, *, present_at: datetime | None = None, now: datetime
) -> Silence | None:
    """Return why a rider is silent, or None while positions come.

    `present_at` is when a socket or keep-alive was last heard: phone, app and network live, but it is never a place.
    """
    last_at = None if last is None else from_ms(last.measured_at_ms)
    if last_at is not None and now - last_at < AFTER:
        return None
    word = None if phone is None or _is_old(phone, last) else phone
    is_present = present_at is not None and now - present_at < AFTER
    for cause, facts in (
        *_said(word),
        (SilenceCause.BATTERY, _battery(phone, last, is_present=is_present)),
        (SilenceCause.NETWORK, _network(word, last, is_present=is_present)),
    ):
        if facts:
            return Silence(cause=cause, facts=facts, last_position_at=last_at)
    return Silence(cause=SilenceCause.UNKNOWN, facts=_nothing(word, present_at, now), last_position_at=last_at)


def _is_old(phone: PhoneState, last: Position | None) -> bool:
    """Tell whether positions came after the phone's word: what it said then did not stop them."""
    return last is not None and phone.at_ms < last.device_at_ms - BEFORE_MS


def _said(word: PhoneState | None) -> list[tuple[SilenceCause, tuple[str, ...]]]:
    """Return what the phone itself gave as a reason, the one a rider must act on first."""
    if word is None:
        return []
    at = f"{from_ms(word.at_ms):%H:%M:%S} UTC"
    said = [
        (SilenceCause.PERMISSION, word.may_locate is False, f"at {at} the app was not allowed to locate"),
        (SilenceCause.GPS_OFF, word.is_gps_on is False, f"at {at} location was switched off"),
        (SilenceCause.APP_KILLED, word.is_app_closed is True, f"at {at} the app was closed"),
    ]
    return [(cause, (fact,)) for cause, is_so, fact in said if is_so]


def _battery(phone: PhoneState | None, last: Position | None, *, is_present: bool) -> tuple[str, ...]:
    """Return what the newest word of the battery says, if it is enough to stop a phone."""
    is_newest = phone is not None and (last is None or last.battery is None or phone.at_ms >= last.device_at_ms)
    battery = phone.battery if phone is not None and is_newest else last.battery if last is not None else None
    if battery is None or (phone is not None and is_newest and phone.is_charging is True):
        return ()
    return (f"the battery was at {battery:.0%}",) if battery <= EMPTY and not is_present else ()


def _network(word: PhoneState | None, last: Position | None, *, is_present: bool) -> tuple[str, ...]:
    if is_present:
        return ()
    if word is not None and word.is_online is False:
        return (f"at {from_ms(word.at_ms):%H:%M:%S} UTC the phone had no network",)
    if last is not None and (took_ms := last.received_at_ms - last.measured_at_ms) >= LATE_MS:
        return (f"the last position took {took_ms / 1000:.0f} s to arrive",)
    return ()


def _nothing(word: PhoneState | None, present_at: datetime | None, now: datetime) -> tuple[str, ...]:
    facts = ["the phone gave no reason" if word is not None else "the phone has said nothing of itself since"]
    if present_at is not None:
        ago_s = (to_ms(now) - to_ms(present_at)) / 1000
        facts.append(f"its app was heard {ago_s:.0f} s ago, without a place")
    return tuple(facts)
