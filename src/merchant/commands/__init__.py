"""What can be done with stores, menus and tickets. Every move of a ticket locks its order first, then the ticket."""

from merchant.commands.escalations import resolve_escalation
from merchant.commands.kitchen import accept, answer_cancellation, answer_items, extend, ready, reject, start
from merchant.commands.menus import change_item, import_menu
from merchant.commands.opening import open_ticket
from merchant.commands.setup import add_merchant, add_store, change_store
from merchant.commands.stock import put_back, take_stock

__all__ = [
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
    "resolve_escalation",
    "start",
    "take_stock",
]
