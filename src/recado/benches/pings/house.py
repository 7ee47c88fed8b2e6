"""What the bench runs beside an installation: API processes of its own kind on one port, and riders on shift."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from itertools import cycle
from typing import Final

import asyncpg

from accounts.model import Caller
from infra import ids
from infra.redis import connect
from infra.sql import load
from kernel.actors import Role
from kernel.ids import RiderId
from recado.benches.feeds.peers import Peer
from recado.benches.frame.client import Client
from recado.benches.frame.cores import pin, share_out
from recado.benches.frame.installation import Installation
from recado.benches.frame.town import hire, open_town
from recado.benches.pings.phones import Rider
from recado.cpu import cpu_seconds
from recado.errors import CommandRefused
from recado.listening import bind
from recado.scratch import scratch_directory

UNLIMITED: Final = "1000000"  # positions a second from one phone: the bench has fewer riders than it has pings
_FIRST_PHONE: Final = 920_000_000
_sql: Final = load("recado")


class Servers:
    """The processes that are measured, and the installation's workers, who write behind them what they took."""

    def __init__(self, peers: Sequence[Peer], house: Installation, *, port: int) -> None:
        self._peers, self._house, self.port = peers, house, port

    def cpu_s(self) -> float:
        """Return their CPU seconds so far."""
        return sum(cpu_seconds(peer.pid) for peer in self._peers)

    def workers_cpu_s(self) -> float:
        """Return the workers' CPU seconds so far."""
        return sum(cpu_seconds(pid) for pid in self._workers())

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let the workers rest: on two cores they would take from the server what other machines have beside it."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    async def write_behind(self) -> None:
        """Wait until PostgreSQL has what Redis took."""
        async with connect(self._house.run.environment["REDIS_URL"]) as redis:
            while await redis.keys("*:backlog"):  # noqa: ASYNC110  another process writes
                await asyncio.sleep(0.1)

    def _workers(self) -> list[int]:
        return [pid for name, pid in self._house.run.processes.items() if name.startswith("worker")]

    def _signal(self, number: signal.Signals) -> None:
        for pid in self._workers():
            os.kill(pid, number)


@asynccontextmanager
async def servers(house: Installation, *, processes: int = 1) -> AsyncIterator[Servers]:
    """Run so many servers on one port, each on a core of its own where there are enough."""
    async with AsyncExitStack() as stack:
        directory = stack.enter_context(scratch_directory("recado-bench-pings-"))
        listener = stack.enter_context(bind("127.0.0.1", 0))
        environment = {**house.run.environment, "RIDER_POSITIONS_PER_S": UNLIMITED}
        peers = []
        for number in range(processes):
            peer = Peer(
                "recado.benches.pings.server",
                str(listener.fileno()),
                environment=environment,
                log=directory / f"server-{number}.log",
                fds=(listener.fileno(),),
            )
            stack.callback(peer.stop)
            peers.append(peer)
        if house.cores is not None:
            shared = share_out({*house.cores.servers, *house.cores.load}, servers=processes)
            for peer, core in zip(peers, cycle(sorted(shared.servers)), strict=False):
                pin(peer.pid, frozenset({core}))
            pin(os.getpid(), shared.load)
            stack.callback(pin, os.getpid(), house.cores.load)
        port = listener.getsockname()[1]
        await _until_ready(port)
        yield Servers(peers, house, port=port)


async def put_on_shift(house: Installation, database: asyncpg.Connection, count: int) -> list[Rider]:
    """Hire one rider and start their shift through the API, and make `count` copies of both."""
    town = await open_town(house)
    rider_id, phone = await hire(house, town, 0)
    async with phone:
        await phone.post("/v1/rider/shift/start", {"vehicle": "motorcycle", "capacity": 2})
    riders = [ids.new(RiderId, "rdr") for _ in range(count)]
    phones = [f"+5511{_FIRST_PHONE + number}" for number in range(count)]
    shifts = [ids.new(str, "shf") for _ in range(count)]
    async with database.transaction():
        await database.execute(_sql.clone_riders, rider_id, riders, phones)
        await database.execute(_sql.clone_shifts, rider_id, riders, shifts)
    tokens = [house.token(Caller(role=Role.RIDER, id=one)) for one in riders]
    return [Rider(number, token) for number, token in enumerate(tokens)]


async def _until_ready(port: int) -> None:
    for _ in range(600):
        try:
            async with Client(f"http://127.0.0.1:{port}", "") as anybody:
                status, _ = await anybody.send(b"GET /health/ready HTTP/1.1\r\nHost: recado\r\n\r\n")
        except OSError:
            status = 0
        if status == 200:  # noqa: PLR2004
            return
        await asyncio.sleep(0.05)
    raise CommandRefused("the bench's server did not start")
