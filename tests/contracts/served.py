"""The application behind a real server, in a thread and an event loop of its own, for clients that block."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from tests.contracts.worlds import House, a_house


@dataclass(frozen=True)
class Served:
    """Where two worlds are served."""

    house: House
    address: str


@contextmanager
def serving_worlds(database_url: str, redis_url: str) -> Iterator[Served]:
    """Build two worlds and serve them; their clock stands, and is not to be moved any more."""
    ready: Future[Served] = Future()
    loop = asyncio.new_event_loop()
    stopped = asyncio.Event()
    thread = threading.Thread(target=_run, args=(loop, _serve(database_url, redis_url, ready, stopped), ready))
    thread.start()
    try:
        yield ready.result(timeout=60)
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join(30)


def _run(loop: asyncio.AbstractEventLoop, main: Any, ready: "Future[Served]") -> None:
    try:
        loop.run_until_complete(main)
    except BaseException as error:
        if not ready.done():
            ready.set_exception(error)
        raise
    finally:
        loop.close()


async def _serve(database_url: str, redis_url: str, ready: "Future[Served]", stopped: asyncio.Event) -> None:
    async with a_house(database_url, redis_url) as house:
        await house.rows("UPDATE domain_clock SET is_simulated = false")
        config = uvicorn.Config(house.app, http="httptools", log_config=None, lifespan="off", server_header=False)
        server = uvicorn.Server(config)
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            serving = asyncio.create_task(server._serve([listener]))
            while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
                await asyncio.sleep(0.01)
            ready.set_result(Served(house, f"http://127.0.0.1:{listener.getsockname()[1]}"))
            await stopped.wait()
            server.should_exit = True
            await serving
