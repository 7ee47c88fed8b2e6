"""Before a process begins: whether its stores answer, and the database is the one its code expects."""

import asyncpg
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from infra.migrations import pending
from recado.errors import StoreUnavailable
from recado.resources import migrations_directory
from recado.settings import Settings


async def check_stores(settings: Settings) -> None:
    """Refuse in one line, which names the setting, when a store is away or the database is not migrated."""
    try:
        missing = await pending(settings.database_direct_url, migrations_directory())
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise StoreUnavailable(f"PostgreSQL of DATABASE_DIRECT_URL does not answer: {one_line(error)}") from None
    if before := [name for name in missing if "_pre_" in name]:  # Those marked post wait for us to be deployed.
        raise StoreUnavailable(f"the database lacks {before[0]}: run `recado migrate`")
    try:
        async with Redis.from_url(settings.redis_url, retry=Retry(NoBackoff(), 0)) as redis:
            await redis.ping()
    except (OSError, ValueError, RedisError) as error:
        raise StoreUnavailable(f"Redis of REDIS_URL does not answer: {one_line(error)}") from None


def one_line(error: BaseException) -> str:
    """Return an error's text without its line breaks."""
    return " ".join(str(error).split()) or type(error).__name__
