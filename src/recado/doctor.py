"""What a person wants to know before trusting an installation: every finding is well, or says what to do."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import asyncpg
import msgspec
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from fleet.queries.backlog import largest_backlog
from infra.clock import wall_now
from infra.migrations import pending
from infra.redis import connect, servers_of
from places.zones import Zones
from recado.preflight import one_line
from recado.resources import migrations_directory
from recado.settings import Settings

OLDEST_POSTGRES: Final = 15
OLDEST_REDIS: Final = (7, 0)
LARGEST_SKEW: Final = timedelta(milliseconds=250)  # what deadlines are promised to
SKEW_SAMPLES: Final = 5
ANSWERS_WITHIN_S: Final = 5
LARGE_BACKLOG: Final = 50_000  # of one zone: a second of what one takes at most; at ten times as many pings are refused
SPARE_CONNECTIONS: Final = 10  # for LISTEN, shards, migrations and a person with psql

_PG_FAILURES: Final = (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError)
_REDIS_FAILURES: Final = (OSError, TimeoutError, ValueError, RedisError)
_IMPATIENT: Final[dict[str, Any]] = {
    "retry": Retry(NoBackoff(), 0),
    "socket_timeout": ANSWERS_WITHIN_S,
    "socket_connect_timeout": ANSWERS_WITHIN_S,
}


class Finding(msgspec.Struct, frozen=True):
    """One thing looked at; `advice` says what to do, and is empty when all is well."""

    subject: str
    state: str
    advice: str = ""


async def examine(settings: Settings) -> list[Finding]:
    """Return what was found, in the order a person would look."""
    return [*await _examine_postgres(settings), *await _examine_redis(settings), *await _examine_trails(settings)]


async def _examine_postgres(settings: Settings) -> list[Finding]:
    try:
        async with _connection(settings.database_url) as connection:
            version = connection.get_server_version()
            findings = [
                Finding("PostgreSQL", "answers"),
                Finding(
                    "PostgreSQL version",
                    str(await connection.fetchval("SHOW server_version")),
                    "" if version.major >= OLDEST_POSTGRES else f"upgrade it to {OLDEST_POSTGRES} or newer",
                ),
                await _postgres_durability(connection),
                await _postgres_room(connection, settings),
                await _clock("PostgreSQL clock", lambda: _postgres_time(connection)),
            ]
    except _PG_FAILURES as error:
        return [Finding("PostgreSQL", _reason(error), "start it, or correct DATABASE_URL")]
    return [*findings, await _migrations(settings)]


async def _postgres_durability(connection: asyncpg.Connection) -> Finding:
    names = ("fsync", "full_page_writes", "synchronous_commit")
    off = [name for name in names if await connection.fetchval(f"SHOW {name}") == "off"]
    if off:
        return Finding("PostgreSQL durability", f"{', '.join(off)} off", f"set {' and '.join(off)} to on")
    return Finding("PostgreSQL durability", "a commit is on disk before it is answered")


async def _postgres_room(connection: asyncpg.Connection, settings: Settings) -> Finding:
    offered = int(await connection.fetchval("SHOW max_connections"))
    workers = settings.worker_processes * settings.worker_pool_size
    wanted = settings.api_processes * settings.pool_size + workers + SPARE_CONNECTIONS
    advice = "" if wanted <= offered else "lower POOL_SIZE, raise max_connections, or put a pooler between"
    return Finding("PostgreSQL connections", f"{offered} offered, {wanted} wanted", advice)


async def _postgres_time(connection: asyncpg.Connection) -> datetime:
    now: datetime = await connection.fetchval("SELECT clock_timestamp()")
    return now


async def _migrations(settings: Settings) -> Finding:
    try:
        missing = await pending(settings.database_direct_url, migrations_directory())
    except _PG_FAILURES as error:
        return Finding("migrations", _reason(error), "correct DATABASE_DIRECT_URL")
    if missing:
        return Finding("migrations", f"{len(missing)} not applied, from {missing[0]}", "run `recado migrate`")
    return Finding("migrations", "up to date")


async def _examine_redis(settings: Settings) -> list[Finding]:
    try:
        urls = await servers_of(settings.redis_url, **_IMPATIENT)
        found = [await _examine_server(url) for url in urls]
    except _REDIS_FAILURES as error:
        return [Finding("Redis", _reason(error), "start it, or correct REDIS_URL")]
    if len(found) == 1:
        return found[0]
    # Of each subject the first server where something is to be done, or the first.
    worst = [max(of_all, key=lambda finding: finding.advice != "") for of_all in zip(*found, strict=True)]
    return [Finding("Redis cluster", f"{len(urls)} servers answer"), *worst]


async def _examine_server(url: str) -> list[Finding]:
    async with connect(url, **_IMPATIENT) as redis:
        info: dict[str, Any] = await redis.info()
        return [
            Finding("Redis", "answers"),
            _redis_version(info),
            await _redis_durability(redis, info),
            _redis_eviction(info),
            await _clock("Redis clock", lambda: _redis_time(redis)),
        ]


async def _examine_trails(settings: Settings) -> list[Finding]:
    """Look at what both stores must tell; where one of them does not, it was found already."""
    try:
        async with connect(settings.redis_url, **_IMPATIENT) as redis:
            zones = Zones(lambda: _connection(settings.database_url))
            waiting = await largest_backlog(redis, await zones.map())
    except (*_PG_FAILURES, *_REDIS_FAILURES):
        return []
    advice = "see that a worker runs and what its log says of trails.store_away" if waiting >= LARGE_BACKLOG else ""
    return [Finding("trails", f"{waiting} positions of one zone at most wait for PostgreSQL", advice)]


def _redis_version(info: dict[str, Any]) -> Finding:
    spoken = str(info["redis_version"])  # Valkey tells here which Redis it speaks like.
    name = f"Valkey {info['valkey_version']}" if "valkey_version" in info else f"Redis {spoken}"
    is_new = tuple(int(part) for part in spoken.split(".")[:2]) >= OLDEST_REDIS
    return Finding("Redis version", name, "" if is_new else "upgrade to Redis 7.0 or newer, or to Valkey")


async def _redis_durability(redis: Redis, info: dict[str, Any]) -> Finding:
    subject = "Redis durability"
    if not info["aof_enabled"]:
        return Finding(subject, "nothing is written to disk", "set appendonly yes and appendfsync always")
    try:
        fsync = (await redis.config_get("appendfsync"))["appendfsync"]
    except RedisError:
        return Finding(subject, "the server does not tell", "make sure that it runs with appendfsync always")
    if fsync != "always":
        return Finding(subject, f"appendfsync {fsync}: a crash loses what was answered", "set appendfsync always")
    return Finding(subject, "a write is on disk before it is answered")


def _redis_eviction(info: dict[str, Any]) -> Finding:
    policy = info["maxmemory_policy"]
    if policy == "noeviction":
        return Finding("Redis memory", "nothing is evicted")
    if not info["maxmemory"]:
        return Finding("Redis memory", f"maxmemory-policy {policy}, without a maxmemory")
    advice = "set maxmemory-policy noeviction: a refused ping is sent again, an evicted one is lost"
    return Finding("Redis memory", f"maxmemory-policy {policy}: what was answered may be evicted", advice)


async def _redis_time(redis: Redis) -> datetime:
    seconds, microseconds = await redis.time()
    return datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=microseconds)


async def _clock(subject: str, read: Callable[[], Awaitable[datetime]]) -> Finding:
    """Compare a server's clock with ours by the quickest of a few answers, as NTP does."""
    samples = []
    for _ in range(SKEW_SAMPLES):
        before = wall_now()
        theirs = await read()
        after = wall_now()
        samples.append((after - before, theirs - (before + (after - before) / 2)))
    _, skew = min(samples)
    state = f"{skew / timedelta(milliseconds=1):+.1f} ms from this machine's"
    return Finding(subject, state, "" if abs(skew) <= LARGEST_SKEW else "run NTP (chrony) on both machines")


@asynccontextmanager
async def _connection(url: str) -> AsyncIterator[asyncpg.Connection]:
    async with asyncio.timeout(ANSWERS_WITHIN_S):
        connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


def _reason(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {ANSWERS_WITHIN_S} s"
    return one_line(error)
