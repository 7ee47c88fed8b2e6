"""Connections to Redis that pack commands in C: a script for many riders has thousands of arguments.

A URL such as redis+cluster://host:port names one node of a cluster, which tells where the others are.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, Self
from urllib.parse import urlsplit

import hiredis
from redis.asyncio import (
    BlockingConnectionPool,
    Connection,
    Redis,
    RedisCluster,
    SSLConnection,
    UnixDomainSocketConnection,
)
from redis.asyncio.cluster import ClusterPipeline
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisClusterException, RedisError

CLUSTER: Final = "+cluster://"
CONNECTIONS: Final = 64  # of one process to one server; whoever comes when all are in use waits for one
WAIT_S: Final = 5.0
CLUSTER_CONNECTIONS: Final = 1_000  # its client cannot wait


class _Packing(AbstractConnection):
    async def send_packed_command(self, command: Any, check_health: bool = True) -> None:  # noqa: FBT001, FBT002  as it is
        """Send; a connection that somebody else's trouble closed while it was made is lost, and no bug.

        The `asyncio.wait_for` of Python 3.11, by which redis-py sends, returns as if nothing had happened when its task
        is cancelled in the instant it is done: a loop would go on for ever. `Task.cancelling` knows better.
        """
        task = asyncio.current_task()
        cancelled_before = task.cancelling() if task else 0
        try:
            await super().send_packed_command(command, check_health)
        except AttributeError as error:
            if self.is_connected:
                raise
            raise RedisConnectionError("The connection was closed while it was made.") from error
        if task and task.cancelling() > cancelled_before:
            await self.disconnect(nowait=True)  # the next one on this connection would read our answer
            raise asyncio.CancelledError

    def pack_command(self, *args: Any) -> list[bytes]:
        """Return the command as it is sent; the first argument may be several words, as redis-py has it."""
        first = args[0]
        if isinstance(first, str) and " " in first:
            args = (*first.split(), *args[1:])
        return [hiredis.pack_command(args)]


class _Packed(_Packing, Connection): ...


class _PackedSSL(_Packing, SSLConnection): ...


class _PackedUnix(_Packing, UnixDomainSocketConnection): ...


_KINDS: Final[dict[type, type]] = {
    Connection: _Packed,
    SSLConnection: _PackedSSL,
    UnixDomainSocketConnection: _PackedUnix,
}


class _Pipeline(ClusterPipeline):
    async def execute(self, *args: Any, **options: Any) -> list[Any]:
        """Send everything, each command to its node."""
        with _away():
            return await super().execute(*args, **options)


class ClusterRedis(Redis):
    """A cluster to whoever takes a Redis and keeps to single keys, scripts on keys of one tag, and pipelines.

    Every command goes through the cluster's own client, which finds its node. What it lacks is away, like any server.
    """

    def __init__(self, cluster: RedisCluster) -> None:
        self.spread = cluster

    def __repr__(self) -> str:
        """Name the servers that are known."""
        return f"ClusterRedis({self.spread.get_nodes()})"

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """Send a command to the node that has its keys."""
        with _away():
            return await self.spread.execute_command(*args, **options)

    def pipeline(self, *_: Any, **__: Any) -> Any:
        """Return what gathers commands for any nodes; never a transaction."""
        return _Pipeline(self.spread)  # type: ignore[abstract]  # redis-py sets it where it is needed

    async def __aenter__(self) -> Self:
        """Find the nodes before many ask for them at once; where they are away they are looked for later."""
        with suppress(RedisError, OSError), _away():
            await self.spread.initialize()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Hang up."""
        await self.aclose()

    async def aclose(self, close_connection_pool: bool | None = None) -> None:  # noqa: ARG002, FBT001  as a Redis has it
        """Hang up, also where a node was lost and nobody looked for another yet: its client would leave that open."""
        await self.spread.aclose()
        for nodes in ("nodes_cache", "startup_nodes"):
            await self.spread.nodes_manager.aclose(nodes)


@contextmanager
def _away() -> Iterator[None]:
    try:
        yield
    except RedisClusterException as error:  # no RedisError, whatever its name says
        raise RedisConnectionError(str(error)) from error


def connect(url: str, **how: Any) -> Redis:
    """Return a client of this URL, to be closed by whoever asked for it; nothing is sent yet.

    A thousand riders who come back at once take turns, instead of hearing that the store is away.
    """
    if CLUSTER in url:
        return ClusterRedis(_connect_to_cluster(one_node(url), **how))
    pool = BlockingConnectionPool.from_url(url, max_connections=CONNECTIONS, timeout=WAIT_S, **how)
    pool.connection_class = _KINDS[pool.connection_class]
    return Redis.from_pool(pool)


def one_node(url: str) -> str:
    """Return the URL of a single server: of a cluster the one it names, which is enough to publish and to listen."""
    return url.replace(CLUSTER, "://", 1)


async def servers_of(url: str, **how: Any) -> list[str]:
    """Return the URL of each server that writes: one, or those of a cluster as the node it names knows them."""
    if CLUSTER not in url:
        return [url]
    cluster = _connect_to_cluster(one_node(url), **how)
    client = ClusterRedis(cluster)
    try:
        await client.ping()
        whole = urlsplit(one_node(url))
        credentials, at, _ = whole.netloc.rpartition("@")
        nodes = sorted((node.host, int(node.port)) for node in cluster.get_primaries())
        return [whole._replace(netloc=f"{credentials}{at}{host}:{port}").geturl() for host, port in nodes]
    finally:
        await client.aclose()


def _connect_to_cluster(url: str, **how: Any) -> RedisCluster:
    cluster = RedisCluster.from_url(url, max_connections=CLUSTER_CONNECTIONS, **how)
    kind = _KINDS[cluster.connection_kwargs["connection_class"]]
    cluster.connection_kwargs["connection_class"] = kind  # every node that is found is connected to like this
    for node in cluster.startup_nodes:
        node.connection_class = kind
    return cluster
