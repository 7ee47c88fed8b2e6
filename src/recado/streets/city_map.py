"""The streets of this installation, and what is drawn of them: made when first asked for, once in each process."""

import gzip
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Final

import msgspec

from kernel.streets import Streets
from recado.streets.drawing import MAIN, REST, Drawing, draw
from recado.streets.shipped import shipped

DRAWN_AS: Final = b"1"  # another number where the same streets are drawn otherwise: browsers keep what they have


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A drawing as it is sent."""

    body: bytes
    gzipped: bytes


class CityMap:
    """One city's streets."""

    def __init__(self, data: bytes, *, tile_url: str = "", tile_attribution: str = "") -> None:
        self._data = data
        self.tile_url, self.tile_attribution = tile_url, tile_attribution

    @cached_property
    def streets(self) -> Streets:
        """The streets themselves; raises `StreetsUnreadable`."""
        return Streets.decode(self._data)

    @cached_property
    def version(self) -> str:
        """The name of this very drawing."""
        return blake2b(DRAWN_AS + self._data, digest_size=8).hexdigest()

    @cached_property
    def main(self) -> Part:
        """The streets between quarters."""
        return _part(draw(self.streets.plan, MAIN))

    @cached_property
    def rest(self) -> Part:
        """Every other street."""
        return _part(draw(self.streets.plan, REST))


def read_streets(path: str) -> bytes:
    """Return the file a deployment names, or the shipped one; raises OSError."""
    return Path(path).read_bytes() if path else shipped()


def _part(drawing: Drawing) -> Part:
    body = msgspec.json.encode(drawing)
    return Part(body=body, gzipped=gzip.compress(body, mtime=0))
