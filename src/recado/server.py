"""The API process: uvicorn with the limits that fit small messages and many sockets."""

import gc
import socket

import uvicorn

from infra.live.sockets import FeedProtocol
from recado.app import create_app
from recado.listening import GRACEFUL_STOP_S
from recado.settings import Settings

WS_MAX_SIZE_BYTES = 64 * 1024  # one batch of pings with room; nothing we read on a socket is larger


def serve(settings: Settings, *, listener: socket.socket) -> None:
    """Answer requests until SIGTERM or SIGINT."""
    config = uvicorn.Config(
        create_app(settings),
        loop="uvloop",
        http="httptools",
        ws=FeedProtocol,
        ws_max_size=WS_MAX_SIZE_BYTES,
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACEFUL_STOP_S,
    )
    gc.freeze()  # What is loaded stays: looking through all of it again and again finds nothing.
    uvicorn.Server(config).run(sockets=[listener])
