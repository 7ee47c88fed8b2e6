"""API and worker processes of a test's own, as a machine runs them: started, killed without a word, started again."""

import asyncio
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.journeys.begun import Begun
from tests.processes import clean_environment

from accounts.model import Caller, Scope
from accounts.tokens import Tokens
from kernel.actors import Role
from recado.listening import bind

SECRET: Final = "a secret of the journeys, long enough"
ADMINISTRATOR: Final = f"per_{1:026}"


class House:
    """Processes on one database and one Redis, behind one socket that outlives each of them."""

    def __init__(self, *, database_url: str, redis_url: str, logs: Path) -> None:
        self._listener = bind("127.0.0.1", 0)
        self._logs = logs
        self._environment = {
            **clean_environment(),
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "TOKEN_SECRET": SECRET,
            "LOG_LEVEL": "warning",
        }
        self.processes: dict[str, Begun] = {}
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        administrator = Caller(role=Role.OPERATOR, id=ADMINISTRATOR, scopes=frozenset(Scope))
        self.administration_token = Tokens(SECRET).issue(administrator)

    def start(self, *names: str) -> None:
        """Start processes by name, such as `api-1` or `worker-2`; what is killed comes back under its name."""
        for name in names:
            self.processes[name] = Begun(
                "api" if name.startswith("api") else "worker",
                env=self._environment,
                cwd=self._logs,
                output=self._logs / f"{name}.log",
                listener=self._listener,
            )

    def kill(self, *names: str) -> None:
        """Kill processes as the kernel does when memory ends: nothing of theirs runs any more."""
        for name in names:
            process = self.processes.pop(name)
            process.send_signal(signal.SIGKILL)
            process.wait()

    async def supervise(self) -> None:
        """Start again whatever gave up, as it does where a store is away while it starts, until cancelled."""
        while True:
            self.start(*[name for name, process in self.processes.items() if process.poll() is not None])
            await asyncio.sleep(0.2)

    def close(self) -> None:
        """Stop everything."""
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            process.stop(patience_s=10)
        self._listener.close()

    def bugs(self) -> Mapping[str, str]:
        """Return the processes' own words where one of them met what it did not expect."""
        return {name: text for name, text in self.said().items() if "Traceback" in text}

    def said(self) -> Mapping[str, str]:
        """Return all that each process has written."""
        return {path.stem: path.read_text(errors="replace") for path in sorted(self._logs.glob("*.log"))}
