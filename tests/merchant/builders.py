"""Tickets and stores, valid by default; a test says only what it is about."""

from datetime import UTC, datetime, timedelta
from typing import Any

from kernel.geo import Point
from kernel.ids import CityId, EscalationId, ItemId, MerchantId, OrderId, StoreId, TicketId, encode
from merchant.model.escalations import Escalation, EscalationKind, EscalationStatus
from merchant.model.stores import MenuItem, OpeningHours, Store
from merchant.model.tickets import Ticket, TicketStatus
from orders.model import OrderLine

NOON = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)  # a Monday, twelve o'clock in São Paulo
MINUTE = timedelta(minutes=1)


def an_id(prefix: str, number: int = 1) -> Any:
    return encode(prefix, at_ms=1_772_000_000_000, entropy=number)


CANTINA = StoreId(an_id("sto"))
PIZZA, SODA = ItemId(an_id("itm", 1)), ItemId(an_id("itm", 2))


def a_line(item_id: ItemId = PIZZA, quantity: int = 1) -> OrderLine:
    return OrderLine(item_id=item_id, name="Pizza", quantity=quantity, unit_price_minor=4200)


def a_ticket(**changes: Any) -> Ticket:
    fields: dict[str, Any] = {
        "id": TicketId(an_id("tkt")),
        "order_id": OrderId(an_id("ord")),
        "store_id": CANTINA,
        "short_number": 7,
        "status": TicketStatus.OFFERED,
        "lines": [a_line()],
        "offered_at": NOON,
        "accept_by": NOON + 5 * MINUTE,
    }
    return Ticket(**(fields | changes))


def an_accepted_ticket(**changes: Any) -> Ticket:
    fields: dict[str, Any] = {
        "status": TicketStatus.ACCEPTED,
        "accepted_at": NOON + MINUTE,
        "prep_minutes": 15,
        "ready_by": NOON + 16 * MINUTE,
    }
    return a_ticket(**(fields | changes))


def a_store(**changes: Any) -> Store:
    fields: dict[str, Any] = {
        "id": CANTINA,
        "merchant_id": MerchantId(an_id("mer")),
        "city_id": CityId(an_id("cty")),
        "name": "Cantina da Nena",
        "phone": "+551130001234",
        "address": "Rua Augusta, 1500",
        "point": Point(lat=-23.555, lon=-46.66),
        "time_zone": "America/Sao_Paulo",
        "opening_hours": OpeningHours(),
        "default_prep_minutes": 15,
        "auto_accept": False,
        "busy": None,
        "paused_until": None,
    }
    return Store(**(fields | changes))


def an_item(ref: str = "pizza", **changes: Any) -> MenuItem:
    fields: dict[str, Any] = {
        "id": PIZZA,
        "external_ref": ref,
        "name": "Pizza",
        "price_minor": 4200,
        "is_available": True,
        "stock_count": None,
    }
    return MenuItem(**(fields | changes))


def an_escalation(**changes: Any) -> Escalation:
    ticket = a_ticket()
    fields: dict[str, Any] = {
        "id": EscalationId(an_id("esc")),
        "kind": EscalationKind.NOT_ACCEPTED,
        "status": EscalationStatus.OPEN,
        "ticket_id": ticket.id,
        "order_id": ticket.order_id,
        "store_id": ticket.store_id,
        "opened_at": NOON + 3 * MINUTE,
    }
    return Escalation(**(fields | changes))
