"""The API process: uvicorn with the limits that fit small messages and many sockets."""

import socket

import uvicorn

from recado.app import create_app
from recado.errors import CommandRefused
from recado.settings import Settings

WS_MAX_SIZE_BYTES = 64 * 1024  # one batch of pings with room; nothing we read on a socket is larger
GRACEFUL_STOP_S = 5  # open requests end well within; sockets are told 1012 and come back


def bind(host: str, port: int) -> socket.socket:
    """Return a bound socket that API processes inherit: while one is started again, callers wait for it."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        raise CommandRefused(
            f"cannot listen on {host} port {port} ({error.strerror}): set HOST and PORT (0 takes any free port)"
        ) from None
    return bound


def serve(settings: Settings, *, listener: socket.socket) -> None:
    """Answer requests until SIGTERM or SIGINT."""
    config = uvicorn.Config(
        create_app(settings),
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=WS_MAX_SIZE_BYTES,
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACEFUL_STOP_S,
    )
    uvicorn.Server(config).run(sockets=[listener])
