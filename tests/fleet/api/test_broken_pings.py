"""A million broken uploads under `make soak`: each is refused clearly, or read without inventing a place.

Quicker than hypothesis, which looks for the odd one more cleverly in `phones/test_mutations.py`: seeded dice alone.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Any, Final

import msgspec
import pytest
from tests.fleet.api.phones.corpus import NAMES, PAYLOADS, a_request
from tests.fleet.api.phones.test_mutations import NASTY, NUMBER, check
from tests.fleet.pings import ANA, NOON, NOON_MS

from accounts.model import Caller
from fleet.api.phones.table import NAMED
from fleet.api.ping_bodies import read_upload
from fleet.api.sayings import PhoneTaker
from fleet.model.positions import Judged, Ping, Verdict
from infra.live.view import UNREADABLE
from kernel.actors import Role
from kernel.errors import DomainError

FACTOR: Final = int(os.environ.get("RECADO_SOAK_FACTOR", "1"))
EACH: Final = 400 * FACTOR  # of each payload and of each of our own: at least 20,000 in all, and a million in the soak
SEED: Final = 20_260_314

A_PING: Final = {"device_at": NOON_MS, "lat": -23.5505, "lon": -46.6333, "accuracy_m": 8.5, "speed_mps": 4.25}
FULL: Final = A_PING | {"bearing_deg": 90.5, "battery": 0.87, "is_mock": False, "source": "app", "activity": "walking"}
WRITTEN: Final = A_PING | {"device_at": "2026-03-14T12:00:00.125-03:00"}
MANY: Final = [A_PING | {"device_at": NOON_MS + 5_000 * number, "lat": -23.5 - number / 64} for number in range(4)]
OWN: Final = {
    "single": A_PING,
    "full": FULL,
    "written": WRITTEN,
    "batch": {"positions": MANY},
    "mixed": {"positions": [FULL, WRITTEN, {"lat": 91}, *MANY]},
}
FRAMES: Final = {
    "frame": {"n": 7, **A_PING},
    "unnumbered": A_PING,
    "full": {"n": 9_007_199_254_740_991, **FULL},
    "batch": {"n": 8, "positions": MANY},
    "deed": {"n": 9, "do": "accept_offer", "offer_id": "off_01J9ZC4Q0000000000000000AN"},
}
PARTS: Final = [
    *NASTY,
    b'"lat":',
    b'"lon":',
    b'"device_at":',
    b'"positions":[',
    b'"do":',
    b"-23.55",
    b"181",
    b"1e1",
    b"1.",
    b"\\",
]


def broken(text: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    """Return a text with one to three things done to it that networks, proxies and people do."""
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        at, size = chance.randint(0, len(text)), int(chance.expovariate(0.2))
        match chance.randrange(7):
            case 0:
                text = text[:at] + chance.randbytes(1 + size % 3) + text[at + 1 :]
            case 1:
                text = text[:at] + text[at + 1 + size :]
            case 2:
                text = text[:at] + text[max(0, at - size) :]
            case 3:
                text = text[:at] + chance.choice(PARTS) + text[at + size % 4 :]
            case 4:
                other = chance.choice(others)
                start = chance.randint(0, len(other))
                text = text[:at] + other[start : start + 4 * size] + text[at + size :]
            case 5:
                text = text[: at or 1]
            case _:
                text = text[:at] + b"%d" % chance.randint(-200, 200) + text[at + 1 + size % 5 :]
    return text


def numbers_in(body: bytes) -> set[float]:
    return {float(found) for found in NUMBER.findall(body.decode("utf-8", "replace"))}


def assert_nothing_is_invented(pings: Iterable[Ping], body: bytes) -> None:
    known = None
    for ping in pings:
        known = numbers_in(body) if known is None else known
        assert {ping.lat, ping.lon, ping.accuracy_m} <= known
        assert (-90 <= ping.lat <= 90, -180 <= ping.lon <= 180) == (True, True)
        assert 0 <= ping.device_at_ms <= 253_402_300_799_999
        assert all(value is None or 0 <= value <= 1e7 for value in (ping.speed_mps, ping.bearing_deg, ping.battery))


@pytest.mark.parametrize("name", NAMES)
def test_an_apps_broken_upload_is_refused_clearly_or_read_without_inventing_a_place(name):
    chance, whole = Random(f"{SEED} {name}"), a_request(PAYLOADS / name)
    others = [a_request(PAYLOADS / other).body for other in NAMES]
    forced = [None, None, *NAMED]

    for _ in range(EACH):
        part = "query" if whole.query and (not whole.body or chance.random() < 0.5) else "body"
        text = broken(getattr(whole, part), chance, others)
        check(msgspec.structs.replace(whole, **{part: text}), chance.choice(forced))


@pytest.mark.parametrize("name", OWN)
def test_our_own_broken_upload_is_refused_or_answered_ping_by_ping(name):
    chance, whole = Random(f"{SEED} own {name}"), msgspec.json.encode(OWN[name])
    others = [msgspec.json.encode(one) for one in OWN.values()]

    for _ in range(EACH):
        body = broken(whole, chance, others)
        try:
            upload = read_upload(body)
        except (DomainError, ValueError):
            continue
        assert_nothing_is_invented(upload.pings, body)
        judged = [Judged(ping.device_at_ms, Verdict.ACCEPTED) for ping in upload.pings]
        assert len(msgspec.json.decode(upload.encode_answers(judged))) == len(upload)


class Noon:
    """A clock that stands."""

    async def now(self):
        return NOON


class Shelf:
    """Takes whatever was read, in the place of the stores."""

    def __init__(self) -> None:
        self.pings: list[Ping] = []

    async def take(self, _rider_id, pings, *, now, raw=None):
        self.pings += pings

    async def ingest(self, _rider_id, pings, *, now):
        self.pings += pings
        return [Judged(ping.device_at_ms, Verdict.ACCEPTED) for ping in pings]


class Reached(Exception):
    """The frame was understood as a deed, which is for other tests."""


def nothing_to_begin() -> Any:
    raise Reached


@pytest.mark.parametrize("name", FRAMES)
async def test_a_broken_frame_is_refused_or_acknowledged_with_a_verdict_for_each_ping(name):
    chance, whole = Random(f"{SEED} frame {name}"), msgspec.json.encode(FRAMES[name])
    others = [msgspec.json.encode(one) for one in FRAMES.values()]
    shelf = Shelf()
    begin: Callable[[], Any] = nothing_to_begin
    taker = PhoneTaker(Caller(role=Role.RIDER, id=ANA), shelf, begin, Noon())  # type: ignore[arg-type]

    for _ in range(EACH):
        shelf.pings.clear()
        raw = broken(whole, chance, others)
        taken = taker.take_together(deque([raw]))
        try:
            ack = await (taker.take(raw) if taken is None else taken[1])
        except (DomainError, *UNREADABLE, Reached):
            continue
        assert_nothing_is_invented(shelf.pings, raw)
        assert len(msgspec.json.decode(msgspec.json.encode(ack))["verdicts"]) >= len(shelf.pings)
