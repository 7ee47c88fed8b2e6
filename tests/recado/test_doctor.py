import socket

import msgspec
import pytest
from redis import Redis
from tests.fleet.pings import CENTRE, NOON

from fleet.store import position_keys as keys
from infra.db import Database
from kernel.ids import ZoneId
from places.commands import found_city
from recado.doctor import LARGE_BACKLOG, examine
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


@pytest.fixture
def told(redis_url):
    """Tells Redis how to be, until the test is over."""
    with Redis.from_url(redis_url) as client:
        before = client.config_get("appendonly", "appendfsync", "maxmemory", "maxmemory-policy")
        yield lambda **wish: [client.config_set(name.replace("_", "-"), value) for name, value in wish.items()]
        for name, value in before.items():
            client.config_set(name, value)


@pytest.mark.parametrize(
    ("wish", "subject", "what_to_do"),
    [
        ({"appendonly": "no"}, "Redis durability", "set appendonly yes and appendfsync always"),
        ({"appendfsync": "no"}, "Redis durability", "set appendfsync always"),
        ({"appendfsync": "always"}, "Redis durability", ""),
        ({"maxmemory": "1gb", "maxmemory_policy": "allkeys-lru"}, "Redis memory", "set maxmemory-policy noeviction"),
        ({"maxmemory": "1gb", "maxmemory_policy": "volatile-ttl"}, "Redis memory", "set maxmemory-policy noeviction"),
        ({"maxmemory": "0", "maxmemory_policy": "allkeys-lru"}, "Redis memory", ""),
        ({"maxmemory": "1gb", "maxmemory_policy": "noeviction"}, "Redis memory", ""),
    ],
    ids=str,
)
async def test_a_store_that_may_lose_pings_is_told_what_to_do(settings, told, wish, subject, what_to_do):
    told(**wish)

    found = (await advice(settings))[subject]

    assert found.startswith(what_to_do)
    assert bool(found) == bool(what_to_do)


async def test_each_server_of_a_cluster_is_looked_at(settings, cluster):
    on_a_cluster = msgspec.structs.replace(settings, redis_url=cluster.url)

    found = {finding.subject: finding for finding in await examine(on_a_cluster)}

    assert found["Redis cluster"].state == "3 servers answer"
    assert found["Redis durability"].advice == "set appendonly yes and appendfsync always"
    assert (found["Redis memory"].advice, found["trails"].advice) == ("", "")


async def test_a_large_backlog_of_trails_is_reported(settings, redis_url):
    async with Database.connect(settings.database_url, pool_size=2) as database, database.begin() as tx:
        city = await found_city(
            tx, name="São Paulo", country="BR", currency="BRL", time_zone="America/Sao_Paulo", centre=CENTRE, now=NOON
        )
    backlog = keys.backlog(ZoneId(city.id))
    with Redis.from_url(redis_url) as client:
        client.set(backlog, LARGE_BACKLOG - 1)
        assert (await advice(settings))["trails"] == ""
        client.set(backlog, LARGE_BACKLOG)

    assert (await advice(settings))["trails"].startswith("see that a worker runs")


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
