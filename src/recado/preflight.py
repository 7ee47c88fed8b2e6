"""Before a process begins: whether its stores answer, and the database is the one its code expects."""

import asyncpg
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from infra.migrations import pending
from infra.redis import connect
from kernel.streets import Streets, StreetsUnreadable
from recado.errors import SettingsRefused, StoreUnavailable
from recado.resources import migrations_directory
from recado.settings import Settings
from recado.streets.city_map import read_streets


async def check_stores(settings: Settings) -> None:
    """Refuse in one line, which names the setting, when a store is away or the database is not migrated."""
    try:
        missing = await pending(settings.database_direct_url, migrations_directory())
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise StoreUnavailable(f"PostgreSQL of DATABASE_DIRECT_URL does not answer: {one_line(error)}") from None
    if before := [name for name in missing if "_pre_" in name]:  # Those marked post wait for us to be deployed.
        raise StoreUnavailable(f"the database lacks {before[0]}: run `recado migrate`")
    try:
        async with connect(settings.redis_url, retry=Retry(NoBackoff(), 0)) as redis:
            await redis.ping()
    except (OSError, ValueError, RedisError) as error:
        raise StoreUnavailable(f"Redis of REDIS_URL does not answer: {one_line(error)}") from None


def check_streets(settings: Settings) -> None:
    """Refuse in one line a file of streets that cannot be served; the shipped one always can."""
    if settings.streets_file:
        try:
            Streets.decode(read_streets(settings.streets_file))
        except (OSError, StreetsUnreadable) as error:
            reason = error.strerror if isinstance(error, OSError) else one_line(error)
            raise SettingsRefused(
                f"STREETS_FILE is wrong: it must hold a file that `recado streets build` made ({reason})"
            ) from None


def one_line(error: BaseException) -> str:
    """Return an error's text without its line breaks."""
    return " ".join(str(error).split()) or type(error).__name__
