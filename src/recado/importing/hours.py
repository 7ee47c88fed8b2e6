"""Opening hours as people write them on the door: `tue-fri 11:30-15:00, 18:00-23:30`, one line for each kind of day."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from recado.importing.blocks import Kind, Wrong
from recado.importing.source import MappingNode, Node, SequenceNode
from recado.importing.values import scalar

Week = dict[str, list[dict[str, str]]]

DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# English, Portuguese and Spanish, whole or the first three letters.
_NAMES: Final = (
    "monday segunda lunes", "tuesday terça martes", "wednesday quarta miércoles", "thursday quinta jueves",
    "friday sexta viernes", "saturday sábado sab", "sunday domingo",
)  # fmt: skip
_DAY_OF: Final[Mapping[str, int]] = {
    short: number for number, names in enumerate(_NAMES) for name in names.split() for short in (name, name[:3])
}
_ALWAYS: Final = "always"
_LINE: Final = re.compile(r"([^0-9]*?)\s*([0-9].*|closed)", re.IGNORECASE)
_SPAN: Final = re.compile(r"(\S+?)\s*-\s*(\S+)")
_TIME: Final = re.compile(r"([0-9]{1,2})(?::|h)?([0-9]{2})?h?")
_DAY_MINUTES: Final = 24 * 60
_WEEK_MINUTES: Final = 7 * _DAY_MINUTES
_MOST_SPANS: Final = 8
SUCH_AS: Final = "tue-sun 18:00-23:30"


def opening_hours() -> Kind[Week]:
    """Return the kind of opening hours: one text, a list of them, or a block with days as its keys."""
    return Kind(_read, instead={}, such_as=SUCH_AS)


def in_words(week: Mapping[str, Sequence[Mapping[str, str]]]) -> str:
    """Return opening hours as they are written in a file."""
    if not any(week.values()):
        return _ALWAYS
    lines: list[tuple[list[str], str]] = []
    for day in DAYS:
        spans = ", ".join(f"{span['opens']}-{span['closes']}" for span in week.get(day, ()))
        if spans and lines and lines[-1][1] == spans and DAYS.index(lines[-1][0][-1]) + 1 == DAYS.index(day):
            lines[-1][0].append(day)
        elif spans:
            lines.append(([day], spans))
    return "; ".join(f"{_days_in_words(days)} {spans}" for days, spans in lines)


def _read(node: Node) -> Week:
    week: Week = {}
    for text, where in _lines(node):
        if text.lower() == _ALWAYS:
            return {}
        days, spans = _parse(text, where)
        for day in days:
            week.setdefault(DAYS[day], []).extend(spans)
    if not any(week.values()):
        raise Wrong(f"no day is open: write `{SUCH_AS}`, or `always`")
    _check(week)
    return {day: sorted(week[day], key=lambda span: span["opens"]) for day in DAYS if week.get(day)}


def _lines(node: Node) -> list[tuple[str, Node]]:
    if isinstance(node, SequenceNode):
        return [(scalar(part), part) for part in node.value]
    if isinstance(node, MappingNode):
        return [(f"{scalar(key)} {scalar(value)}", value) for key, value in node.value]
    return [(part.strip(), node) for part in scalar(node).split(";") if part.strip()]


def _parse(text: str, node: Node) -> tuple[list[int], list[dict[str, str]]]:
    plain = re.sub(r"\s*[\u2013\u2014-]\s*", "-", text.strip().lower())
    parts = _LINE.fullmatch(plain)
    if parts is None or not parts[1].strip():
        raise Wrong(f"{text} needs days and times, such as `{SUCH_AS}`", node)
    days = _parse_days(parts[1], node)
    if parts[2] == "closed":
        return days, []
    spans = [_parse_span(part.strip(), node) for part in re.split(r",|/|&|\band\b|\be\b|\by\b", parts[2])]
    return days, spans


def _parse_days(text: str, node: Node) -> list[int]:
    if text.strip() in {"daily", "every day"}:
        return list(range(7))
    days: list[int] = []
    for part in re.split(r",|/|&|\band\b", text):
        first, _, last = part.strip(" :.").partition("-")
        begin, end = _parse_day(first, node), _parse_day(last or first, node)
        days.extend((begin + n) % 7 for n in range((end - begin) % 7 + 1))
    return days


def _parse_day(text: str, node: Node) -> int:
    found = _DAY_OF.get(text.strip(" :."))
    if found is None:
        raise Wrong(f"{text.strip() or 'nothing'} is not a day: write mon, tue, wed, thu, fri, sat or sun", node)
    return found


def _parse_span(text: str, node: Node) -> dict[str, str]:
    parts = _SPAN.fullmatch(text)
    if parts is None:
        raise Wrong(f"{text or 'nothing'} is not a time such as 18:00-23:30", node)
    return {"opens": _parse_time(parts[1], node, is_end=False), "closes": _parse_time(parts[2], node, is_end=True)}


def _parse_time(text: str, node: Node, *, is_end: bool) -> str:
    parts = _TIME.fullmatch(text)
    if parts is None:
        raise Wrong(f"{text} is not a time such as 18:00", node)
    hour, minute = int(parts[1]), int(parts[2] or 0)
    if not parts[2] and "h" not in text:
        raise Wrong(f"{text} is written {hour:02}:00", node)
    if minute > 59 or hour > 24 or (hour == 24 and (minute or not is_end)):  # noqa: PLR2004  a clock's
        raise Wrong(f"{text} is no time of day; after midnight comes 00:00, and 01:00 closes the next day", node)
    return f"{hour:02}:{minute:02}"


def _check(week: Week) -> None:
    """Refuse spans that overlap, also those that reach into the next day."""
    spans = []
    for number, day in enumerate(DAYS):
        for span in week.get(day, ()):
            opens, closes = _minute(span["opens"]), _minute(span["closes"])
            length = closes - opens if closes > opens else closes - opens + _DAY_MINUTES
            spans.append((number * _DAY_MINUTES + opens, length, f"{day} {span['opens']}-{span['closes']}"))
        if len(week.get(day, ())) > _MOST_SPANS:
            raise Wrong(f"{day} opens more than {_MOST_SPANS} times")
    spans.sort()
    for (begin, length, name), (next_begin, _, next_name) in zip(spans, [*spans[1:], *spans[:1]], strict=True):
        if len(spans) > 1 and (next_begin - begin) % _WEEK_MINUTES < length:
            raise Wrong(f"{name} and {next_name} overlap")


def _minute(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def _days_in_words(days: Sequence[str]) -> str:
    return days[0][:3] if len(days) == 1 else f"{days[0][:3]}-{days[-1][:3]}"
