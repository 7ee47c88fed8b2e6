"""The kitchen's facts and the words others call it with: our public contract. Additive changes only."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated

import msgspec

from kernel.events import Event
from kernel.geo import Point
from kernel.ids import CityId, EscalationId, ItemId, StoreId, TicketId
from kernel.quantities import Seconds, SecondsAtLeastOne
from orders.messages import StoreEvent

Reminders = Annotated[tuple[Seconds, ...], msgspec.Meta(max_length=10)]


class AcceptanceRules(msgspec.Struct, frozen=True, kw_only=True):
    """How long a store may take to accept, and when it is reminded. A rule as data; who places an order reads it."""

    window_s: SecondsAtLeastOne = 480  # domain contract, merchant: eight minutes, as iFood gives
    own_channel_window_s: SecondsAtLeastOne = 300  # domain contract, merchant: five for the own channel
    reminders_after_s: Reminders = (60, 120, 180)  # domain contract, merchant: at 1, 2 and 3 minutes

    def accept_by(self, placed_at: datetime, *, is_own_channel: bool) -> datetime:
        """Return until when the store may accept."""
        return placed_at + timedelta(seconds=self.own_channel_window_s if is_own_channel else self.window_s)

    def reminders_at(self, placed_at: datetime) -> list[datetime]:
        """Return when the store is reminded."""
        return [placed_at + timedelta(seconds=after_s) for after_s in self.reminders_after_s]


class ItemFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the menu says of one item; `stock_count` None: not counted."""

    id: ItemId
    name: str
    price_minor: int
    is_available: bool
    stock_count: int | None


class StoreFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What placing an order needs to know of a store at one instant. Items it does not sell are missing."""

    store_id: StoreId
    city_id: CityId
    name: str
    phone: str
    address: str
    point: Point
    time_zone: str
    is_open: bool
    is_paused: bool
    paused_until: datetime | None
    auto_accept: bool
    prep_minutes: int
    items: Mapping[ItemId, ItemFacts]


class TicketEvent(StoreEvent, frozen=True, kw_only=True):
    """A fact about one ticket, in its order's stream and its store's feed."""

    ticket_id: TicketId


class TicketOffered(TicketEvent, frozen=True, kw_only=True, tag="ticket.offered"):
    """The tablet rings."""

    short_number: int
    accept_by: datetime


class TicketReminded(TicketEvent, frozen=True, kw_only=True, tag="ticket.reminded"):
    """Nobody answered yet; this is the n-th reminder."""

    n: int
    accept_by: datetime


class TicketEscalated(TicketEvent, frozen=True, kw_only=True, tag="ticket.escalated"):
    """The operations desk was asked to call the store."""

    escalation_id: EscalationId
    kind: str


class WindowExtended(TicketEvent, frozen=True, kw_only=True, tag="ticket.window_extended"):
    """The desk gave the store longer to accept, which it can do once."""

    accept_by: datetime


class ReadyOverdue(TicketEvent, frozen=True, kw_only=True, tag="ticket.ready_overdue"):
    """The food was due and nobody said that it is ready."""

    ready_by: datetime


class TicketWithdrawn(TicketEvent, frozen=True, kw_only=True, tag="ticket.withdrawn"):
    """The kitchen need not cook it any more."""

    reason: str


class TicketHandedOver(TicketEvent, frozen=True, kw_only=True, tag="ticket.handed_over"):
    """The rider took the food from the kitchen."""


class EscalationResolved(TicketEvent, frozen=True, kw_only=True, tag="escalation.resolved"):
    """The desk helped, or said that it could not."""

    escalation_id: EscalationId
    outcome: str


class OfStore(Event, frozen=True, kw_only=True):
    """A fact about a store itself."""

    addressed_to = ("store_id",)
    store_id: StoreId


class StoreChanged(OfStore, frozen=True, kw_only=True, tag="store.changed"):
    """Pause, busy mode, hours, usual prep time or auto-accept were changed; `changed` names which."""

    changed: list[str]
    paused_until: datetime | None
    auto_accept: bool


class ItemsChanged(OfStore, frozen=True, kw_only=True, tag="store.items_changed"):
    """Items came on the menu, went off it, or were changed."""

    item_ids: list[ItemId]


def store_stream(store_id: StoreId) -> str:
    """Return the stream of a store's own facts; the store's id alone is its feed, which numbers orders' facts too."""
    return f"{store_id}/own"
