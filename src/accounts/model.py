from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from kernel.actors import Actor, Role
from kernel.events import Act, Cause
from kernel.ids import StoreId


class Scope(StrEnum):
    """What an operator may do; a caller of another role has none."""

    INTAKE = "intake"
    DISPATCH = "dispatch"
    SUPPORT = "support"
    QUALITY = "quality"
    MARKETING = "marketing"
    RULES = "rules"
    ADMINISTRATION = "administration"


HANDLING_ORDERS: Final = frozenset({Scope.INTAKE, Scope.DISPATCH, Scope.SUPPORT, Scope.QUALITY})  # see whose they are


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who is calling, as the access token says it.

    `id` is a rider's, customer's, person's (operator, merchant staff) or platform's id; `store_ids` are the stores a
    merchant's staff may see, empty for everybody else.
    """

    role: Role
    id: str
    scopes: frozenset[Scope] = frozenset()
    store_ids: frozenset[StoreId] = frozenset()

    @property
    def actor(self) -> Actor:
        """The caller as events name it."""
        return Actor(self.role, self.id)

    def act(self, now: datetime, *, occurred_at: datetime | None = None) -> Act:
        """Return this request as an act; `occurred_at` is the device's word, never later than now."""
        by_hand = self.role is Role.OPERATOR
        return Act(
            actor=self.actor,
            now=now,
            occurred_at=min(occurred_at or now, now),
            cause=Cause.BY_HAND if by_hand else Cause.REQUESTED,
        )

    def has(self, scope: Scope) -> bool:
        """Tell whether this is an operator with that scope."""
        return self.role is Role.OPERATOR and scope in self.scopes
