"""Whose phone sends: a link's token is looked up once, then remembered for a while, and what is none as well."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

import structlog

from accounts import keys, store
from accounts.errors import PhoneNotFound
from accounts.grants import REMEMBERED_FOR, Grants, Read
from accounts.model import PhoneLink
from infra.clock import wall_now
from infra.db import AWAY
from kernel.ids import PhoneId

log: Final = structlog.get_logger()

# Grants forget who was revoked longest ago: by then nobody must remember a link from before.
KNOWN_FOR: Final = timedelta(minutes=5)
assert KNOWN_FOR < REMEMBERED_FOR
REMEMBERED: Final = 20_000  # phones: some 20 MB
UNKNOWN_REMEMBERED: Final = 10_000  # a revoked app goes on sending, and shall not cost a query each time

WRITE_EVERY_S: Final = 1.0  # the desk waits for the first position of a link that was just made

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
        self._noted: _Remembered[bool] = _Remembered(REMEMBERED)
        self._sent_at: dict[PhoneId, datetime] = {}

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

    def note_sent(self, link: PhoneLink) -> None:
        """Remember, until it is written, that a link's app sent a position: once in `KNOWN_FOR`, not for each ping."""
        key = link.id.encode()
        if self._noted.find(key) is None:
            self._noted.keep(key, what=True)
            self._sent_at[link.id] = wall_now()

    async def write_sent(self) -> None:
        """Write which links' apps sent something. What is lost with a process or a store is noted again later."""
        if self._sent_at:
            sent_at, self._sent_at = self._sent_at, {}
            async with self._read() as tx:
                await store.mark_phones_sent(tx, sent_at)

    async def keep(self) -> None:
        """Write every second, until cancelled."""
        while True:
            await asyncio.sleep(WRITE_EVERY_S)
            try:
                await self.write_sent()
            except AWAY as error:
                log.warning("phones.not_written", error=repr(error))

    async def _look_up(self, token_hash: bytes) -> PhoneLink:
        async with self._read() as tx:
            link = await store.find_phone_link_by_token(tx, token_hash=token_hash)
        if link is None:
            self._unknown.keep(token_hash, what=True)
            raise PhoneNotFound
        self._links.keep(token_hash, link)
        return link
