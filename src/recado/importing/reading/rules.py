"""Rules by name, in words: `own channel window: 5 min` is the rule's `own_channel_window_s`."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, get_type_hints

import msgspec

from recado.importing import values
from recado.importing.blocks import Block, Kind, pairs
from recado.importing.findings import Findings, told
from recado.importing.model import RuleEntry
from recado.importing.source import Node, mark

_REASON: Final = values.text(500, "what the riders and we agreed on in May")
_BOUNDS: Final = {">=": "at least", "<=": "at most"}


class RuleReader:
    """Reads the rules of the city and of its stores; gathers them."""

    def __init__(
        self, found: Findings, kinds: Mapping[str, type[msgspec.Struct]], currency: str, *, owners: Sequence[str]
    ) -> None:
        self._found, self._kinds, self._currency = found, kinds, currency
        # Where there are no operators, that is what is wrong, and told.
        self._owner = values.choice(owners) if owners else values.text(64, "marina")
        self.entries: list[RuleEntry] = []

    def read(self, node: Node | None, *, store_key: str | None) -> None:
        """Read one block of rules."""
        names: dict[str, int] = {}
        for pair in pairs(self._found, node, "rules"):
            at = mark(pair.key_node)
            if pair.key not in self._kinds:
                self._found.wrong(at, f"{pair.key} is not a rule: {told(pair.key, sorted(self._kinds))}")
                continue
            if pair.key in names:
                self._found.wrong(at, f"the rule {pair.key} is there twice, first on line {names[pair.key]}")
                continue
            names[pair.key] = at.line
            with Block(self._found, pair.node, f"rule {pair.key}") as block:
                entry = RuleEntry(
                    key=f"{store_key}/{pair.key}" if store_key else pair.key,
                    at=at,
                    name=pair.key,
                    store_key=store_key,
                    reason=block.must("reason", _REASON),
                    owner_key=block.must("owner", self._owner),
                    value=self._read_value(block, self._kinds[pair.key]),
                )
            self.entries.append(entry)

    def _read_value(self, block: Block, kind: type[msgspec.Struct]) -> dict[str, Any]:
        value: dict[str, Any] = {}
        for name, hint in get_type_hints(kind).items():
            said, reader = _in_words(name, hint, self._currency)
            given = block.may(said, reader, None)
            if given is None:
                continue
            value[name] = given
            try:
                msgspec.convert({name: given}, kind)
            except msgspec.ValidationError as error:
                block.wrong(block.value_of(said), f"{said}: {_bound(str(error), given)}")
        if not value and block.has_only("reason", "owner"):
            block.wrong(block.node, f"{block.name} says nothing: it knows {', '.join(block.asked())}")
        return value


def _in_words(name: str, hint: Any, currency: str) -> tuple[str, Kind[Any]]:
    """Return how a rule's field is written, and of what kind its value is."""
    by_unit: dict[str, Kind[Any]] = {
        "minor": values.amount(currency),
        "s": values.seconds(),
        "mps": values.speed_mps(),
        "bp": values.share_bp(),
    }
    stem, _, unit = name.rpartition("_")
    words, kind = (stem, by_unit[unit]) if stem and unit in by_unit else (name, _plain(hint))
    is_list = getattr(hint, "__origin__", None) in {tuple, list}
    return words.replace("_", " "), values.many(kind) if is_list else kind


def _plain(hint: Any) -> Kind[Any]:
    if hint is bool:
        return values.yes_no()
    return values.number() if hint is float else values.count(0, 10**9)


def _bound(error: str, given: object) -> str:
    """Return msgspec's words for a bound that is not kept, as they read behind a value."""
    found = re.search(r"(>=|<=) ([0-9.]+)", error)
    if found is None:
        return f"{given} is not possible here"
    return f"{given} is not possible: {_BOUNDS[found[1]]} {found[2]}, in the rule's own unit"
