"""Three servers that are one Redis Cluster, started when a test first asks for one."""

import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from recado.embedded.binaries import find_valkey
from recado.processes import Launch, spawn, stop

NODES: Final = 3
SLOTS: Final = 16_384
READY_WITHIN_S: Final = 15.0
OPTIONS: Final = {"cluster-enabled": "yes", "bind": "127.0.0.1", "save": "", "appendonly": "no", "loglevel": "warning"}


class Cluster:
    """A running cluster; `url` names one of its nodes."""

    def __init__(self, nodes: list[Redis], ports: list[int], processes: list[subprocess.Popen[bytes]]) -> None:
        self._nodes, self.ports, self.processes = nodes, ports, processes
        self.url = f"redis+cluster://127.0.0.1:{ports[0]}"

    def flush(self) -> None:
        """Empty it."""
        for node in self._nodes:
            node.flushdb()

    def forget_scripts(self) -> None:
        """Have every node know no script any more."""
        for node in self._nodes:
            node.script_flush()

    def begin(self) -> None:
        """Make one cluster of the nodes, and return when each of them says so."""
        for number, node in enumerate(self._nodes):
            first, last = number * SLOTS // NODES, (number + 1) * SLOTS // NODES - 1
            node.execute_command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
            node.execute_command("CLUSTER", "ADDSLOTSRANGE", first, last)
        for node in self._nodes[1:]:
            node.execute_command("CLUSTER", "MEET", "127.0.0.1", self.ports[0], self.ports[NODES])
        _until(lambda: all(_is_whole(node) for node in self._nodes))


@contextmanager
def a_cluster(directory: Path) -> Iterator[Cluster]:
    """Run a cluster that keeps nothing on disk."""
    with ExitStack() as stack:
        ports = _free_ports(2 * NODES)
        processes = []
        for number in range(NODES):
            home = directory / str(number)
            home.mkdir()
            options = {"port": ports[number], "cluster-port": ports[NODES + number], "dir": home}
            output = stack.enter_context((home / "log").open("wb"))
            words = [word for name, value in {**OPTIONS, **options}.items() for word in (f"--{name}", str(value))]
            launch = Launch(argv=[find_valkey(), *words], dies_with=signal.SIGKILL, env={}, cwd=home)
            processes.append(spawn(launch, output=output))
            stack.callback(stop, processes[-1], first=signal.SIGKILL, patience_s=5)
        nodes = [stack.enter_context(Redis(port=port, retry=Retry(NoBackoff(), 0))) for port in ports[:NODES]]
        _until(lambda: all(_answers(node) for node in nodes))
        cluster = Cluster(nodes, ports, processes)
        cluster.begin()
        yield cluster


def _free_ports(so_many: int) -> list[int]:
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(so_many)]
        return [probe.getsockname()[1] for probe in probes]


def _answers(node: Redis) -> bool:
    try:
        return bool(node.ping())
    except RedisError:
        return False


def _is_whole(node: Redis) -> bool:
    told = node.execute_command("CLUSTER INFO")
    return told["cluster_state"] == "ok" and told["cluster_known_nodes"] == str(NODES)


def _until(is_so: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + READY_WITHIN_S
    while not is_so():
        assert time.monotonic() < give_up_at, "the cluster does not come up"
        time.sleep(0.02)
