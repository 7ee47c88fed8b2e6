"""SQL in, model out."""

from merchant.store import escalations, menus, stores, tickets

__all__ = ["escalations", "menus", "stores", "tickets"]
