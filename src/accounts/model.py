from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from kernel.actors import Actor, Role
from kernel.events import Act, Cause
from kernel.ids import DeviceId, OrderId, PairingId, PhoneId, RiderId, ShareId, StoreId


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
# Whom tokens and devices may speak for. The house never calls, and a follower comes with a share link alone.
CALLERS: Final = tuple(role for role in Role if role not in {Role.SYSTEM, Role.FOLLOWER})

# In wall time, as all that lets people in; docs/decisions/0008.
ACCESS_LASTS: Final = timedelta(minutes=15)  # an access token that a device or a share link gets
SHARE_LASTS: Final = timedelta(days=1)
SHARE_LASTS_MOST: Final = timedelta(days=7)


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """What access rests on and ends with: a paired device, a share link or a phone link, revoked by its id.

    A share link opens the one order and is over at `ends_at`; the others last until somebody revokes them.
    `refresh_no` is that of the refresh token a device got together with the access token.
    """

    id: str
    refresh_no: int | None = None
    order_id: OrderId | None = None
    ends_at: datetime | None = None


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who is calling, as the access token says it.

    `id` is a rider's, customer's, person's (operator, merchant staff), platform's or, for a follower, share link's id;
    `store_ids` are the stores a merchant's staff may see, empty for everybody else. Of the duties that merchant staff
    have (manager, kitchen, picker) only one opens anything so far, pairing a store's tablets: hence one flag, which no
    token without the claim has. `grant` is None for tokens that `POST /v1/tokens` and `recado token` issue.
    """

    role: Role
    id: str
    scopes: frozenset[Scope] = frozenset()
    store_ids: frozenset[StoreId] = frozenset()
    is_manager: bool = False
    grant: Grant | None = None

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

    def follows(self, order_id: OrderId) -> bool:
        """Tell whether this is a follower of that order."""
        return self.role is Role.FOLLOWER and self.grant is not None and self.grant.order_id == order_id


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a device speaks for."""

    role: Role
    subject_id: str
    store_ids: tuple[StoreId, ...] = ()
    scopes: tuple[Scope, ...] = ()
    is_manager: bool = False

    def caller(self, grant: Grant | None = None) -> Caller:
        """Return who calls with this."""
        return Caller(
            role=self.role,
            id=self.subject_id,
            scopes=frozenset(self.scopes),
            store_ids=frozenset(self.store_ids),
            is_manager=self.is_manager,
            grant=grant,
        )


class Pairing(msgspec.Struct, frozen=True, kw_only=True):
    """A code that was typed or will be, and whom the device that brings it shall speak for."""

    id: PairingId
    subject: Subject
    label: str
    made_by: Actor
    expires_at: datetime
    claimed_at: datetime | None = None
    claimed_from: bytes | None = None
    device_id: DeviceId | None = None


class RevokedBecause(StrEnum):
    """Why a device may no longer call."""

    ASKED = "asked"  # somebody revoked it
    ENDED = "ended"  # it signed out
    REPLAYED = "replayed"  # a refresh token came back after its time: somebody has a copy


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A phone, tablet or browser that was paired, and the hashes of the refresh token it has and the one before.

    `used_no` is the highest number of which we know that the device got it: it came back, or its access token did.
    """

    id: DeviceId
    subject: Subject
    label: str
    name: str
    paired_by: Actor
    salt: bytes
    refresh_no: int = 0
    used_no: int = 0
    refresh_hash: bytes
    previous_hash: bytes | None = None
    previous_until: datetime | None = None
    created_at: datetime
    last_seen_at: datetime
    revoked_at: datetime | None = None

    @property
    def caller(self) -> Caller:
        """Who calls from this device."""
        return self.subject.caller(Grant(id=self.id, refresh_no=self.refresh_no))


class ShareLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link that shows one order to whoever has it."""

    id: ShareId
    order_id: OrderId
    made_by: Actor
    expires_at: datetime
    revoked_at: datetime | None = None

    @property
    def caller(self) -> Caller:
        """Who calls with this link."""
        return Caller(
            role=Role.FOLLOWER,
            id=self.id,
            grant=Grant(id=self.id, order_id=self.order_id, ends_at=self.expires_at),
        )


class PhoneLink(msgspec.Struct, frozen=True, kw_only=True):
    """An address with a secret in it, to which an app that is not ours sends where one rider is; open until revoked."""

    id: PhoneId
    rider_id: RiderId
    label: str
    made_by: Actor
    made_at: datetime

    @property
    def grant(self) -> Grant:
        """What its uploads rest on."""
        return Grant(id=self.id)
