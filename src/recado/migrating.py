"""Bring the database to what this version of the code expects."""

import asyncpg

from infra.migrations import MigrationEdited, migrate
from recado.errors import CommandRefused
from recado.preflight import one_line
from recado.resources import migrations_directory
from recado.settings import Settings


async def apply_migrations(settings: Settings) -> list[str]:
    """Apply what is missing and return its names, or refuse with the reason in one line."""
    try:
        return await migrate(settings.database_direct_url, migrations_directory())
    except (OSError, asyncpg.PostgresError, MigrationEdited) as error:
        raise CommandRefused(f"cannot migrate the database of DATABASE_DIRECT_URL: {one_line(error)}") from error
