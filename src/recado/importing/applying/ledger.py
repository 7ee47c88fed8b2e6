"""What an import does, beside what earlier ones did: the file changes only what the file says differently now."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from infra.db import Tx
from kernel.ids import CityId
from recado.importing import keys
from recado.importing.findings import Findings
from recado.importing.keys import Known
from recado.importing.model import Entry

_NEVER: Final = object()


Show = Callable[[str, Any], str]


def _as_it_is(_: str, value: Any) -> str:
    return str(value)


class Outcome(msgspec.Struct, kw_only=True):
    """What an import did, in the order it did it."""

    city_id: CityId
    made: list[tuple[str, str]] = []
    changed: list[str] = []
    changed_count: int = 0
    kept: int = 0
    left: list[str] = []
    gone: list[tuple[str, str]] = []
    ids: dict[tuple[str, str], str] = {}

    def made_by_kind(self) -> Counter[str]:
        """Return how many of each kind were made."""
        return Counter(kind for kind, _ in self.made)


class Ledger:
    """One import's memory: what the file said last, what it made, changed and left alone.

    With `reset` the file is right also where it says what it said before and people changed it since.
    """

    def __init__(
        self,
        tx: Tx,
        city_id: CityId,
        known: Mapping[tuple[str, str], Known],
        *,
        found: Findings,
        now: datetime,
        reset: bool,
    ) -> None:
        self.tx, self.city_id, self.found, self.now = tx, city_id, found, now
        self._known, self._reset = dict(known), reset
        self.outcome = Outcome(city_id=city_id)

    @property
    def resets(self) -> bool:
        """Whether the file is right also against what people changed since."""
        return self._reset

    def known(self, kind: str, key: str) -> Known | None:
        """Return what an earlier import left of a key."""
        return self._known.get((kind, key))

    def id_of(self, kind: str, key: str) -> str:
        """Return the object of a key that this import has seen."""
        return self.outcome.ids[kind, key]

    async def make(self, kind: str, entry: Entry, object_id: str) -> None:
        """Note that an entry became an object."""
        self.outcome.made.append((kind, entry.key))
        self.outcome.ids[kind, entry.key] = object_id
        await self._write(kind, entry, Known(object_id, entry.says()))

    def compare(
        self,
        kind: str,
        entry: Entry,
        known: Known,
        current: Mapping[str, Any],
        *,
        show: Show = _as_it_is,
    ) -> dict[str, Any]:
        """Return what is to be changed about an object that is as `current` says, and note what is left as it is.

        `show` puts a field's value into words.
        """
        said = entry.says()
        differing = {name: said[name] for name in current if name in said and said[name] != current[name]}
        changes = {
            name: value for name, value in differing.items() if self._reset or known.content.get(name, _NEVER) != value
        }
        name_of = f"{kind} {entry.key}"
        for name in differing.keys() - changes.keys():
            now, then = show(name, current[name]), show(name, said[name])
            self.outcome.left.append(f"{name_of}: {in_words(name)} is {now} since, and stays; the file says {then}")
        for name, value in changes.items():
            self.outcome.changed.append(
                f"{name_of}: {in_words(name)} {show(name, current[name])} → {show(name, value)}"
            )
        return changes

    async def keep(self, kind: str, entry: Entry, known: Known, *, is_changed: bool) -> None:
        """Note that an object stays, changed or as it was, and what the file says of it now."""
        self.outcome.ids[kind, entry.key] = known.object_id
        self.outcome.kept += not is_changed
        self.outcome.changed_count += is_changed
        said = Known(known.object_id, entry.says())
        if said != known:
            await self._write(kind, entry, said)

    def close(self, seen: set[tuple[str, str]]) -> Outcome:
        """Note what earlier imports named and this file does not, and return the outcome."""
        self.outcome.gone = sorted(self._known.keys() - seen)
        self.outcome.left.sort()
        return self.outcome

    async def _write(self, kind: str, entry: Entry, known: Known) -> None:
        await keys.write_key(self.tx, self.city_id, kind, entry.key, known, now=self.now)


def in_words(name: str) -> str:
    """Return a field's name as the file writes it."""
    return _WORDS.get(name, name.replace("_", " "))


_WORDS: Final = {
    "price_minor": "price",
    "is_available": "available",
    "stock_count": "stock",
    "default_prep_minutes": "prep",
    "opening_hours": "hours",
    "point": "place",
    "polygon": "shape",
    "capacity": "carries",
    "scopes": "may",
    "store_keys": "stores",
    "duty": "as",
}
