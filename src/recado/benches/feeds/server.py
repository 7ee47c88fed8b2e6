"""An API process as `recado api` runs it, which besides writes prepared frames to its sockets when the bench asks."""

import asyncio
import os
import socket
import sys
from pathlib import Path
from typing import Any, Final

import uvicorn
from prometheus_client import REGISTRY

from recado.benches.feeds.peers import answer_for_ever, open_many_files
from recado.benches.feeds.progress import Progress
from recado.benches.feeds.questions import AreYouReady, CountGaps, Write
from recado.logs import start_logging
from recado.server import server_of
from recado.settings import read_settings

GAPS: Final = "recado_live_gaps_total"  # of infra.live.hub
LOOK_EVERY_S: Final = 0.001  # as often as watchers show how far they are
AT_ONCE: Final = 250  # sockets written to before the loop sends it; more or fewer make it dearer


class Control:
    """Answers the bench, in the server's own loop."""

    def __init__(self, server: uvicorn.Server, progress: Progress) -> None:
        self._server, self._progress = server, progress

    async def reply(self, question: AreYouReady | CountGaps | Write) -> int:
        """Do it, and return how many frames were written or gaps counted."""
        match question:
            case Write():
                return await self._write(question)
            case CountGaps():
                return int(REGISTRY.get_sample_value(GAPS) or 0)
        while not self._server.started:  # noqa: ASYNC110  uvicorn has nothing to wait for
            await asyncio.sleep(LOOK_EVERY_S)
        return 0

    async def _write(self, wish: Write) -> int:
        transports = self._transports()
        before, written = self._progress.total(), 0
        for _ in range(wish.times):
            for start in range(0, len(transports), AT_ONCE):
                for transport in transports[start : start + AT_ONCE]:
                    transport.write(wish.frame)
                written += len(transports[start : start + AT_ONCE])
                await asyncio.sleep(0)
                while written - (self._progress.total() - before) > wish.ahead:  # noqa: ASYNC110  another process counts
                    await asyncio.sleep(LOOK_EVERY_S)
        return written

    def _transports(self) -> list[asyncio.Transport]:
        sockets: Any = self._server.config.ws_protocol_class
        return [open_.transport for open_ in self._server.server_state.connections if isinstance(open_, sockets)]


async def _serve(server: uvicorn.Server, listener: socket.socket, control_fd: int, progress: Progress) -> None:
    control = Control(server, progress)
    answering = asyncio.create_task(answer_for_ever(control_fd, AreYouReady | CountGaps | Write, control.reply))
    await server.serve(sockets=[listener])
    answering.cancel()


def main(control_fd: str, listener_fd: str, progress: str) -> None:
    """Serve until SIGTERM."""
    settings = read_settings(os.environ)
    open_many_files()
    start_logging(settings.log_level)
    server = server_of(settings)
    listener = socket.socket(fileno=int(listener_fd))
    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(_serve(server, listener, int(control_fd), Progress(Path(progress))))


if __name__ == "__main__":
    main(*sys.argv[1:])
