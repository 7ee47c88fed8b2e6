import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import asyncpg
import pytest
from redis import Redis
from tests.processes import Up, run_recado, running_up, wait_until

from recado.processes import Launch, spawn
from recado.supervisor import Child, Supervisor


@pytest.fixture
def data():
    with tempfile.TemporaryDirectory(prefix="recado-") as directory:
        Path(directory).chmod(0o711)
        yield Path(directory) / "data of the day"


def python(name: str, script: str, *, stop_within_s: float = 5) -> Child:
    launch = Launch(
        argv=[sys.executable, "-uc", script], dies_with=signal.SIGKILL, env=dict(os.environ), cwd=Path.cwd()
    )
    return Child(
        name=name,
        start=lambda: spawn(launch, output=subprocess.PIPE),
        stop_signal=signal.SIGTERM,
        stop_within_s=stop_within_s,
    )


class Watched:
    """A supervisor that runs until a certain line has come."""

    def __init__(self, *stages: list[Child]) -> None:
        self.lines: list[str] = []
        self._stop = asyncio.Event()
        self._awaited: list[str] = []
        self._supervisor = Supervisor(stages, report=self._hear, on_start=lambda: None)

    async def run_until(self, *lines: str) -> list[str]:
        self._awaited = list(lines)
        async with asyncio.timeout(20):
            await self._supervisor.run(until=self._stop)
        return self.lines

    def _hear(self, name: str, line: str) -> None:
        self.lines.append(f"{name}: {line}")
        if set(self._awaited) <= set(self.lines):
            self._stop.set()


async def test_every_line_comes_under_its_childs_name():
    ana = python("ana", "print('one'); print('two'); import time; time.sleep(60)")

    assert await Watched([ana]).run_until("ana: two") == ["ana: one", "ana: two"]


async def test_a_child_that_ends_is_started_again_and_the_reason_is_said():
    beto = python("beto", "import os; print('here'); os._exit(3)")

    lines = await Watched([beto]).run_until("beto: ended with code 3; starting again in 1 s")

    assert lines == [
        "beto: here", "beto: ended with code 3; starting again in 0.2 s",
        "beto: here", "beto: ended with code 3; starting again in 1 s",
    ]  # fmt: skip


async def test_the_last_stage_stops_first():
    polite = (
        "import signal, sys, time\n"
        "def leave(*_): print('bye'); sys.exit()\n"
        "signal.signal(signal.SIGTERM, leave); print('here'); time.sleep(60)"
    )
    stages = [[python("store", polite)], [python("api", polite)]]

    lines = await Watched(*stages).run_until("store: here", "api: here")

    assert lines[2:] == ["api: bye", "store: bye"]


async def test_a_child_that_will_not_stop_is_killed():
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('here'); time.sleep(60)"

    lines = await Watched([python("carla", stubborn, stop_within_s=0.3)]).run_until("carla: here")

    assert lines[-1] == "carla: did not stop within 0.3 s and was killed"


async def test_children_are_never_tied_to_a_thread_that_ends_before_us():
    with pytest.raises(RuntimeError, match="main thread"):
        await asyncio.to_thread(python("dora", "pass").start)


def test_up_brings_everything_and_takes_everything_along(data):
    with running_up(data) as up:
        assert up.get("/health/ready") == 200
        assert set(up.record()["processes"]) == {"postgres", "valkey", "worker-1", "api-1"}
        assert run_recado("doctor", "--data", str(data), cwd=data.parent).returncode == 0

        second = run_recado("up", "--data", str(data), cwd=data.parent)
        assert second.stderr == f"recado: {data} is in use by another `recado up` (pid {up.process.pid})\n"

        up.signal(signal.SIGINT)
        assert up.process.wait(15) == 0
        assert up.left_behind() == []
        assert not (data / "run.json").exists()


def test_whatever_is_killed_comes_back(data):
    with running_up(data) as up:
        before = up.record()["processes"]
        for name in ("api-1", "worker-1", "valkey", "postgres"):
            os.kill(before[name], signal.SIGKILL)

        wait_until(lambda: not set(up.record()["processes"].values()) & set(before.values()), within_s=20)

        wait_until(lambda: answers_ready(up), within_s=20)


@pytest.mark.parametrize("open_to_all", [True, False], ids=["as nobody", "in a user namespace"])
def test_a_killed_supervisor_leaves_no_process_and_loses_nothing(data, open_to_all):
    data.parent.chmod(0o711 if open_to_all else 0o700)
    with running_up(data) as up:
        environment = up.record()["environment"]
        asyncio.run(execute(environment["DATABASE_URL"], "CREATE TABLE kept (answer int)"))
        with Redis.from_url(environment["REDIS_URL"]) as client:
            client.set("kept", "42")
        assert len(up.left_behind()) > len(up.record()["processes"])  # PostgreSQL forks some of its own.

        up.signal(signal.SIGKILL)
        wait_until(lambda: not up.left_behind(), within_s=15)

    with running_up(data) as up:
        environment = up.record()["environment"]
        asyncio.run(execute(environment["DATABASE_URL"], "INSERT INTO kept VALUES (42)"))
        with Redis.from_url(environment["REDIS_URL"]) as client:
            assert client.get("kept") == b"42"


def test_given_stores_are_used_and_a_killed_api_process_is_not_missed(data, database_url, redis_url):
    with running_up(data, DATABASE_URL=database_url, REDIS_URL=redis_url, API_PROCESSES="2") as up:
        assert set(up.record()["processes"]) == {"worker-1", "api-1", "api-2"}

        os.kill(up.record()["processes"]["api-1"], signal.SIGKILL)

        assert [up.get("/health/live") for _ in range(20)] == [200] * 20


def test_up_that_is_stopped_while_it_starts_leaves_nothing(data):
    up = Up(data)
    try:
        wait_until((data / "pg" / "postmaster.pid").exists, within_s=20)

        up.signal(signal.SIGTERM)

        assert up.process.wait(20) == 128 + signal.SIGTERM
        assert "Traceback" not in up.output()
        wait_until(lambda: not up.left_behind(), within_s=10)
    finally:
        up.end()


def answers_ready(up) -> bool:
    try:
        return up.get("/health/ready") == 200
    except OSError:
        return False


async def execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(sql)
    await connection.close()
