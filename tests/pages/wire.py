"""The network between a browser and the house: it counts what passes, can be slow, and can be cut."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

_PIECE_BYTES = 4096
_numbers = count(1)


class Wire:
    """A TCP proxy. `bytes_down` is all that came to the browser, heads and frames included.

    Each has an address of its own: so many devices are paired in a minute that for one there would be no more tries.
    """

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        number = next(_numbers)
        self._from_address = f"127.1.{number // 250}.{1 + number % 250}"
        self._server: asyncio.Server | None = None
        self._pipes: set[asyncio.Task[None]] = set()
        self._is_cut = False
        self._free_at_s = 0.0
        self.port = 0
        self.bytes_down = self.bytes_up = 0
        self.round_trip_s = 0.0
        self.down_bytes_per_s: float | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def be_slow(self, *, round_trip_ms: int, down_kbps: int) -> None:
        """Behave as a mobile network does from now on."""
        self.round_trip_s, self.down_bytes_per_s = round_trip_ms / 1000, down_kbps * 1000 / 8

    async def cut(self) -> None:
        """Break every connection, and let nobody connect."""
        self._is_cut = True
        await self._break()

    def mend(self) -> None:
        self._is_cut = False

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._break()
        await self._server.wait_closed()

    async def _break(self) -> None:
        for pipe in list(self._pipes):
            pipe.cancel()
        await asyncio.gather(*self._pipes, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._pipes.add(task)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            if not self._is_cut:
                await asyncio.sleep(self.round_trip_s)  # the handshake
                await self._join(reader, writer)
        self._pipes.discard(task)
        writer.close()
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await writer.wait_closed()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream_reader, upstream_writer = await asyncio.open_connection(
            "127.0.0.1", self._target_port, local_addr=(self._from_address, 0)
        )
        both = [
            asyncio.ensure_future(self._carry(reader, upstream_writer, is_down=False)),
            asyncio.ensure_future(self._carry(upstream_reader, writer, is_down=True)),
        ]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pipe in both:
                pipe.cancel()
            upstream_writer.close()  # before anything is awaited: the whole may be cancelled meanwhile
            await asyncio.gather(*both, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_down: bool) -> None:
        # What is read now arrives half a round trip later, while more is read: a queue of pieces with their instants.
        loop, under_way = asyncio.get_running_loop(), asyncio.Queue[tuple[float, bytes]]()

        async def deliver() -> None:
            while True:
                at_s, piece = await under_way.get()
                await asyncio.sleep(at_s - loop.time())
                writer.write(piece)
                await writer.drain()
                if not piece:
                    return

        delivering = asyncio.ensure_future(deliver())
        try:
            while piece := await reader.read(_PIECE_BYTES):
                self._count(len(piece), is_down=is_down)
                at_s = loop.time() + self.round_trip_s / 2
                if is_down and self.down_bytes_per_s:
                    # One line for all connections, as a phone has.
                    self._free_at_s = max(self._free_at_s, loop.time()) + len(piece) / self.down_bytes_per_s
                    at_s = self._free_at_s + self.round_trip_s / 2
                under_way.put_nowait((at_s, piece))
            under_way.put_nowait((loop.time() + self.round_trip_s, b""))
            await delivering
        finally:
            delivering.cancel()

    def _count(self, size: int, *, is_down: bool) -> None:
        if is_down:
            self.bytes_down += size
        else:
            self.bytes_up += size


@asynccontextmanager
async def a_wire(target_port: int) -> AsyncIterator[Wire]:
    """Lay a wire to a port of this machine."""
    wire = Wire(target_port)
    await wire.open()
    try:
        yield wire
    finally:
        await wire.close()
