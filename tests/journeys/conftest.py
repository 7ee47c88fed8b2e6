from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from tests.journeys.durable import DurableRedis
from tests.journeys.house import House
from tests.journeys.town import a_standing_town


@pytest.fixture
def house(database_url, redis_url, tmp_path):
    """A house that is not started yet."""
    house = House(database_url=database_url, redis_url=redis_url, logs=tmp_path)
    try:
        yield house
    finally:
        house.close()


@pytest.fixture
async def town(house, database_url):
    """The town, on a clock that stands at seven in the evening."""
    async with a_standing_town(house, database_url) as town:
        yield town


@pytest.fixture
def durable_redis():
    with TemporaryDirectory(prefix="recado-") as directory:
        Path(directory).chmod(0o711)
        redis = DurableRedis(Path(directory))
        try:
            yield redis
        finally:
            redis.close()
