"""Instants from outside. PostgreSQL and its driver read the ends of the calendar as infinity, which is no instant."""

from datetime import UTC, datetime
from typing import Annotated, Final

import msgspec

EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)  # what a phone says whose clock was never set
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)

Instant = Annotated[datetime, msgspec.Meta(tz=True, description="An instant from 1970 on and before 2100.")]


class Dated(msgspec.Struct, frozen=True, kw_only=True):
    """A body with instants in it: each lies in the years we can reckon with."""

    def __post_init__(self) -> None:
        """Refuse an instant that no calendar of ours holds; msgspec names the place, we name the field."""
        for name in self.__struct_fields__:
            if not is_sane(getattr(self, name)):
                raise ValueError(f"`{name}` lies before {EARLIEST.year} or after {LATEST.year - 1}")


def is_sane(value: object) -> bool:
    """Tell whether a value, if it is an instant, lies in the years we can reckon with."""
    return not isinstance(value, datetime) or EARLIEST <= value < LATEST
