"""From a file's text to the city it describes, with every mistake in it."""

from collections.abc import Mapping
from typing import Any

import msgspec

from kernel.geo import is_inside
from recado.importing.blocks import Block, keyed
from recado.importing.findings import Findings, Mark
from recado.importing.model import CityFile
from recado.importing.reading.people import People, read_people
from recado.importing.reading.places import read_city, read_zones
from recado.importing.reading.rules import RuleReader
from recado.importing.reading.stores import StoreReader, read_merchants
from recado.importing.source import read_tree

ONCE = ("zone", "merchant", "store", "operator", "staff", "rider")


def read_city_file(data: bytes, found: Findings, *, rule_kinds: Mapping[str, type[msgspec.Struct]]) -> CityFile | None:
    """Return the city a file describes, or None with at least one mistake noted."""
    root = read_tree(data, found)
    if root is None:
        return None
    with Block(found, root, "the file") as block:
        city = read_city(block, found)
        store_pairs = list(keyed(found, block.part("stores"), "store"))
        people = read_people(found, block.part("people"), [pair.key for pair in store_pairs], country=city.country)
        rules = RuleReader(found, rule_kinds, city.currency, owners=[operator.key for operator in people.operators])
        rules.read(block.part("rules"), store_key=None)
        reader = StoreReader(found, city, rules)
        named = read_merchants(found, block.part("merchants"))
        stores = [reader.read(pair) for pair in store_pairs]
        merchants = reader.merchants_of(stores, named)
        zones = read_zones(block, found, city, [store.point for store in stores])
    whole = CityFile(
        city=city, zones=zones, merchants=merchants, stores=stores, items=reader.items, operators=people.operators,
        staff=people.staff, riders=people.riders, rules=rules.entries,
    )  # fmt: skip
    _check(whole, people, found)
    return None if found.mistakes else whole


def _check(whole: CityFile, people: People, found: Findings) -> None:
    _check_names(whole, found)
    if found.mistakes:
        return  # What stands in for a wrong value says and lies anything.
    if not any("administration" in operator.scopes for operator in people.operators):
        at = whole.operators[0].at if whole.operators else Mark(1, 1)
        found.wrong(at, "people: one of the operators needs `may: all`, to set everything up")
    for store in whole.stores:
        if not any(is_inside(store.point, zone.polygon) for zone in whole.zones):
            found.doubtful(store.at, f"store {store.key} lies outside every zone: is its place right?")


def _check_names(whole: CityFile, found: Findings) -> None:
    """Refuse two things of one kind with one name, and two people who share a phone."""
    first: dict[Any, Mark] = {}
    for kind, entry in whole.entries():
        name = str(getattr(entry, "name", "")).casefold()
        scope = entry.key.partition("/")[0] if kind == "item" else ""
        named = [(f"two {kind}s", "name", (kind, scope, name))] if kind in {*ONCE, "item"} else []
        if kind == "rider":
            named.append(("two riders", "phone", (kind, "phone", getattr(entry, "phone", ""))))
        for who, what, shared in named:
            if shared[2] and shared in first:
                text = f"{who} have this {what}, the first on line {first[shared].line}: {entry.key}"
                found.wrong(entry.at, text)
            first.setdefault(shared, entry.at)
