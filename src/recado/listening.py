"""The socket that API processes share, and how long they take to let go of it. Loads nothing of theirs."""

import socket
from typing import Final

from recado.errors import CommandRefused

# The kernel takes up to 4 MB for whoever does not read: minutes of positions that nobody can take back any more.
UNSENT_BYTES: Final = 16 * 1024
GRACEFUL_STOP_S: Final = 5  # open requests end well within; sockets are told 1012 and come back


def bind(host: str, port: int) -> socket.socket:
    """Return a bound socket that API processes inherit: while one is started again, callers wait for it."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):  # connections inherit it
            bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
        bound.bind(address)
    except OSError as error:
        raise CommandRefused(
            f"cannot listen on {host} port {port} ({error.strerror}): set HOST and PORT (0 takes any free port)"
        ) from None
    return bound
