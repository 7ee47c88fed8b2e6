import asyncio
import socket

import pytest
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError

from infra.redis import connect, one_node

NOWHERE = "redis+cluster://127.0.0.1"


async def test_keys_of_all_nodes_are_reached_in_one_pipeline(cluster):
    cluster.flush()
    async with connect(cluster.url) as redis:
        names = [f"key:{number}" for number in range(99)]
        async with redis.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.set(name, name)
            await pipe.execute()
        async with redis.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.get(name)
            found = await pipe.execute()

        sizes = [await redis.execute_command("DBSIZE", target_nodes=node) for node in redis.spread.get_nodes()]

    assert [one.decode() for one in found] == names
    assert (len(sizes), sum(sizes), min(sizes) > 0) == (3, 99, True)


@pytest.mark.on_a_cluster_too
async def test_five_hundred_who_come_at_once_take_turns(redis_url):
    async with connect(redis_url) as redis:
        found = await asyncio.gather(*(redis.set(f"key:{number}", "here") for number in range(500)))

    assert all(found)


async def test_commands_to_a_cluster_are_packed_like_those_to_a_server(cluster, redis_url):
    async with connect(cluster.url) as redis, connect(redis_url) as single:
        await redis.ping()
        kinds = {node.connection_class for node in redis.spread.get_nodes()}

        assert kinds == {single.connection_pool.connection_class}


async def test_what_is_published_on_one_node_is_heard_on_another(cluster):
    other = f"redis://127.0.0.1:{cluster.ports[2]}"
    async with connect(one_node(cluster.url)) as speaking, connect(other) as listening, listening.pubsub() as watch:
        await watch.subscribe("live:somebody")
        await watch.get_message(timeout=1)

        await speaking.publish("live:somebody", "news")

        assert (await watch.get_message(timeout=2))["data"] == b"news"


@pytest.mark.parametrize("ask", ["ping", "pipeline"])
async def test_a_cluster_that_is_away_is_away_like_a_server(ask):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        redis = connect(f"{NOWHERE}:{nobody.getsockname()[1]}", retry=Retry(NoBackoff(), 0))
        with pytest.raises(RedisConnectionError):
            await (redis.ping() if ask == "ping" else redis.pipeline(transaction=False).get("key").execute())
        await redis.aclose()


async def test_who_is_cancelled_as_a_command_has_been_sent_does_not_go_on(redis_url):
    """Because a wait that is done in the same instant takes no notice, and a worker that was told to stop worked on."""
    client = connect(redis_url)
    connection = client.connection_pool.make_connection()
    await connection.connect()

    async def sent(_: object) -> None:
        asking.cancel()

    connection._send_packed_command = sent
    asking = asyncio.create_task(connection.send_command("PING"))
    async with asyncio.timeout(5):
        await asyncio.wait([asking])

    assert asking.cancelled()
    assert not connection.is_connected  # whoever came next would read the answer to what was sent
    await client.aclose()
