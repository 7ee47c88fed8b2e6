"""What the bench runs beside an installation: API processes of its own kind on one port, and processes of watchers."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from itertools import cycle
from pathlib import Path
from typing import Final

from recado.benches.feeds.peers import Peer
from recado.benches.feeds.progress import Progress
from recado.benches.feeds.questions import AreYouReady, CountGaps, Expect, Leave, Open, Seat, Tell, Told, Write
from recado.benches.frame.cores import pin, share_out
from recado.benches.frame.installation import Installation
from recado.cpu import cpu_seconds
from recado.errors import CommandRefused
from recado.listening import bind
from recado.scratch import scratch_directory

CONNECTED_WITHIN_S: Final = 600.0
WRITTEN_WITHIN_S: Final = 120.0


class Stage:
    """The servers that are measured, and who watches them."""

    def __init__(
        self, servers: Sequence[Peer], watchers: Sequence[Peer], progress: Progress, *, port: int, cores: int
    ) -> None:
        self._servers, self._watchers, self.progress = servers, watchers, progress
        self.port, self.cores = port, cores

    @property
    def processes(self) -> int:
        """How many servers there are."""
        return len(self._servers)

    def cpu_s(self) -> float:
        """Return the CPU seconds of the servers so far."""
        return sum(cpu_seconds(server.pid) for server in self._servers)

    def resident_bytes(self) -> int:
        """Return the memory the servers hold."""
        return sum(_resident_bytes(server.pid) for server in self._servers)

    async def open(self, seats: Sequence[Seat]) -> None:
        """Let these watchers watch, too."""
        shares = [list(seats[place :: len(self._watchers)]) for place in range(len(self._watchers))]
        await asyncio.gather(
            *(
                peer.ask(Open(port=self.port, seats=share), Told, within_s=CONNECTED_WITHIN_S)
                for peer, share in zip(self._watchers, shares, strict=True)
            )
        )

    async def expect(self) -> None:
        """Let the watchers forget what they counted."""
        await self._ask_watchers(Expect())

    async def tell(self) -> list[Told]:
        """Return what the watchers got since; raises `CommandRefused` at the first fault."""
        told = await self._ask_watchers(Tell())
        if faults := [fault for one in told for fault in one.faults]:
            raise CommandRefused(f"the feeds are wrong: {'; '.join(faults[:3])}")
        return told

    async def write(self, frame: bytes, *, times: int, ahead: int) -> int:
        """Let the first server write a frame so often to each of its sockets; return how many it wrote."""
        return await self._servers[0].ask(Write(frame=frame, times=times, ahead=ahead), int, within_s=WRITTEN_WITHIN_S)

    async def count_gaps(self) -> int:
        """Return how often the servers looked up in the tables what they were not told."""
        return sum(await asyncio.gather(*(server.ask(CountGaps(), int) for server in self._servers)))

    async def empty(self) -> None:
        """Let all watchers leave."""
        await self._ask_watchers(Leave())

    async def _ask_watchers(self, question: Expect | Tell | Leave) -> list[Told]:
        return list(await asyncio.gather(*(peer.ask(question, Told) for peer in self._watchers)))


@asynccontextmanager
async def stage(house: Installation, *, processes: int = 1) -> AsyncIterator[Stage]:
    """Run so many servers on one port, pinned where the installation's are, and the watchers beside the load."""
    async with AsyncExitStack() as stack:
        directory = stack.enter_context(scratch_directory("recado-bench-feeds-"))
        listener = stack.enter_context(bind("127.0.0.1", 0))
        loads = _load_processes()
        progress, path = Progress.make(directory / "progress", slots=loads), directory / "progress"
        servers = [_server(house, listener.fileno(), path, directory / f"server-{n}.log") for n in range(processes)]
        watchers = [_watchers(path, slot, directory / f"watchers-{slot}.log") for slot in range(loads)]
        for peer in (*servers, *watchers):
            stack.callback(peer.stop)
        cores = stack.enter_context(_pinned(house, servers))
        for server in servers:
            await server.ask(AreYouReady(), int)
        yield Stage(servers, watchers, progress, port=listener.getsockname()[1], cores=cores)


def _server(house: Installation, listener_fd: int, progress: Path, log: Path) -> Peer:
    words = (str(listener_fd), progress)
    return Peer("recado.benches.feeds.server", *words, environment=house.run.environment, log=log, fds=(listener_fd,))


def _watchers(progress: Path, slot: int, log: Path) -> Peer:
    return Peer("recado.benches.feeds.watchers", progress, str(slot), environment={}, log=log)


@contextmanager
def _pinned(house: Installation, servers: Sequence[Peer]) -> Iterator[int]:
    """Give each server a core where there are enough, and everything else the others; yields how many they got."""
    if house.cores is None:
        yield house.server_cores
        return
    shared = share_out({*house.cores.servers, *house.cores.load}, servers=len(servers))
    pin(os.getpid(), shared.load)  # with stores and watchers, which it started
    for server, core in zip(servers, cycle(sorted(shared.servers)), strict=False):
        pin(server.pid, frozenset({core}))
    try:
        yield len(shared.servers)
    finally:
        pin(os.getpid(), house.cores.load)


def _load_processes() -> int:
    """Return how many processes watch: one for each core of the load but the one that stores and facts need."""
    return max(1, len(os.sched_getaffinity(0)) - 1)


def _resident_bytes(pid: int) -> int:
    pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
