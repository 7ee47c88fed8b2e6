"""Pools of connections that stay open from test to test: a new backend has to learn anew what every table is."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from functools import partial
from typing import Any, Final
from unittest.mock import patch

import asyncpg

NAME: Final = "recado_tests"  # what their backends are called, so that whoever empties a database lets them be
_create_pool: Final = asyncpg.create_pool


class Pools:
    """What was opened on one loop; each pool is used by one at a time, as if it were new."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._free: dict[tuple[str, int], list[asyncpg.Pool]] = {}

    @contextmanager
    def instead_of_new_ones(self) -> Iterator[None]:
        """Let whoever opens a pool on this loop get one of these."""
        with patch("asyncpg.create_pool", partial(_Borrowed, self)):
            yield

    async def take(self, url: str, max_size: int, open_one: Callable[[], Any]) -> asyncpg.Pool:
        free = self._free.get((url, max_size))
        return free.pop() if free else await open_one()

    async def give_back(self, url: str, max_size: int, pool: asyncpg.Pool) -> None:
        if pool.get_idle_size() < pool.get_size():
            await pool.close()  # as it would be without us: once nobody uses it
        elif await _answers(pool):
            self._free.setdefault((url, max_size), []).append(pool)
        else:
            pool.terminate()

    def close(self) -> None:
        for pools in self._free.values():
            for pool in pools:
                pool.terminate()


async def _answers(pool: asyncpg.Pool) -> bool:
    """Tell whether every connection is good for another statement: some test may have been cancelled in its last."""
    try:
        async with AsyncExitStack() as stack:
            for _ in range(pool.get_size()):
                connection = await stack.enter_async_context(pool.acquire(timeout=2))
                await connection.execute("SELECT 1", timeout=2)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
        return False
    return True


class _Borrowed:
    def __init__(self, pools: Pools, url: str, *, max_size: int, server_settings: dict[str, str], **how: Any) -> None:
        self._pools, self._url, self._max_size = pools, url, max_size
        self._is_ours = asyncio.get_running_loop() is pools.loop
        settings = server_settings | ({"application_name": NAME} if self._is_ours else {})
        self._new = _create_pool(url, max_size=max_size, server_settings=settings, **how)

    async def __aenter__(self) -> asyncpg.Pool:
        if not self._is_ours:
            return await self._new.__aenter__()
        self._pool = await self._pools.take(self._url, self._max_size, self._new.__aenter__)
        return self._pool

    async def __aexit__(self, *raised: object) -> None:
        if not self._is_ours:
            await self._new.__aexit__(*raised)
        else:
            await self._pools.give_back(self._url, self._max_size, self._pool)
