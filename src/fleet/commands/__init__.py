"""Use cases: load, decide, save, tell."""

from fleet.commands.rules import RULES
from fleet.commands.searching import open_delivery
from fleet.model.riders import Vehicle

__all__ = ["RULES", "Vehicle", "open_delivery"]
