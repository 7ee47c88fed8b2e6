"""One installation and one Chromium for all tests of pages; they run one after the other."""

from collections.abc import AsyncIterator, Iterator

import pytest
import redis
from playwright.async_api import Browser
from tests.pages.browser import HOW_TO_GET_IT, a_browser, find_chromium
from tests.pages.town import Town, a_town
from tests.pages.wire import Wire, a_wire


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave out, before anything is started for it, what a browser is needed for; the summary says so in one line."""
    if "browser" in getattr(item, "fixturenames", ()) and find_chromium() is None:
        pytest.skip(HOW_TO_GET_IT)


@pytest.fixture(scope="package")
def town(databases, stores, tmp_path_factory) -> Iterator[Town]:
    """A town on the machine's own time; its key space is not the one that other tests empty."""
    redis_url = f"{stores.redis_url.rstrip('/')}/1"
    with redis.Redis.from_url(redis_url) as client:
        client.flushdb()
    database_url = databases.take()
    with a_town(database_url=database_url, redis_url=redis_url, logs=tmp_path_factory.mktemp("town")) as town:
        yield town
    databases.give_back(database_url)


@pytest.fixture(scope="package")
async def browser() -> AsyncIterator[Browser]:
    async with a_browser() as browser:
        yield browser


@pytest.fixture
async def wire(town: Town) -> AsyncIterator[Wire]:
    """A network of the test's own."""
    async with a_wire(town.port) as wire:
        yield wire
