"""Merchants, stores and their menus."""

from collections.abc import Sequence
from typing import Final

import msgspec

from recado.importing import values
from recado.importing.blocks import Block, Kind, Pair, Wrong, keyed
from recado.importing.findings import Findings, told
from recado.importing.hours import opening_hours
from recado.importing.model import CityEntry, ItemEntry, MerchantEntry, StoreEntry
from recado.importing.reading.rules import RuleReader
from recado.importing.source import Node, mark

MAX_ITEMS: Final = 1000  # as the API takes
_NAME: Final = values.text(120, "Cantina da Praça")
_ADDRESS: Final = values.text(300, "Rua Augusta, 100")
_PREP: Final = values.minutes(1, 120)
_NOT_COUNTED: Final = "not counted"


class StoreReader:
    """Reads stores one by one; gathers their menus and rules."""

    def __init__(self, found: Findings, city: CityEntry, rules: RuleReader) -> None:
        self._found, self._city, self._rules = found, city, rules
        self._near = city.centre if (city.centre.lat, city.centre.lon) != (0, 0) else None
        self.items: list[ItemEntry] = []
        self._merchants: dict[str, Pair] = {}

    def read(self, pair: Pair) -> StoreEntry:
        """Return a store; a wrong value has a stand-in."""
        with Block(self._found, pair.node, f"store {pair.key}") as store:
            entry = StoreEntry(
                key=pair.key,
                at=mark(pair.key_node),
                merchant_key=store.may("merchant", values.text(64, "nena-ltda"), pair.key),
                name=store.must("name", _NAME),
                phone=store.must("phone", values.phone(self._city.country)),
                address=store.must("address", _ADDRESS),
                point=store.must("place", values.point(self._near)),
                opening_hours=store.must("hours", opening_hours()),
                default_prep_minutes=store.must("prep", _PREP),
                auto_accept=store.may("auto accept", values.yes_no(), msgspec.UNSET),
            )
            if named := store.part("merchant"):
                self._merchants[pair.key] = Pair("merchant", named, named)
            self._read_menu(store.part("menu"), pair)
            self._rules.read(store.part("rules"), store_key=pair.key)
        return entry

    def merchants_of(self, stores: Sequence[StoreEntry], named: Sequence[MerchantEntry]) -> list[MerchantEntry]:
        """Return the merchants: those the file names, and one for each store that names none."""
        merchants = {merchant.key: merchant for merchant in named}
        for store in stores:
            if store.merchant_key in merchants:
                continue
            if store.key in self._merchants:
                at, key = mark(self._merchants[store.key].node), store.merchant_key
                self._found.wrong(at, f"merchant: {key} is not in the file: {told(key, merchants or ['`merchants:`'])}")
            else:
                merchants[store.key] = MerchantEntry(key=store.key, at=store.at, name=store.name)
        return list(merchants.values())

    def _read_menu(self, node: Node | None, store: Pair) -> None:
        if node is None:
            self._found.wrong(mark(store.key_node), f"store {store.key} has no menu: write `menu:` with its dishes")
            return
        before = len(self.items)
        for pair in keyed(self._found, node, "dish"):
            self.items.append(self._read_item(pair, store.key))
        if len(self.items) - before > MAX_ITEMS:
            self._found.wrong(mark(node), f"the menu of store {store.key} has more than {MAX_ITEMS} dishes")

    def _read_item(self, pair: Pair, store_key: str) -> ItemEntry:
        with Block(self._found, pair.node, f"dish {pair.key}") as item:
            return ItemEntry(
                key=f"{store_key}/{pair.key}",
                at=mark(pair.key_node),
                store_key=store_key,
                name=item.must("name", values.text(120, "Moqueca")),
                price_minor=item.must("price", values.amount(self._city.currency)),
                is_available=item.may("available", values.yes_no(), msgspec.UNSET),
                stock_count=item.may("stock", _stock(), msgspec.UNSET),
            )


def read_merchants(found: Findings, node: Node | None) -> list[MerchantEntry]:
    """Return the companies that stores may name."""
    merchants = []
    for pair in keyed(found, node, "merchant"):
        with Block(found, pair.node, f"merchant {pair.key}") as merchant:
            name = merchant.must("name", values.text(120, "Nena Ltda."))
        merchants.append(MerchantEntry(key=pair.key, at=mark(pair.key_node), name=name))
    return merchants


def _stock() -> Kind[int | msgspec.UnsetType | None]:
    counted = values.count(0, 1_000_000, "20")

    def read(node: Node) -> int | msgspec.UnsetType | None:
        if values.scalar(node).lower() == _NOT_COUNTED:
            return None
        try:
            return counted.read(node)
        except Wrong as wrong:
            raise Wrong(f"{wrong.text}, or `{_NOT_COUNTED}`") from None

    return Kind(read, instead=None, such_as="20")
