"""Where this house learns how long a way takes."""

from typing import Final

from infra.travel.port import TravelTimes
from infra.travel.straight_line import StraightLine

TRAVEL: Final[TravelTimes] = StraightLine()
