"""What an import says when it is done."""

from collections.abc import Iterator, Mapping
from typing import Final

from accounts.model import Scope
from recado.importing.applying import Outcome
from recado.importing.findings import Finding, Findings
from recado.importing.model import CityFile

MOST_LINES: Final = 50
_KINDS: Final = {
    "city": ("city", "cities"), "zone": ("zone", "zones"), "merchant": ("merchant", "merchants"),
    "store": ("store", "stores"), "item": ("item", "items"), "operator": ("operator", "operators"),
    "staff": ("member of staff", "members of staff"), "rider": ("rider", "riders"), "rule": ("rule", "rules"),
}  # fmt: skip
_WHEN_GONE: Final[Mapping[str, str]] = {
    "zone": "it is still served; draw it smaller in the file",
    "merchant": "it stays for its orders",
    "store": "it still takes orders; pause it on its tablet or at the desk",
    "item": "it is still on the menu; take it off with `available: no` in the file",
    "operator": "what was paired still works; revoke the devices at the desk",
    "staff": "what was paired still works; revoke the devices at the desk",
    "rider": "the rider can still work; revoke the phone at the desk",
    "rule": "it stays in force; write another value with its reason",
}


def mistakes(file_name: str, found: Findings) -> Iterator[str]:
    """Return the lines that name every mistake, in the file's order, and every warning."""
    several = sorted(set(found.mistakes))
    how_many = "a mistake" if len(several) == 1 else f"{len(several)} mistakes"
    yield f"{file_name} has {how_many}; nothing was changed"
    yield from _lines(file_name, several)
    yield from warnings(file_name, found)


def warnings(file_name: str, found: Findings) -> Iterator[str]:
    """Return the lines to think about."""
    yield from (f"warning: {line}" for line in _lines(file_name, sorted(set(found.warnings))))


def outcome(file: CityFile, done: Outcome, *, is_dry_run: bool) -> Iterator[str]:
    """Return the lines that say what an import did, or would do."""
    for kind, number in done.made_by_kind().items():
        yield f"made     {number} {_KINDS[kind][number != 1]}"
    yield from _few("changed", done.changed)
    yield from _few("left", done.left)
    yield from _few("gone", [f"{kind} {key} is no longer in the file: {_WHEN_GONE[kind]}" for kind, key in done.gone])
    kept, changed = done.kept, done.changed_count
    yield f"{file.city.name}: {len(done.made)} made, {changed} changed, {kept} as they were"
    if is_dry_run:
        yield "nothing was written: this was a dry run"


def people(file: CityFile, done: Outcome) -> Iterator[tuple[str, str, str, str]]:
    """Return everybody: name, what they are, the file's key, and their id."""
    for operator in file.operators:
        may = "all" if len(operator.scopes) == len(Scope) else ", ".join(operator.scopes)
        yield operator.name, f"desk, may {may}", operator.key, done.ids["operator", operator.key]
    for member in file.staff:
        what = f"{member.duty} of {', '.join(member.store_keys)}"
        yield member.name, what, member.key, done.ids["staff", member.key]
    for rider in file.riders:
        yield rider.name, f"rider, {rider.vehicle}", rider.key, done.ids["rider", rider.key]


def _lines(file_name: str, several: list[Finding]) -> Iterator[str]:
    for finding in several[:MOST_LINES]:
        yield f"{file_name} line {finding.at.line}, column {finding.at.column}: {finding.text}"
    if len(several) > MOST_LINES:
        yield f"and {len(several) - MOST_LINES} more"


def _few(what: str, lines: list[str]) -> Iterator[str]:
    for line in lines[:MOST_LINES]:
        yield f"{what:<8} {line}"
    if len(lines) > MOST_LINES:
        yield f"{what:<8} and {len(lines) - MOST_LINES} more"
