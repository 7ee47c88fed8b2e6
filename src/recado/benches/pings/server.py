"""An API process as `recado api` runs it, with two routes more to compare with: one that only decodes, a naive one."""

import asyncio
import os
import socket
import sys
from typing import Annotated, Any, Final

import msgspec
from litestar import asgi, post
from litestar.di import NamedDependency
from litestar.params import Body
from litestar.types import Receive, Scope, Send
from redis.asyncio import Redis

from accounts.guards import allow
from accounts.model import Caller
from fleet.api.ping_bodies import PingBody
from kernel.actors import Role
from recado.logs import start_logging
from recado.server import server_of
from recado.settings import read_settings

DECODE: Final = "/bench/decode"
NAIVE: Final = "/bench/naive"


class _Many(msgspec.Struct, frozen=True):
    positions: list[PingBody]


_one: Final = msgspec.json.Decoder(PingBody).decode
_many: Final = msgspec.json.Decoder(_Many).decode
_EMPTY: Final[list[tuple[bytes, bytes]]] = []


@asgi(DECODE, copy_scope=False)
async def decode(_: Scope, receive: Receive, send: Send) -> None:
    """Decode a ping, or many, and answer 204."""
    message: Any = await receive()
    body = message["body"]
    if body.startswith(b'{"positions"'):
        _many(body)
    else:
        _one(body)
    await send({"type": "http.response.start", "status": 204, "headers": _EMPTY})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


@post(NAIVE, status_code=204, guards=[allow(Role.RIDER)], include_in_schema=False)
async def add(
    data: Annotated[PingBody, Body()], caller: NamedDependency[Caller], redis: NamedDependency[Redis]
) -> None:
    """Put the rider into a geo set, as a first try would."""
    await redis.geoadd("bench:riders", (data.lon, data.lat, caller.id))


class Undressed:
    """The application with the decoding route before it, where the shortcut for pings stands, too."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Decode, or let the application."""
        if scope["type"] == "http" and scope["path"] == DECODE:
            await decode.fn(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def main(_control_fd: str, listener_fd: str) -> None:
    """Serve until SIGTERM."""
    settings = read_settings(os.environ)
    start_logging(settings.log_level)
    server = server_of(settings, more=[add])
    server.config.app = Undressed(server.config.app)
    listener = socket.socket(fileno=int(listener_fd))
    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(server.serve(sockets=[listener]))


if __name__ == "__main__":
    main(*sys.argv[1:])
