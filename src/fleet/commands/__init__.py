"""Use cases: load, decide, save, tell."""

from fleet.commands.rules import RULES
from fleet.commands.searching import open_delivery

__all__ = ["RULES", "open_delivery"]
