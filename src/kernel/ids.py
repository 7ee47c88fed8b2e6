"""Prefixed, sortable ids: `rdr_01J9ZC4Q…`. The prefix names the thing, the rest is a ULID."""

from typing import Final, NewType

CityId = NewType("CityId", str)
ZoneId = NewType("ZoneId", str)
MerchantId = NewType("MerchantId", str)
StoreId = NewType("StoreId", str)
ItemId = NewType("ItemId", str)
PersonId = NewType("PersonId", str)
CustomerId = NewType("CustomerId", str)
RiderId = NewType("RiderId", str)
OrderId = NewType("OrderId", str)
TicketId = NewType("TicketId", str)
DeliveryId = NewType("DeliveryId", str)
OfferId = NewType("OfferId", str)
ShiftId = NewType("ShiftId", str)
EscalationId = NewType("EscalationId", str)
DecisionId = NewType("DecisionId", str)
IncidentId = NewType("IncidentId", str)
EventId = NewType("EventId", str)
TimerId = NewType("TimerId", str)
LedgerEntryId = NewType("LedgerEntryId", str)
DeviceId = NewType("DeviceId", str)
PairingId = NewType("PairingId", str)
ShareId = NewType("ShareId", str)
PhoneId = NewType("PhoneId", str)
ReportId = NewType("ReportId", str)  # made by the phone: any 1-64 characters, unique per rider

PREFIXES: Final = {
    "cty": "city",
    "zon": "zone",
    "mer": "merchant",
    "sto": "store",
    "itm": "menu item",
    "per": "person",
    "cus": "customer",
    "rdr": "rider",
    "ord": "order",
    "tkt": "kitchen ticket",
    "dlv": "delivery",
    "off": "offer",
    "shf": "shift",
    "esc": "escalation",
    "dec": "dispatch decision",
    "inc": "incident",
    "evt": "event",
    "tmr": "timer",
    "led": "ledger entry",
    "cnl": "cancellation request",
    "tok": "access token",
    "dev": "device",
    "pai": "pairing",
    "shr": "share link",
    "phn": "phone link",
}

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
BODY_LENGTH: Final = 26


def encode(prefix: str, *, at_ms: int, entropy: int) -> str:
    """Return the id made of 48 bits of milliseconds and 80 bits of entropy, sortable by time within a prefix."""
    number = (at_ms & (1 << 48) - 1) << 80 | entropy & (1 << 80) - 1
    digits = [ALPHABET[number >> shift & 31] for shift in range(125, -1, -5)]
    return f"{prefix}_{''.join(digits)}"


def is_id(text: str, prefix: str) -> bool:
    """Tell whether `text` has the shape of an id with this prefix."""
    head, _, body = text.partition("_")
    return head == prefix and len(body) == BODY_LENGTH and all(char in ALPHABET for char in body)
