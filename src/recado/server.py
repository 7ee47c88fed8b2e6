"""The API process: uvicorn with the limits that fit small messages and many sockets."""

import asyncio
import gc
import resource
import socket
from collections.abc import Sequence
from typing import Any

import uvicorn
from litestar import Litestar

from infra.live.sockets import FeedProtocol
from infra.plain_requests import PlainProtocol, plain_protocol
from recado.app import create_app
from recado.listening import GRACEFUL_STOP_S
from recado.settings import Settings

WS_MAX_SIZE_BYTES = 64 * 1024  # one batch of pings with room; nothing we read on a socket is larger
LAST_WORDS_S = 0.1  # who asks one thing after the other has asked the next one by then

GARBAGE = 20_000, 20, 100  # docs/benchmarks.md, feeds: with the usual 700, 10, 10 a quarter of the CPU


class Server(uvicorn.Server):
    """uvicorn, which tells its sockets to come back when it stops; streams over HTTP have to be ended for it."""

    def __init__(self, config: uvicorn.Config, house: Litestar) -> None:
        super().__init__(config)
        self._house = house

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop gracefully: what is on its way to us is answered, with the word that nothing more will be."""
        for server in self.servers:
            server.close()
        for connection in self.server_state.connections:
            if isinstance(connection, PlainProtocol):
                connection.leave()
        await asyncio.sleep(LAST_WORDS_S)
        self._house.state.feeds.end_streams()
        await super().shutdown(sockets)


def server_of(settings: Settings, *, more: Sequence[Any] = ()) -> Server:
    """Return the server of an API process, ready to run; `more` are routes beside the house's own, for benches."""
    house = create_app(settings, more=more)
    config = uvicorn.Config(
        house,
        loop="uvloop",
        http=plain_protocol(house.state.shortcut),
        ws=FeedProtocol,
        ws_max_size=WS_MAX_SIZE_BYTES,
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACEFUL_STOP_S,
    )
    # What is loaded stays, and so do open sockets: looking through all of it again and again finds nothing.
    gc.freeze()
    gc.set_threshold(*GARBAGE)
    return Server(config, house)


def serve(settings: Settings, *, listener: socket.socket) -> None:
    """Answer requests until SIGTERM or SIGINT."""
    _allow_many_sockets()
    server_of(settings).run(sockets=[listener])


def _allow_many_sockets() -> None:
    """Take as many open files as the machine's administrator allows; the usual 1,024 are some hundred customers."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
