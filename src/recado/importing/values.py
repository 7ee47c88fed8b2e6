"""The kinds of values a city's file holds, as people write them: 34.90, 25 min, 3 km, -23.54, -46.63."""

import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Final, TypeVar

import phonenumbers

from kernel.geo import Point, haversine_m
from kernel.money import MINOR_DIGITS
from recado.importing.blocks import Kind, Wrong, is_unsaid
from recado.importing.findings import told
from recado.importing.source import Node, ScalarNode, SequenceNode

T = TypeVar("T")
FAR_M: Final = 100_000  # further from its city's centre nothing of a city lies; turned-round coordinates do
_NOWHERE: Final = Point(lat=0, lon=0)
_NUMBER: Final = r"-?[0-9]{1,6}(?:\.[0-9]{1,15})?"
_POINT: Final = re.compile(rf"({_NUMBER})\s*[,; ]\s*({_NUMBER})")
_COMMA_POINT: Final = re.compile(r"(-?[0-9]{1,3}),([0-9]+)\s*[,; ]\s*(-?[0-9]{1,3}),([0-9]+)")
_MEASURE: Final = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)\s*([^\W\d_]+(?:/[a-z]+)?|%)?")
_SECONDS: Final = {"s": 1, "sec": 1, "second": 1, "seconds": 1, "min": 60, "minute": 60, "minutes": 60,
                   "h": 3600, "hour": 3600, "hours": 3600}  # fmt: skip
_METRES: Final = {"m": 1, "metre": 1, "metres": 1, "meter": 1, "meters": 1, "km": 1000}
_MPS: Final = {"m/s": 1.0, "km/h": 1 / 3.6}
_PER_CENT: Final = {"%": 100}
_YES: Final = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}


def scalar(node: Node) -> str:
    """Return the text of a single value, as it is written."""
    if not isinstance(node, ScalarNode):
        raise Wrong("is one value, not a list or a block", node)
    text = " ".join(node.value.split())
    if not text or is_unsaid(node):
        raise Wrong("is empty", node)
    return text


def words(node: Node) -> list[str]:
    """Return the texts of a list, written with commas, in brackets, or a line each."""
    if isinstance(node, SequenceNode):
        return [scalar(part) for part in node.value]
    return [part.strip() for part in scalar(node).split(",") if part.strip()]


def text(most: int, such_as: str) -> Kind[str]:
    """Return the kind of texts up to so many characters."""

    def read(node: Node) -> str:
        found = scalar(node)
        if len(found) > most:
            raise Wrong(f"has {len(found)} characters; it may have {most}")
        return found

    return Kind(read, instead="", such_as=such_as)


def matching(is_right: Callable[[str], bool], says: Callable[[str], str], such_as: str) -> Kind[str]:
    """Return the kind of texts that are right by some test; `says` completes what is wrong with another."""

    def read(node: Node) -> str:
        found = scalar(node)
        if not is_right(found):
            raise Wrong(says(found))
        return found

    return Kind(read, instead="", such_as=such_as)


def choice(options: Sequence[str], *, instead: str = "") -> Kind[str]:
    """Return the kind of words out of a few."""

    def read(node: Node) -> str:
        found = scalar(node).lower()
        if found not in options:
            raise Wrong(f"{found} is not known: {told(found, options)}")
        return found

    return Kind(read, instead=instead or options[0], such_as=options[0])


def some(options: Iterable[str], *, all_of_them: str = "all") -> Kind[list[str]]:
    """Return the kind of one or more words out of a few, in their own order; one word means all of them."""
    known = list(options)

    def read(node: Node) -> list[str]:
        named = words(node)
        if named == [all_of_them]:
            return known
        for word in named:
            if word not in known:
                raise Wrong(f"{word} is not known: {told(word, [*known, all_of_them])}")
        if not named:
            raise Wrong("is empty")
        return [word for word in known if word in named]

    return Kind(read, instead=[], such_as=", ".join(known[:2]) or all_of_them)


def yes_no() -> Kind[bool]:
    """Return the kind of yes and no."""

    def read(node: Node) -> bool:
        found = scalar(node).lower()
        if found not in _YES:
            raise Wrong(f"{found} is neither yes nor no")
        return _YES[found]

    return Kind(read, instead=False, such_as="yes")


def count(least: int, most: int, such_as: str = "3") -> Kind[int]:
    """Return the kind of whole numbers."""

    def read(node: Node) -> int:
        found = scalar(node)
        if not re.fullmatch(r"[0-9]{1,12}", found) or not least <= int(found) <= most:
            raise Wrong(f"{found} is not a whole number from {least} to {most}")
        return int(found)

    return Kind(read, instead=least, such_as=such_as)


def amount(currency: str) -> Kind[int]:
    """Return the kind of amounts of money, in minor units; whole ones where the currency has no smaller."""
    digits = MINOR_DIGITS.get(currency, 2)
    such_as = "34.90" if digits else "3490"
    right = re.compile(rf"[0-9]{{1,9}}(\.[0-9]{{{digits}}})?" if digits else r"[0-9]{1,9}")

    def read(node: Node) -> int:
        found = scalar(node)
        if right.fullmatch(found):
            return int(Decimal(found).scaleb(digits))
        meant = _as_amount(found, digits)
        raise Wrong(f"{found} is written {meant}" if meant else f"{found} is not an amount such as {such_as}")

    return Kind(read, instead=0, such_as=such_as)


