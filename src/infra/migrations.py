"""Numbered SQL files, forward only, each in its own transaction, guarded against two runners and edited history."""

import hashlib
import re
from pathlib import Path
from typing import Final

import asyncpg

_FILE_NAME: Final = re.compile(r"^(\d{4})_(pre|post)_[a-z0-9_]+\.sql$")
_LOCK: Final = 7_265_236  # "recado" on a phone's keypad, shortened; any number nobody else locks

_CREATE_LEDGER: Final = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    name text PRIMARY KEY,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
)"""


class MigrationEdited(Exception):
    """A migration that was applied has another content now; history is never edited."""


def listed(directory: Path) -> list[Path]:
    """Return the migrations in order; a file that breaks the naming rule or repeats a number is refused."""
    found = sorted(directory.glob("*.sql"))
    numbers = [match[1] for path in found if (match := _FILE_NAME.match(path.name))]
    if len(numbers) != len(found) or len(set(numbers)) != len(numbers):
        raise ValueError(f"{directory}: migrations are named 0007_pre_what_it_does.sql, each number once")
    return found


async def migrate(database_url: str, directory: Path) -> list[str]:
    """Apply what is missing and return its names. Needs a direct connection (advisory lock)."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await connection.execute(_CREATE_LEDGER)
        applied = {
            row["name"]: row["sha256"] for row in await connection.fetch("SELECT name, sha256 FROM schema_migrations")
        }
        return [name for name, text in _texts(directory) if await _apply(connection, name, text, applied)]
    finally:
        await connection.close()


async def pending(database_url: str, directory: Path) -> list[str]:
    """Return the names of migrations that are not applied yet; changes nothing."""
    connection = await asyncpg.connect(database_url)
    try:
        if await connection.fetchval("SELECT to_regclass('schema_migrations')") is None:
            return [path.name for path in listed(directory)]
        applied = {row["name"] for row in await connection.fetch("SELECT name FROM schema_migrations")}
        return [path.name for path in listed(directory) if path.name not in applied]
    finally:
        await connection.close()


def _texts(directory: Path) -> list[tuple[str, str]]:
    return [(path.name, path.read_text()) for path in listed(directory)]


async def _apply(connection: asyncpg.Connection, name: str, text: str, applied: dict[str, str]) -> bool:
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    if name in applied:
        if applied[name] != sha256:
            raise MigrationEdited(f"{name} was edited after it was applied")
        return False
    async with connection.transaction():
        await connection.execute(text)
        await connection.execute("INSERT INTO schema_migrations (name, sha256) VALUES ($1, $2)", name, sha256)
    return True
