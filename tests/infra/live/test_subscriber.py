import asyncio

import uvloop

from infra.live.subscriber import Subscriber

SUBSCRIBED = b"*3\r\n$9\r\nsubscribe\r\n$9\r\nlive:idle\r\n:1\r\n+PONG\r\n"


def test_whoever_asks_over_a_connection_lost_a_moment_ago_listens_on_over_the_next():
    """uvloop calls it a RuntimeError, which no client of Redis expects."""
    connections = []

    async def hang_up_at_once(reader, writer):
        connections.append(writer)
        await reader.read(100)
        writer.write(SUBSCRIBED)
        writer.transport.abort()

    async def scene():
        async with await asyncio.start_server(hang_up_at_once, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            subscriber = Subscriber(f"redis://127.0.0.1:{port}", on_restored=lambda: None)
            listening = asyncio.create_task(subscriber.run())
            for number in range(2000):
                subscriber.want(f"feed:{number}", lambda _: None)
                await asyncio.sleep(0.001)
            assert not listening.done()
            listening.cancel()

    uvloop.run(scene())
    assert len(connections) > 1
