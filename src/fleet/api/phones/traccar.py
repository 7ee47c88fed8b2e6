"""Traccar Client from 9 on: Transistorsoft's library, with the device's identifier beside its location.

Until 8 it spoke the query that `osmand` reads.
"""

from fleet.api.phones import osmand, transistorsoft
from fleet.api.phones.heard import Heard
from fleet.api.phones.requests import Said
from fleet.model.positions import Source


def recognises(said: Said) -> bool:
    """Tell whether it is a document that names its device."""
    return "device_id" in said.root and transistorsoft.recognises(said)


def read(said: Said) -> Heard:
    """Return what was heard, from whichever version."""
    if said.document is None:
        return osmand.read(said)
    return transistorsoft.read_locations(said, Source.TRACCAR)
