from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from kernel.errors import InvalidField
from kernel.ids import ItemId
from merchant.errors import ItemsOutOfStock
from merchant.model.stores import MenuItem
from orders.model import OrderLine


class WantedItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item as an import names it; UNSET leaves availability and stock as they are."""

    external_ref: str
    name: str
    price_minor: int
    is_available: bool | msgspec.UnsetType = msgspec.UNSET
    stock_count: int | msgspec.UnsetType | None = msgspec.UNSET


class MenuPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What an import does: items to add (they have no id yet), to write anew, and to take off the menu."""

    added: list[WantedItem]
    changed: list[MenuItem]
    removed: list[ItemId]


def plan_menu(
    known: Sequence[MenuItem], listed: frozenset[ItemId], wanted: Sequence[WantedItem], *, is_whole: bool = True
) -> MenuPlan:
    """Compare a menu with what is known, also of items off the menu; a second import changes nothing.

    `listed` are those on the menu now; a whole menu takes off it what it does not name. Items are
    recognised by `external_ref`, which a menu names once.
    """
    repeated = [ref for ref, times in Counter(item.external_ref for item in wanted).items() if times > 1]
    if repeated:
        raise InvalidField("items", f"external_ref is given twice: {', '.join(sorted(repeated))}")
    by_ref = {item.external_ref: item for item in known}
    merged = [_merge(by_ref[item.external_ref], item) for item in wanted if item.external_ref in by_ref]
    kept = {item.id for item in merged}
    return MenuPlan(
        added=[item for item in wanted if item.external_ref not in by_ref],
        changed=[item for item in merged if item != by_ref[item.external_ref] or item.id not in listed],
        removed=sorted(listed - kept) if is_whole else [],
    )


def quantities(lines: Iterable[OrderLine]) -> dict[ItemId, int]:
    """Return how many of each item, in id order: the order rows are locked in."""
    wanted: Counter[ItemId] = Counter()
    for line in lines:
        wanted[line.item_id] += line.quantity
    return dict(sorted(wanted.items()))


def check_stock(stock: Mapping[ItemId, int | None], wanted: Mapping[ItemId, int]) -> None:
    """Refuse to sell more than there is; items that are not counted never run out by themselves."""
    short = [item_id for item_id, n in wanted.items() if (left := stock.get(item_id)) is not None and left < n]
    if short:
        raise ItemsOutOfStock(short)


def _merge(known: MenuItem, wanted: WantedItem) -> MenuItem:
    return MenuItem(
        id=known.id,
        external_ref=known.external_ref,
        name=wanted.name,
        price_minor=wanted.price_minor,
        is_available=known.is_available if wanted.is_available is msgspec.UNSET else wanted.is_available,
        stock_count=known.stock_count if wanted.stock_count is msgspec.UNSET else wanted.stock_count,
    )
