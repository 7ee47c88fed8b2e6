"""Everybody with a name and a phone: the desk, the stores' staff, the riders."""

from collections.abc import Sequence
from typing import Final

import msgspec

from accounts.model import Scope
from recado.importing import values
from recado.importing.blocks import Block, Pair, keyed
from recado.importing.findings import Findings
from recado.importing.model import OperatorEntry, RiderEntry, StaffEntry
from recado.importing.source import Node, mark

_NAME: Final = values.text(120, "Ana Souza")
_DUTIES: Final = ("kitchen", "manager")
_VEHICLES: Final = ("foot", "bicycle", "motorcycle", "car")
_USUAL_CAPACITY: Final = 2
_SCOPES: Final = [scope.value for scope in Scope]


class People(msgspec.Struct, frozen=True, kw_only=True):
    """Everybody in the file."""

    operators: list[OperatorEntry]
    staff: list[StaffEntry]
    riders: list[RiderEntry]


def read_people(found: Findings, node: Node | None, stores: Sequence[str], *, country: str) -> People:
    """Return everybody; a wrong value has a stand-in."""
    if node is None:
        return People(operators=[], staff=[], riders=[])
    phone = values.phone(country)

    def operator(pair: Pair) -> OperatorEntry:
        with Block(found, pair.node, f"operator {pair.key}") as person:
            return OperatorEntry(
                key=pair.key,
                at=mark(pair.key_node),
                name=person.must("name", _NAME),
                phone=person.must("phone", phone),
                scopes=person.must("may", values.some(_SCOPES)),
            )

    def staff(pair: Pair) -> StaffEntry:
        with Block(found, pair.node, f"staff {pair.key}") as person:
            return StaffEntry(
                key=pair.key,
                at=mark(pair.key_node),
                name=person.must("name", _NAME),
                phone=person.must("phone", phone),
                store_keys=person.must("stores", values.some(stores)),
                duty=person.must("as", values.choice(_DUTIES)),
            )

    def rider(pair: Pair) -> RiderEntry:
        with Block(found, pair.node, f"rider {pair.key}") as person:
            return RiderEntry(
                key=pair.key,
                at=mark(pair.key_node),
                name=person.must("name", _NAME),
                phone=person.must("phone", phone),
                vehicle=person.must("vehicle", values.choice(_VEHICLES, instead="bicycle")),
                capacity=person.may("carries", values.count(1, 20), _USUAL_CAPACITY),
            )

    with Block(found, node, "people") as block:
        return People(
            operators=[operator(pair) for pair in keyed(found, block.part("operators"), "operator")],
            staff=[staff(pair) for pair in keyed(found, block.part("staff"), "member of staff")],
            riders=[rider(pair) for pair in keyed(found, block.part("riders"), "rider")],
        )
