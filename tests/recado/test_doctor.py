import socket

import pytest
from redis import Redis

from recado.doctor import examine
from recado.settings import Settings, read_settings


@pytest.fixture
def settings(database_url, redis_url) -> Settings:
    return read_settings({"DATABASE_URL": database_url, "REDIS_URL": redis_url, "TOKEN_SECRET": "s" * 40})


async def advice(settings: Settings) -> dict[str, str]:
    return {finding.subject: finding.advice for finding in await examine(settings)}


async def test_whatever_is_well_needs_no_advice(settings):
    found = await advice(settings)

    for subject in ("PostgreSQL", "PostgreSQL version", "PostgreSQL clock", "Redis", "Redis version", "Redis clock"):
        assert found[subject] == ""
    assert found["migrations"] == ""


async def test_stores_that_forget_what_they_answered_are_reported(settings, redis_url):
    with Redis.from_url(redis_url) as client:
        client.config_set("appendfsync", "everysec")

    found = await advice(settings)

    assert found["Redis durability"] == "set appendfsync always"
    assert found["PostgreSQL durability"].startswith("set fsync")


async def test_a_database_without_our_tables_wants_migrating(settings, stores):
    bare = read_settings(
        {"DATABASE_URL": stores.url_of("postgres"), "REDIS_URL": settings.redis_url, "TOKEN_SECRET": "s" * 40}
    )

    assert (await advice(bare))["migrations"] == "run `recado migrate`"


async def test_more_connections_than_the_server_offers_are_reported(settings):
    environment = {"DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url, "TOKEN_SECRET": "s" * 40}
    greedy = read_settings(environment | {"POOL_SIZE": "100", "API_PROCESSES": "8"})

    assert (await advice(greedy))["PostgreSQL connections"].startswith("lower POOL_SIZE")


async def test_stores_that_are_away_are_named_with_their_variable():
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{nobody.getsockname()[1]}"
        away = read_settings(
            {"DATABASE_URL": f"postgresql://{address}/x", "REDIS_URL": f"redis://{address}", "TOKEN_SECRET": "s" * 40}
        )

        found = await advice(away)

    assert found == {
        "PostgreSQL": "start it, or correct DATABASE_URL",
        "Redis": "start it, or correct REDIS_URL",
    }
