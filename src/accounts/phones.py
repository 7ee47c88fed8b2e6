"""Whose phone sends: a link's token is looked up once, then remembered for a while, and what is none as well."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from accounts import keys, store
from accounts.errors import PhoneNotFound
from accounts.grants import REMEMBERED_FOR, Grants, Read
from accounts.model import PhoneLink
from infra.clock import wall_now
from kernel.ids import PhoneId

# Grants forget who was revoked longest ago: by then nobody must remember a link from before.
KNOWN_FOR: Final = timedelta(minutes=5)
assert KNOWN_FOR < REMEMBERED_FOR
REMEMBERED: Final = 20_000  # phones: some 20 MB
UNKNOWN_REMEMBERED: Final = 10_000  # a revoked app goes on sending, and shall not cost a query each time

_Known = TypeVar("_Known")


class _Remembered(Generic[_Known]):
    """The newest so many things, each for `KNOWN_FOR`."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[bytes, tuple[_Known, datetime]] = OrderedDict()

    def find(self, key: bytes) -> _Known | None:
        found = self._kept.get(key)
        if found is None or wall_now() >= found[1]:
            self._kept.pop(key, None)
            return None
        return found[0]

    def keep(self, key: bytes, what: _Known) -> None:
        self._kept[key] = (what, wall_now() + KNOWN_FOR)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def drop(self, is_over: Callable[[_Known], bool]) -> None:
        for key in [key for key, (what, _) in self._kept.items() if is_over(what)]:
            del self._kept[key]


class Phones:
    """Knows links by their tokens. What was revoked is refused as soon as this process hears of it."""

    def __init__(self, read: Read, *, grants: Grants) -> None:
        self._read = read
        self._grants = grants
        self._links: _Remembered[PhoneLink] = _Remembered(REMEMBERED)
        self._unknown: _Remembered[bool] = _Remembered(UNKNOWN_REMEMBERED)

    async def find(self, token: str) -> PhoneLink:
        """Return the link with this token; raises `PhoneNotFound` for none and for a revoked one alike."""
        token_hash = keys.phone_hash(token)
        if token_hash is None or self._unknown.find(token_hash):
            raise PhoneNotFound
        link = self._links.find(token_hash)
        if link is None:
            link = await self._look_up(token_hash)
        if self._grants.is_revoked(link.grant):
            raise PhoneNotFound
        return link

    def forget(self, phone_id: PhoneId) -> None:
        """Ask the database next time: this process revoked it, and need not wait to be told."""
        self._links.drop(lambda link: link.id == phone_id)

    async def _look_up(self, token_hash: bytes) -> PhoneLink:
        async with self._read() as tx:
            link = await store.find_phone_link_by_token(tx, token_hash=token_hash)
        if link is None:
            self._unknown.keep(token_hash, what=True)
            raise PhoneNotFound
        self._links.keep(token_hash, link)
        return link
