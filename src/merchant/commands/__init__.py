"""What can be done with stores, menus and tickets. Every move of a ticket locks its order first, then the ticket."""

from merchant.commands.escalations import resolve_escalation
from merchant.commands.kitchen import accept, answer_cancellation, answer_items, extend, ready, reject, start
from merchant.commands.menus import ItemChange, change_item, import_menu, write_items
from merchant.commands.opening import open_ticket
from merchant.commands.setup import NewStore, StoreChange, add_merchant, add_store, change_store, rename_merchant
from merchant.commands.stock import put_back, take_stock
from merchant.model.stores import MenuItem, OpeningHours, OpenSpan
from merchant.policy.menus import WantedItem

__all__ = [
    "ItemChange",
    "MenuItem",
    "NewStore",
    "OpenSpan",
    "OpeningHours",
    "StoreChange",
    "WantedItem",
    "accept",
    "add_merchant",
    "add_store",
    "answer_cancellation",
    "answer_items",
    "change_item",
    "change_store",
    "extend",
    "import_menu",
    "open_ticket",
    "put_back",
    "ready",
    "reject",
    "rename_merchant",
    "resolve_escalation",
    "start",
    "take_stock",
    "write_items",
]
