"""What every test may ask for: real stores, a fresh migrated database, an empty key space."""

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Iterator
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import asyncpg
import pytest
import redis
import structlog
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from tests.clusters import Cluster, a_cluster
from tests.databases import Databases
from tests.order import longest_first
from tests.pools import Pools

from recado.embedded import running_stores
from recado.resources import migrations_directory

# Plain lines: the default draws every traceback with its locals, which takes a quarter of a second each.
structlog.configure(processors=[structlog.stdlib.add_log_level, structlog.processors.format_exc_info,
                                structlog.processors.KeyValueRenderer(key_order=["event"])])  # fmt: skip

# Thousands of tests are held all the time, and looking through them for what nobody needs finds nothing.
gc.set_threshold(50_000, 20, 20)

# The same examples in every run, at whatever pace the machine makes them; `make soak` goes looking for others.
IS_SOAK: Final = int(os.environ.get("RECADO_SOAK_FACTOR", "1")) > 1
hypothesis_settings.register_profile(
    "recado", deadline=None, derandomize=not IS_SOAK, suppress_health_check=[HealthCheck.too_slow],
    **({} if IS_SOAK else {"database": None}),
)  # fmt: skip
hypothesis_settings.load_profile("recado")

MEMORY: Final = "/dev/shm"
ROOM_BYTES: Final = 8 * 2**30  # each worker's stores take a part of it


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items[:] = longest_first(items, getattr(config, "workerinput", {}).get("workercount", 1))


def pytest_collection_finish() -> None:
    gc.freeze()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what is marked for it on a single server and on a cluster."""
    if "redis_url" in metafunc.fixturenames and metafunc.definition.get_closest_marker("on_a_cluster_too"):
        metafunc.parametrize("redis_url", ["single", "cluster"], indirect=True)


@pytest.fixture(scope="session")
def anyio_backend():
    return "asyncio", {"use_uvloop": False}


class StoreUrls:
    """Where this session's stores are; every test gets its own database on them. `is_kept`: after the tests, too."""

    def __init__(self, database_url: str, redis_url: str, *, is_kept: bool) -> None:
        self.database_url, self.redis_url, self.is_kept = database_url, redis_url, is_kept
        self.template = f"recado_test_{os.getpid()}"

    def url_of(self, database: str) -> str:
        return f"{self.database_url.rpartition('/')[0]}/{database}"

    def execute(self, sql: str) -> None:
        async def run() -> None:
            connection = await asyncpg.connect(self.database_url)
            try:
                await connection.execute(sql)
            finally:
                await connection.close()

        asyncio.run(run())


def _in_memory() -> str | None:
    """Return where files are kept in memory, which spares a twentieth of the CPU; None where it has no such room."""
    try:
        space = os.statvfs(MEMORY)
    except OSError:
        return None
    return MEMORY if space.f_bavail * space.f_frsize > ROOM_BYTES else None


@pytest.fixture(scope="session")
def stores() -> Iterator[StoreUrls]:
    """Both stores without fsync, or those that RECADO_TEST_DATABASE_URL and RECADO_TEST_REDIS_URL name."""
    given = os.environ.get("RECADO_TEST_DATABASE_URL"), os.environ.get("RECADO_TEST_REDIS_URL")
    if given[0] and given[1]:
        yield StoreUrls(given[0], given[1], is_kept=True)
        return
    with TemporaryDirectory(prefix="recado-", dir=_in_memory()) as directory:
        Path(directory).chmod(0o711)  # As root the stores run as nobody, who must pass through.
        with running_stores(Path(directory), durable=False) as started:
            yield StoreUrls(started.database_url, started.redis_url, is_kept=False)


@pytest.fixture(scope="session")
def migrated_template(stores: StoreUrls) -> Iterator[str]:
    """A database migrated once; the tests' own are copies of it."""
    stores.execute(f"CREATE DATABASE {stores.template}")
    if find_spec("infra.migrations") is not None:
        from infra.migrations import migrate  # noqa: PLC0415

        asyncio.run(migrate(stores.url_of(stores.template), migrations_directory()))
    yield stores.template
    if stores.is_kept:
        stores.execute(f"DROP DATABASE {stores.template} WITH (FORCE)")


@pytest.fixture(scope="session")
def databases(stores: StoreUrls, migrated_template: str) -> Iterator[Databases]:
    """The migrated databases of this session."""
    made = Databases(stores.database_url, migrated_template)
    yield made
    # Dropping one waits for whoever is still connecting: a minute for a test's last attempt that nobody goes on with.
    if stores.is_kept:
        made.drop_all()
    made.close()


@pytest.fixture(scope="session")
async def pools(anyio_backend: object) -> AsyncIterator[None]:
    """One loop for all tests of this session, and connections that stay."""
    pools = Pools()
    with pools.instead_of_new_ones():
        yield
    pools.close()


@pytest.fixture
def database_url(databases: Databases, pools: None) -> Iterator[str]:
    """A migrated database of this test's own."""
    url = databases.take()
    yield url
    databases.give_back(url)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Three servers that are one."""
    with TemporaryDirectory(prefix="recado-") as directory, a_cluster(Path(directory)) as cluster:
        yield cluster


@pytest.fixture
def redis_url(request: pytest.FixtureRequest, stores: StoreUrls) -> str:
    """An empty key space, of a cluster where a test asks for it."""
    if getattr(request, "param", "single") == "cluster":
        cluster: Cluster = request.getfixturevalue("cluster")
        cluster.flush()
        return cluster.url
    with redis.Redis.from_url(stores.redis_url) as client:
        client.flushdb()
    return stores.redis_url
