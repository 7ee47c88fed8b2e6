"""What an upload came to: pings, what was none and why, and what the phone says of itself."""

from collections.abc import Callable, Iterable
from typing import Final, TypeVar

import msgspec

from fleet.api.phones.values import NoPing
from fleet.model.phones import PhoneState
from fleet.model.positions import Ping

MAX_ITEMS: Final = 10_000  # a day of a ping every 9 s; more is no phone's
_Item = TypeVar("_Item")


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was not a ping, and why; never what it said, as that may be a place."""

    where: str
    why: str


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """An upload as the house takes it. Pings are sorted by device time; the state is the newest of each thing told."""

    pings: list[Ping] = []
    unreadable: list[Unreadable] = []
    state: PhoneState | None = None


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What one item of an upload tells; an item may tell of the phone alone."""

    ping: Ping | None = None
    why_none: str | None = None
    state: PhoneState | None = None


def told(read_ping: Callable[[], Ping | None], state: Callable[[int], PhoneState], *, else_at_ms: int) -> Told:
    """Return the ping, or why there is none, with the phone's state at its time or, without one, at `else_at_ms`."""
    try:
        ping = read_ping()
    except NoPing as none:
        return Told(why_none=str(none), state=state(else_at_ms))
    return Told(ping=ping, state=state(ping.device_at_ms if ping else else_at_ms))


def gather(items: Iterable[tuple[str, _Item]], read: Callable[[_Item], Told]) -> Heard:
    """Read each item alone, so that a bad one spoils no other; raises ValueError for more than any phone sends."""
    pings: list[Ping] = []
    unreadable: list[Unreadable] = []
    states: list[PhoneState] = []
    for count, (where, item) in enumerate(items):
        if count >= MAX_ITEMS:
            raise ValueError(f"more than {MAX_ITEMS} positions at once")
        one = read(item)
        if one.ping is not None:
            pings.append(one.ping)
        if one.why_none is not None:
            unreadable.append(Unreadable(where=where, why=one.why_none))
        if one.state is not None:
            states.append(one.state)
    pings.sort(key=lambda ping: ping.device_at_ms)
    return Heard(pings=pings, unreadable=unreadable, state=newest(states))


def newest(states: Iterable[PhoneState]) -> PhoneState | None:
    """Return the newest state; what it does not say is as an older one of the same upload said.

    But for the goodbye: whoever speaks after it is there again.
    """
    known: PhoneState | None = None
    for state in sorted(states, key=lambda state: state.at_ms):
        if known is None:
            known = state
            continue
        said = {name: value for name, value in msgspec.structs.asdict(state).items() if value is not None}
        known = msgspec.structs.replace(known, **{"is_app_closed": None} | said)
    return known
