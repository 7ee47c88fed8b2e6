"""A Redis that may be killed at any moment, because all that it acknowledged is on its disk."""

import shutil
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import redis
from tests.processes import wait_until

from recado.embedded import Home
from recado.embedded.accounts import choose_account
from recado.embedded.binaries import find_valkey
from recado.embedded.servers import Valkey


class DurableRedis:
    """A Redis of a test's own, which has every write on disk before it answers."""

    def __init__(self, directory: Path) -> None:
        self._home = Home(directory)
        program = find_valkey()
        account = choose_account(self._home.path, programs=[program])
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        self._server = Valkey(self._home, program=program, account=account, port=port, durable=True)
        self.url = self._server.url
        self._server.prepare()
        self.start()
        self.until_it_answers()

    def start(self) -> None:
        """Start it, or start it again where it was."""
        self._process = self._server.start()

    def until_it_answers(self) -> None:
        """Wait for it, for the sake of a process that is started next: one that finds no store gives up."""
        wait_until(self._answers, within_s=10)

    def _answers(self) -> bool:
        with suppress(redis.RedisError), redis.Redis.from_url(self.url) as client:
            return bool(client.ping())
        return False

    def kill(self) -> None:
        """Kill it without a word."""
        self._process.kill()
        self._process.wait()

    def lose_disk(self) -> None:
        """Kill it, and empty the directory in which it kept what it was told."""
        self.kill()
        for path in (self._home.path / "kv").iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != "valkey.conf":
                path.unlink()

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Stop it for a while: it takes connections and answers nothing."""
        self.stop()
        try:
            yield
        finally:
            self.go_on()

    def stop(self) -> None:
        """Let it take connections and answer nothing."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it answer again."""
        self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        """End it for good."""
        self.kill()
        self._home.close()
