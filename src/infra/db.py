"""The one place transactions begin and end."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import Any, Final, Protocol, Self, TypeAlias, runtime_checkable

import asyncpg


@runtime_checkable
class Tx(Protocol):
    """An open transaction, asyncpg's own verbs. Whoever holds it may write; only `Database.begin` commits."""

    async def execute(self, query: str, *args: Any) -> str: ...  # noqa: D102
    async def executemany(self, command: str, args: Sequence[Sequence[Any]]) -> None: ...  # noqa: D102
    async def fetch(self, query: str, *args: Any) -> list[asyncpg.Record]: ...  # noqa: D102
    async def fetchrow(self, query: str, *args: Any) -> asyncpg.Record | None: ...  # noqa: D102
    async def fetchval(self, query: str, *args: Any) -> Any: ...  # noqa: D102
    async def copy_records_to_table(  # noqa: D102
        self, table_name: str, *, records: Sequence[Sequence[Any]], columns: Sequence[str]
    ) -> str: ...


ACQUIRE_WITHIN_S: Final = 10.0  # longer queues grow faster than they are served
# A process that is stopped or cut off in the middle of a transaction would keep the locks of its orders for as long as
# it lives. Ours never wait for anything but their next statement, so one that pauses for so long has lost its right.
# Said in each transaction, as a pooler before PostgreSQL refuses or forgets what is said of a session.
PAUSES_AT_MOST_MS: Final = 5_000
_BEGIN: Final = "BEGIN; SET LOCAL idle_in_transaction_session_timeout = {}"
# What a database that is away, or was cut off in the middle of a message, looks like to a loop that waits for it.
AWAY: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
Begin: TypeAlias = Callable[[], AbstractAsyncContextManager[Tx]]


class Database:
    """A pool of connections bound to the running event loop.

    Whoever gets no connection within `ACQUIRE_WITHIN_S` is refused with a TimeoutError rather than kept waiting.
    """

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    @classmethod
    @asynccontextmanager
    async def connect(cls, url: str, *, pool_size: int) -> AsyncIterator[Self]:
        """Open the pool, and close it at the end; raises OSError while the server is away."""
        async with asyncpg.create_pool(
            url,
            min_size=1,
            max_size=pool_size,
            command_timeout=30,
            server_settings={"application_name": "recado"},
            reset=_leave_as_it_is,
        ) as pool:
            yield cls(pool)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Tx]:
        """Run one transaction: commit when the block ends, roll back when it raises.

        One that pauses between two statements for longer than `PAUSES_AT_MOST_MS` is rolled back by PostgreSQL, and
        what it does next raises as if the database were away.
        """
        with _cancelled_above_all():
            async with self._pool.acquire(timeout=ACQUIRE_WITHIN_S) as connection:
                try:
                    await connection.execute(_BEGIN.format(PAUSES_AT_MOST_MS))
                    yield connection
                    await connection.execute("COMMIT")
                except BaseException:
                    await connection.execute("ROLLBACK")  # does nothing where it has not begun, or is over
                    raise

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        """Lend a connection for single statements that need no transaction around them."""
        with _cancelled_above_all():
            async with self._pool.acquire(timeout=ACQUIRE_WITHIN_S) as connection:
                yield connection


@contextmanager
def _cancelled_above_all() -> Iterator[None]:
    """Let a task that is cancelled in a statement end as cancelled.

    Rolling back what it began may fail, since the statement is still under way. Told that, a loop that waits for its
    database took it for away and went on for ever.
    """
    try:
        yield
    except AWAY as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise asyncio.CancelledError from error
        raise


async def _leave_as_it_is(_: object) -> None:
    """Spare the round trip that asks PostgreSQL to forget the session's state: we give no session any.

    Locks, settings and listeners that outlive a transaction have connections of their own. What a broken block left
    open is rolled back before this.
    """


def provide_begin(database: Database) -> Begin:
    """Return what routes and sockets take that must talk to the outside between two transactions."""
    return database.begin
