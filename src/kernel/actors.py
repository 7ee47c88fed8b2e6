from enum import StrEnum

import msgspec


class Role(StrEnum):
    """Who is calling. Every caller has exactly one role."""

    CUSTOMER = "customer"
    MERCHANT = "merchant"
    RIDER = "rider"
    OPERATOR = "operator"
    PLATFORM = "platform"
    FOLLOWER = "follower"  # whoever opened a share link: sees one order as its customer does, and does nothing
    SYSTEM = "system"  # a timer, an event handler or dispatch; never a caller


class Actor(msgspec.Struct, frozen=True):
    """Who did it: a role and the id of the person, store or device, never a name."""

    role: Role
    id: str


SYSTEM = Actor(Role.SYSTEM, "recado")
