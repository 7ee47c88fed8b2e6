"""Bounds for numbers that people set in rules: wide enough for any city, and nothing that breaks the arithmetic."""

from typing import Annotated

import msgspec

Seconds = Annotated[int, msgspec.Meta(ge=0, le=7 * 86_400)]
SecondsAtLeastOne = Annotated[int, msgspec.Meta(ge=1, le=7 * 86_400)]
Count = Annotated[int, msgspec.Meta(ge=1, le=100)]
AmountMinor = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]
ShareBp = Annotated[int, msgspec.Meta(ge=0, le=100_000)]
SpeedMps = Annotated[float, msgspec.Meta(ge=0.1, le=60)]
Weight = Annotated[float, msgspec.Meta(ge=0, le=1_000)]
