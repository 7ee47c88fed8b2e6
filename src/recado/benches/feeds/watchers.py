"""A process full of watchers: the load of the bench."""

import asyncio
import gc
import select
import socket
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Final

import uvloop

from recado.benches.feeds.peers import answer_for_ever, open_many_files
from recado.benches.feeds.progress import Progress
from recado.benches.feeds.questions import Expect, Leave, Open, Question, Seat, Tell, Told
from recado.benches.feeds.watcher import Tally, Watcher

CONNECT_AT_ONCE: Final = 32
SHOW_EVERY_S: Final = 0.001
FAULTS_TOLD: Final = 5


class Watchers:
    """All watchers of this process, and what they were told to look out for."""

    def __init__(self, progress: Progress, slot: int) -> None:
        self._progress, self._slot = progress, slot
        self._tally = Tally()
        self._before = (0, 0)  # events and prepared, when something began
        self._watchers: list[Watcher] = []
        # Not the loop's own transports: asked for all that is ready at once, the sockets cost half as much.
        self._epoll = select.epoll()
        self._reads: dict[int, Callable[[], None]] = {}

    def fileno(self) -> int:
        """Return what becomes readable when any of the sockets does."""
        return self._epoll.fileno()

    def read(self) -> None:
        """Read from every socket that has something."""
        reads = self._reads
        for fd, _ in self._epoll.poll(0):
            reads[fd]()

    async def show(self) -> None:
        """Show how far they are, for as long as the process lives."""
        while True:
            self._progress.write(self._slot, self._tally.events + self._tally.prepared)
            await asyncio.sleep(SHOW_EVERY_S)

    async def reply(self, question: Question) -> object:
        """Do what the bench asks."""
        match question:
            case Open():
                await self._open(question)
            case Expect():
                self._before = (self._tally.events, self._tally.prepared)
                self._tally.arrivals.clear()
            case Leave():
                self._leave()
        return self._told()

    async def _open(self, wish: Open) -> None:
        gc.disable()  # Nothing here is a circle, and looking for some stops the clock for everybody.
        slots = asyncio.Semaphore(CONNECT_AT_ONCE)
        async with asyncio.TaskGroup() as tasks:
            for seat in wish.seats:
                await slots.acquire()
                tasks.create_task(self._connect(seat, wish.port)).add_done_callback(lambda _: slots.release())

    async def _connect(self, seat: Seat, port: int) -> None:
        loop = asyncio.get_running_loop()
        wire = socket.socket()
        wire.setblocking(False)
        await loop.sock_connect(wire, ("127.0.0.1", port))
        ready = loop.create_future()
        watcher = Watcher(seat, wire, self._tally, ready)
        self._reads[wire.fileno()] = watcher.read
        self._epoll.register(wire, select.EPOLLIN)
        watcher.ask()
        await ready
        self._watchers.append(watcher)

    def _leave(self) -> None:
        for watcher in self._watchers:
            watcher.leave()  # which takes it from among those that are polled, too
        self._watchers.clear()

    def _told(self) -> Told:
        last: dict[str, list[int]] = defaultdict(list)
        for watcher in self._watchers:
            last[watcher.seat.order_id].append(watcher.last_seq)
        inspections = [watcher.inspection for watcher in self._watchers if watcher.inspection is not None]
        faults = [*self._tally.faults, *(fault for one in inspections for fault in one.faults)]
        return Told(
            events=self._tally.events - self._before[0],
            prepared=self._tally.prepared - self._before[1],
            content_bytes=sum(len(watcher.last) for watcher in self._watchers),
            sockets=len(self._watchers),
            last_seqs={order_id: (min(seqs), max(seqs)) for order_id, seqs in last.items()},
            arrivals=self._tally.arrivals,
            inspected=sum(one.messages for one in inspections),
            faults=faults[:FAULTS_TOLD],
        )


async def _run(control_fd: int, progress: Path, slot: int) -> None:
    watchers = Watchers(Progress(progress), slot)
    asyncio.get_running_loop().add_reader(watchers.fileno(), watchers.read)
    showing = asyncio.create_task(watchers.show())
    await answer_for_ever(control_fd, Open | Expect | Tell | Leave, watchers.reply)
    showing.cancel()


def main(control_fd: str, progress: str, slot: str) -> None:
    """Watch until the bench hangs up."""
    open_many_files()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(int(control_fd), Path(progress), int(slot)))


if __name__ == "__main__":
    main(*sys.argv[1:])
