"""`recado` commands as real processes, and a way to see whom they leave behind."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

MARK = "RECADO_TEST_MARK"


def run_recado(*words: str, cwd: Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "recado", *words],
        cwd=cwd, env=clean_environment() | dict(env or {}), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def clean_environment() -> dict[str, str]:
    """Return the environment without any setting of ours, listening on whatever port is free."""
    ours = ("DATABASE_URL", "DATABASE_DIRECT_URL", "REDIS_URL", "TOKEN_SECRET", "HOST")
    return {name: value for name, value in os.environ.items() if name not in ours} | {"PORT": "0"}


class Up:
    """A `recado up` of the test's own."""

    def __init__(self, data: Path, **env: str) -> None:
        self.data = data
        self._output = (data.parent / f"{data.name}.out").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "recado", "up", "--data", data],
            cwd=data.parent, env=clean_environment() | env | {MARK: str(data)},
            stdin=subprocess.DEVNULL, stdout=self._output, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def output(self) -> str:
        self._output.seek(0)
        return self._output.read()

    def record(self) -> dict:
        return json.loads((self.data / "run.json").read_text())

    def until_ready(self) -> "Up":
        wait_until(lambda: "answers at" in self.output() or self.process.poll() is not None, within_s=40)
        assert self.process.poll() is None, self.output()
        return self

    def get(self, path: str) -> int:
        with urllib.request.urlopen(self.record()["address"] + path, timeout=10) as answer:
            return answer.status

    def left_behind(self) -> list[str]:
        """Return the commands of living processes that belong to this run, other than the supervisor."""
        return left_behind(self.data, other_than=self.process.pid)

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(30)
        self.process.kill()
        self.process.wait()
        self._output.close()


@contextlib.contextmanager
def running_up(data: Path, **env: str) -> Iterator[Up]:
    """Run `recado up` for as long as the block lasts."""
    up = Up(data, **env)
    try:
        yield up.until_ready()
    finally:
        up.end()


def left_behind(data: Path, *, other_than: int) -> list[str]:
    """Return the commands of living processes that live in this directory or carry its mark."""
    return [
        _command(pid)
        for pid in (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
        if pid != other_than and _belongs(pid, data)
    ]


def wait_until(is_true: Callable[[], object], *, within_s: float) -> None:
    """Wait for something that happens in another process."""
    give_up_at = time.monotonic() + within_s
    while not is_true():
        assert time.monotonic() < give_up_at, f"did not happen within {within_s:g} s"
        time.sleep(0.05)


def _belongs(pid: int, data: Path) -> bool:
    # The stores live in the directory; API and worker carry the mark. Zombies have neither.
    with contextlib.suppress(OSError):
        if Path(f"/proc/{pid}/cwd").readlink().is_relative_to(data):
            return True
        return f"{MARK}={data}\0".encode() in Path(f"/proc/{pid}/environ").read_bytes()
    return False


def _command(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    return ""
