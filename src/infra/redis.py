"""Connections to Redis that pack commands in C: a script for many riders has thousands of arguments."""

from typing import Any, Final

import hiredis
from redis.asyncio import Connection, ConnectionPool, Redis, SSLConnection, UnixDomainSocketConnection


class _Packing:
    def pack_command(self, *args: Any) -> list[bytes]:
        """Return the command as it is sent; the first argument may be several words, as redis-py has it."""
        first = args[0]
        if isinstance(first, str) and " " in first:
            args = (*first.split(), *args[1:])
        return [hiredis.pack_command(args)]


class _Packed(_Packing, Connection): ...


class _PackedSSL(_Packing, SSLConnection): ...


class _PackedUnix(_Packing, UnixDomainSocketConnection): ...


_KINDS: Final[dict[type, type]] = {
    Connection: _Packed,
    SSLConnection: _PackedSSL,
    UnixDomainSocketConnection: _PackedUnix,
}


def connect(url: str, **how: Any) -> Redis:
    """Return a client of this URL, to be closed by whoever asked for it; nothing is sent yet."""
    pool = ConnectionPool.from_url(url, **how)
    pool.connection_class = _KINDS[pool.connection_class]
    return Redis.from_pool(pool)
