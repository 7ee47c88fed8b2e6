"""The apps we read, in the one table: how each is told, read and answered."""

from collections.abc import Callable
from typing import Final

import msgspec

from fleet.api.phones import gpslogger, osmand, overland, owntracks, traccar, transistorsoft
from fleet.api.phones.heard import Heard
from fleet.api.phones.requests import Said
from fleet.errors import PhoneNotUnderstood

# Every other app asks for a success only. Of Overland's we know the letters, so all get the same.
OK: Final = b'{"result":"ok"}'
NOTHING_FOR_YOU: Final = b"[]"


class Adapter(msgspec.Struct, frozen=True, kw_only=True):
    """How one protocol is told from others, read, and answered once its pings are stored."""

    name: str
    recognises: Callable[[Said], bool]
    read: Callable[[Said], Heard]
    answer: bytes = OK


# The first that recognises an upload reads it: whoever has marks of their own comes before who takes much.
ADAPTERS: Final = (
    Adapter(name="owntracks", recognises=owntracks.recognises, read=owntracks.read, answer=NOTHING_FOR_YOU),
    Adapter(name="overland", recognises=overland.recognises, read=overland.read),
    Adapter(name="gpslogger", recognises=gpslogger.recognises, read=gpslogger.read),
    Adapter(name="traccar", recognises=traccar.recognises, read=traccar.read),
    Adapter(name="transistorsoft", recognises=transistorsoft.recognises, read=transistorsoft.read),
    Adapter(name="osmand", recognises=osmand.recognises, read=osmand.read),
)
NAMED: Final = {adapter.name: adapter for adapter in ADAPTERS}


def choose(said: Said, forced: str | None = None) -> Adapter:
    """Return who reads this upload: the one named at the end of the address, else the first that recognises it.

    OsmAnd's and Traccar's are one protocol in two spellings. Raises `PhoneNotUnderstood`.
    """
    if forced == "osmand" and said.document is not None:
        return NAMED["traccar"]
    if forced is not None:
        return NAMED[forced]
    found = next((adapter for adapter in ADAPTERS if adapter.recognises(said)), None)
    if found is None:
        raise PhoneNotUnderstood
    return found
