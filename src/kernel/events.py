from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Self

import msgspec

from kernel.actors import SYSTEM, Actor


class Cause(StrEnum):
    """Why something happened, where the actor alone does not say it."""

    REQUESTED = "requested"
    IMPLIED = "implied"  # a later fact implies the earlier
    DEADLINE = "deadline"
    RULE = "rule"
    DISPATCH = "dispatch"
    BY_HAND = "by_hand"  # an operator, with a reason


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """One request, timer or event being acted upon: who, why, and the two times it is recorded with.

    `now` is the server's domain time, `occurred_at` the device's word for when it really happened
    (equal to `now` where no device spoke). Rules count from `now`; histories show `occurred_at`.
    """

    actor: Actor
    now: datetime
    occurred_at: datetime
    cause: Cause = Cause.REQUESTED

    @classmethod
    def by_system(cls, now: datetime, cause: Cause) -> Self:
        """Return an act of the house itself."""
        return cls(actor=SYSTEM, now=now, occurred_at=now, cause=cause)

    def implied(self) -> Self:
        """Return the same act as the cause of an earlier step nobody reported."""
        return msgspec.structs.replace(self, cause=Cause.IMPLIED)


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """A fact, written in the transaction that made it true. Facts and ids only; new fields are optional.

    `addressed_to` names the fields whose ids (a store's, a rider's) get this event in their own numbered feed.
    """

    addressed_to: ClassVar[tuple[str, ...]] = ()

    def feeds(self) -> list[str]:
        """Return the ids of the feeds besides the order's own that carry this event."""
        return [feed for name in self.addressed_to if (feed := getattr(self, name))]

    @classmethod
    def event_type(cls) -> str:
        """Return the tag, such as `offer.accepted`."""
        return str(cls.__struct_config__.tag)
