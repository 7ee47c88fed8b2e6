"""Merchants, stores and what they sell."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import msgspec

from accounts.model import Caller
from kernel.ids import ItemId, MerchantId, StoreId
from kernel.money import MINOR_DIGITS
from merchant import commands, queries
from merchant.commands import MenuItem, NewStore, OpeningHours, StoreChange, WantedItem
from recado.importing.applying.ledger import Ledger
from recado.importing.hours import in_words
from recado.importing.keys import Known
from recado.importing.model import ItemEntry, MerchantEntry, StoreEntry

_STORE_FIELDS = ("name", "phone", "address", "point", "opening_hours", "default_prep_minutes", "auto_accept")
_ITEM_FIELDS = ("name", "price_minor", "is_available", "stock_count")


async def apply_merchants(ledger: Ledger, entries: Sequence[MerchantEntry]) -> None:
    """Set merchants up, and rename them."""
    for entry in entries:
        known = ledger.known("merchant", entry.key)
        if known is None:
            added = await commands.add_merchant(ledger.tx, name=entry.name, now=ledger.now)
            await ledger.make("merchant", entry, added.id)
            continue
        merchant_id = MerchantId(known.object_id)
        current = await queries.get_merchant(ledger.tx, merchant_id)
        changes = ledger.compare("merchant", entry, known, {"name": current.name})
        if changes:
            await commands.rename_merchant(ledger.tx, merchant_id, name=entry.name)
        await ledger.keep("merchant", entry, known, is_changed=bool(changes))


async def apply_stores(ledger: Ledger, entries: Sequence[StoreEntry], *, by: Caller) -> None:
    """Set stores up, and change what the file says differently."""
    for entry in entries:
        known = ledger.known("store", entry.key)
        if known is None:
            added = await commands.add_store(ledger.tx, _new_store(ledger, entry), now=ledger.now)
            await ledger.make("store", entry, added.id)
        else:
            await _change_store(ledger, entry, known, by)


async def apply_items(ledger: Ledger, entries: Sequence[ItemEntry], *, by: Caller, currency: str) -> None:
    """Put dishes on the menus, and change what the file says differently. What it does not name stays on the menu."""
    for store_key, group in groupby(entries, key=lambda entry: entry.store_key):
        store_id = StoreId(ledger.id_of("store", store_key))
        menu = await queries.get_menu(ledger.tx, store_id)
        by_id = {item.id: item for item in menu.items}
        wanted, fresh, later = [], [], []
        for entry in group:
            known = ledger.known("item", entry.key)
            if known is None:
                wanted.append(_wish(entry, entry.says()))
                fresh.append(entry)
                continue
            item = by_id.get(ItemId(known.object_id))
            if item is None:
                later.append((entry, known))
                continue
            changes = ledger.compare("item", entry, known, _as_said(item), show=_shower(currency))
            if changes:
                wanted.append(_wish(entry, {"name": item.name, "price_minor": item.price_minor, **changes}))
            await ledger.keep("item", entry, known, is_changed=bool(changes))
        wanted += await _back_on_the_menu(ledger, later)
        if wanted:
            after = await commands.write_items(ledger.tx, store_id, wanted, by=by, now=ledger.now)
            ids = {item.external_ref: item.id for item in after}
            for entry in fresh:
                await ledger.make("item", entry, ids[entry.ref])


async def _back_on_the_menu(ledger: Ledger, gone: Sequence[tuple[ItemEntry, Known]]) -> list[WantedItem]:
    """Bring back what was taken off the menu by other means, where the file says something new of it."""
    wanted = []
    for entry, known in gone:
        is_new = known.content != entry.says() or ledger.resets
        if is_new:
            ledger.outcome.changed.append(f"item {entry.key}: back on the menu")
            wanted.append(_wish(entry, entry.says()))
        else:
            ledger.outcome.left.append(f"item {entry.key}: was taken off the menu since, and stays off")
        await ledger.keep("item", entry, known, is_changed=is_new)
    return wanted


async def _change_store(ledger: Ledger, entry: StoreEntry, known: Known, by: Caller) -> None:
    store_id = StoreId(known.object_id)
    if known.content["merchant_key"] != entry.merchant_key:
        ledger.found.wrong(entry.at, f"store {entry.key}: its merchant is {known.content['merchant_key']} for ever")
        await ledger.keep("store", entry, known, is_changed=False)
        return
    seen = await queries.get_store(ledger.tx, store_id, caller=by, at=ledger.now)
    current = msgspec.to_builtins(seen)
    changes = ledger.compare("store", entry, known, {name: current[name] for name in _STORE_FIELDS}, show=_show_store)
    if changes:
        change = msgspec.convert(
            {name: value for name, value in changes.items() if name not in {"opening_hours", "point"}}, StoreChange
        )
        if "opening_hours" in changes:
            change = msgspec.structs.replace(change, opening_hours=_hours(entry))
        if "point" in changes:
            change = msgspec.structs.replace(change, point=entry.point)
        await commands.change_store(ledger.tx, store_id, change, by=by, now=ledger.now)
    await ledger.keep("store", entry, known, is_changed=bool(changes))


def _new_store(ledger: Ledger, entry: StoreEntry) -> NewStore:
    return NewStore(
        merchant_id=MerchantId(ledger.id_of("merchant", entry.merchant_key)),
        city_id=ledger.city_id,
        name=entry.name,
        phone=entry.phone,
        address=entry.address,
        point=entry.point,
        opening_hours=_hours(entry),
        default_prep_minutes=entry.default_prep_minutes,
        auto_accept=entry.auto_accept is True,
    )


def _hours(entry: StoreEntry) -> OpeningHours:
    return msgspec.convert(entry.opening_hours, OpeningHours)


def _wish(entry: ItemEntry, said: dict[str, Any]) -> WantedItem:
    return WantedItem(external_ref=entry.ref, **{name: said[name] for name in _ITEM_FIELDS if name in said})


def _as_said(item: MenuItem) -> dict[str, Any]:
    return {name: getattr(item, name) for name in _ITEM_FIELDS}


def _show_store(name: str, value: Any) -> str:
    if name == "opening_hours":
        return in_words(value)
    if name == "point":
        return f"{value['lat']}, {value['lon']}"
    return f"{value} min" if name == "default_prep_minutes" else _plain(value)


def _shower(currency: str) -> Any:
    digits = MINOR_DIGITS[currency]

    def show(name: str, value: Any) -> str:
        if name == "price_minor":
            return f"{value / 10**digits:.{digits}f}"
        return "not counted" if value is None else _plain(value)

    return show


def _plain(value: Any) -> str:
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)
