"""Migrated databases for tests, used again and again: emptying one takes a tenth of making one."""

import asyncio
from collections.abc import Mapping
from io import BytesIO
from typing import NamedTuple

import asyncpg
from redis.asyncio import Redis
from tests.pools import NAME

_SHAPE = """
SELECT md5(string_agg(concat(attrelid::regclass, attname, atttypid), ',' ORDER BY attrelid::regclass::text, attnum))
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v') AND NOT relispartition AND attnum > 0
  AND NOT attisdropped"""
_TABLES = (
    "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'schema_migrations'"
)
_SEQUENCES = "SELECT quote_ident(sequencename), start_value FROM pg_sequences WHERE schemaname = 'public'"
_HOLDS_ROWS = """
SELECT quote_ident(relname) FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'schema_migrations'"""
_PARTITIONS = """
SELECT format('CREATE TABLE IF NOT EXISTS %I PARTITION OF %s %s',
              relname, inhparent::regclass, pg_get_expr(relpartbound, pg_class.oid))
FROM pg_class JOIN pg_inherits ON inhrelid = pg_class.oid
WHERE relispartition AND relkind = 'r' AND relnamespace = 'public'::regnamespace"""
_OTHERS = f"""
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
  AND (application_name <> '{NAME}' OR state <> 'idle')"""


class Picture(NamedTuple):
    """All that stood in a database and a key space at one moment."""

    partitions: list[str]
    rows: Mapping[str, bytes]
    sequences: Mapping[str, tuple[int, bool]]
    keys: list[tuple[bytes, int, bytes]]


async def picture_of(database_url: str, redis_url: str) -> Picture:
    """Take a picture of both stores, while nobody writes."""
    connection = await asyncpg.connect(database_url)
    rows, sequences = {}, {}
    try:
        partitions = [row[0] for row in await connection.fetch(_PARTITIONS)]
        for (table,) in await connection.fetch(_HOLDS_ROWS):
            if await connection.fetchval(f"SELECT EXISTS (SELECT FROM {table})"):
                await connection.copy_from_table(table, output=(kept := BytesIO()), format="binary")
                rows[table] = kept.getvalue()
        for sequence, _ in await connection.fetch(_SEQUENCES):
            last, is_called = await connection.fetchrow(f"SELECT last_value, is_called FROM {sequence}")
            sequences[sequence] = (last, is_called)
    finally:
        await connection.close()
    async with Redis.from_url(redis_url) as client:
        keys = [(key, max(0, await client.pttl(key)), await client.dump(key)) for key in await client.keys()]
    return Picture(partitions, rows, sequences, keys)


async def restore(picture: Picture, database_url: str, redis_url: str) -> None:
    """Let an empty, migrated database and an empty key space be as in the picture."""
    connection = await asyncpg.connect(database_url, server_settings={"session_replication_role": "replica"})
    try:
        await connection.execute("; ".join([*picture.partitions, *(f"DELETE FROM {table}" for table in picture.rows)]))
        for table, rows in picture.rows.items():
            await connection.copy_to_table(table, source=BytesIO(rows), format="binary")
        for sequence, (last, is_called) in picture.sequences.items():
            await connection.execute("SELECT setval($1::regclass, $2, $3)", sequence, last, is_called)
    finally:
        await connection.close()
    async with Redis.from_url(redis_url) as client, client.pipeline(transaction=False) as pipe:
        for key, lasts_ms, value in picture.keys:
            pipe.restore(key, lasts_ms, value)
        await pipe.execute()


class Databases:
    """Copies of one migrated template; a test gives its copy back and the next one finds it as if new.

    Each copy is emptied over a connection that stays: a new one has to learn anew what every table is.
    """

    def __init__(self, server_url: str, template: str) -> None:
        self._server, self._template = server_url.rpartition("/")[0], template
        self._free: list[str] = []
        self._made = 0
        self._runner = asyncio.Runner()
        self._cleaners: dict[str, asyncpg.Connection] = {}
        self._shape, self._emptying, self._seeds = self._runner.run(self._study())

    def take(self) -> str:
        """Return the URL of an empty, migrated database."""
        if self._free:
            return self._free.pop()
        self._made += 1
        name = f"{self._template}_{self._made}"
        self._runner.run(self._on("postgres", f"CREATE DATABASE {name} TEMPLATE {self._template}"))
        return f"{self._server}/{name}"

    def give_back(self, url: str) -> None:
        """Empty a database for the next test; one whose tables were changed is thrown away."""
        if self._runner.run(self._clean(url)):
            self._free.append(url)
        else:
            name = url.rpartition("/")[2]
            self._runner.run(self._on("postgres", f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))

    def drop_all(self) -> None:
        """Drop what was made."""
        for number in range(1, self._made + 1):
            drop = f"DROP DATABASE IF EXISTS {self._template}_{number} WITH (FORCE)"
            self._runner.run(self._on("postgres", drop))

    def close(self) -> None:
        """End the connections they were emptied over."""
        for cleaner in self._cleaners.values():
            cleaner.terminate()
        self._runner.close()

    async def _on(self, database: str, sql: str) -> None:
        connection = await asyncpg.connect(f"{self._server}/{database}")
        try:
            await connection.execute(sql)
        finally:
            await connection.close()

    async def _study(self) -> tuple[str, str, dict[str, str]]:
        connection = await asyncpg.connect(f"{self._server}/{self._template}")
        try:
            tables = [row[0] for row in await connection.fetch(_TABLES)]
            sequences = await connection.fetch(_SEQUENCES)
            seeds = {table: await connection.fetchval(f"SELECT json_agg(row) FROM {table} AS row") for table in tables}
            emptying = [f"DELETE FROM {table}" for table in tables]
            emptying += [f"SELECT setval('{sequence}', {start}, false)" for sequence, start in sequences]
            return (
                await connection.fetchval(_SHAPE),
                "; ".join(["SET session_replication_role = replica", *emptying]),
                {table: rows for table, rows in seeds.items() if rows},
            )
        finally:
            await connection.close()

    async def _clean(self, url: str) -> bool:
        if cleaner := self._cleaners.pop(url, None):
            try:
                return await self._empty(url, cleaner)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                cleaner.terminate()  # the test took this connection too
        try:
            return await self._empty(url, await asyncpg.connect(url))
        except asyncpg.InvalidCatalogNameError:
            return False

    async def _empty(self, url: str, cleaner: asyncpg.Connection) -> bool:
        # Again and again: what a test was still connecting when it ended arrives late, and its own loop stands still.
        while await cleaner.fetch(f"SELECT pg_terminate_backend(pid) {_OTHERS}"):  # noqa: ASYNC110  nothing tells us
            await asyncio.sleep(0.005)
        if await cleaner.fetchval(_SHAPE) != self._shape:
            await cleaner.close()
            return False
        await cleaner.execute(self._emptying)
        for table, rows in self._seeds.items():
            sql = f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM json_populate_recordset"
            await cleaner.execute(f"{sql}(null::{table}, $1)", rows)
        self._cleaners[url] = cleaner
        return True