def phone(country: str) -> Kind[str]:
    """Return the kind of phone numbers, in E.164; those of the city's country may be written as people do there."""

    def read(node: Node) -> str:
        found = scalar(node)
        try:
            number = phonenumbers.parse(found, country or None)
        except phonenumbers.NumberParseException:
            number = None
        if number is None or not phonenumbers.is_valid_number(number):
            raise Wrong(f"{found} cannot be dialled: write country, area and number, such as {such_as}")
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    example = phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE) if country else None
    international = phonenumbers.PhoneNumberFormat.INTERNATIONAL
    such_as = phonenumbers.format_number(example, international) if example else "+55 11 98765-4321"
    return Kind(read, instead="", such_as=such_as)


def point(near: Point | None = None) -> Kind[Point]:
    """Return the kind of places: latitude, longitude; not further than `FAR_M` from the city's centre."""

    def read(node: Node) -> Point:
        found = ", ".join(scalar(part) for part in node.value) if isinstance(node, SequenceNode) else scalar(node)
        pair = _POINT.fullmatch(found)
        if pair is None:
            if meant := _COMMA_POINT.fullmatch(found):
                raise Wrong(f"{found} is written {meant[1]}.{meant[2]}, {meant[3]}.{meant[4]}")
            raise Wrong(f"{found} is not latitude, longitude such as -23.5450, -46.6390")
        lat, lon = float(pair[1]), float(pair[2])
        if abs(lat) > 90 or abs(lon) > 180:  # noqa: PLR2004  the poles, and where east meets west
            raise Wrong(f"{found} lies nowhere: latitude goes from -90 to 90, longitude from -180 to 180")
        place = Point(lat=lat, lon=lon)
        if near is not None and (away_m := haversine_m(near, place)) > FAR_M:
            raise Wrong(f"{found} lies {away_m / 1000:,.0f} km from the city's centre: latitude comes first")
        return place

    return Kind(read, instead=near or _NOWHERE, such_as="-23.5450, -46.6390")


def distance_m(least_m: int, most_m: int) -> Kind[int]:
    """Return the kind of distances, in metres."""
    return _measure(_METRES, least_m, most_m, "3 km", "m")


def minutes(least: int, most: int) -> Kind[int]:
    """Return the kind of durations in whole minutes; a bare number is minutes."""
    in_seconds = _measure(_SECONDS, least * 60, most * 60, "25 min", "min")

    def read(node: Node) -> int:
        found = scalar(node)
        if re.fullmatch(r"[0-9]{1,6}", found) and least <= int(found) <= most:
            return int(found)
        try:
            return round(in_seconds.read(node) / 60)
        except Wrong:
            raise Wrong(f"{found} is not a time such as 25 min, from {least} to {most} min") from None

    return Kind(read, instead=least, such_as="25 min")


def seconds() -> Kind[int]:
    """Return the kind of durations with their unit, in seconds."""
    return _measure(_SECONDS, 0, 10**9, "90 s, 5 min or 1 h", "s")


def speed_mps() -> Kind[float]:
    """Return the kind of speeds, in metres per second."""

    def read(node: Node) -> float:
        return _read_measure(node, _MPS, "16 km/h or 4.5 m/s")

    return Kind(read, instead=1.0, such_as="16 km/h")


def share_bp() -> Kind[int]:
    """Return the kind of shares, in basis points."""
    return _measure(_PER_CENT, 0, 10**9, "15 %", "%")


def number() -> Kind[float]:
    """Return the kind of plain numbers."""

    def read(node: Node) -> float:
        found = scalar(node)
        if not re.fullmatch(_NUMBER, found):
            raise Wrong(f"{found} is not a number such as 2 or 0.3")
        return float(found)

    return Kind(read, instead=0.0, such_as="0.3")


def many(kind: Kind[T]) -> Kind[list[T]]:
    """Return the kind of lists of another kind."""

    def read(node: Node) -> list[T]:
        return [kind.read(part) for part in (node.value if isinstance(node, SequenceNode) else [node])]

    return Kind(read, instead=[], such_as=f"[{kind.such_as}]")


def _measure(units: dict[str, int], least: int, most: int, such_as: str, unit: str) -> Kind[int]:
    def read(node: Node) -> int:
        found = round(_read_measure(node, units, such_as))
        if not least <= found <= most:
            per = units[unit]
            raise Wrong(f"{scalar(node)} is not from {least / per:g} to {most / per:g} {unit}")
        return found

    return Kind(read, instead=least, such_as=such_as)


def _read_measure(node: Node, units: dict[str, T], such_as: str) -> float:
    found = scalar(node)
    parts = _MEASURE.fullmatch(found)
    if parts is None or (parts[2] or "").lower() not in units:
        raise Wrong(f"{found} needs a number and its unit, such as {such_as}")
    return float(parts[1]) * float(units[parts[2].lower()])  # type: ignore[arg-type]  # int or float


def _as_amount(found: str, digits: int) -> str | None:
    """Return how an amount like R$ 1.234,5 is written here, or None where no amount is to be seen."""
    if found.lstrip().startswith("-") or not re.fullmatch(r"[^0-9]*[0-9][0-9.,' ]{0,14}[^0-9]*", found):
        return None
    groups = re.findall(r"[0-9]+", found)
    has_cents = len(groups) > 1 and len(groups[-1]) <= 2  # noqa: PLR2004  three digits are thousands
    whole = "".join(groups[:-1] if has_cents else groups)
    return f"{whole}.{groups[-1].ljust(digits, '0')}" if has_cents and digits else whole
