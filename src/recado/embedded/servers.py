"""The two store programs: how each is prepared, started, and asked to stop."""

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol

from recado.embedded.accounts import hand_over
from recado.embedded.home import Home
from recado.errors import DataDirectoryBusy, StoreUnavailable
from recado.processes import Account, Launch, run, spawn

POSTGRES_SETTINGS: Final = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a long data path would not fit a socket's 107 bytes
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "200",
    "shared_buffers": "256MB",
}
# More would slow down whoever guesses a password: nobody guesses 192 random bits, and each connection would pay 7 ms.
SCRAM_ITERATIONS: Final = 1
FORGETFUL_POSTGRES: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Server(Protocol):
    """One store program in a data directory, with its port chosen."""

    name: str
    stop_signal: signal.Signals

    def prepare(self) -> None:
        """Make its files where there are none; once, before the first start."""
        ...

    def start(self) -> subprocess.Popen[bytes]:
        """Start it in the foreground, or start it again; it may not answer yet."""
        ...


class Postgres:
    """PostgreSQL: a superuser `recado` with a generated password, loopback only."""

    name = "postgres"
    stop_signal = signal.SIGINT  # "fast": ends sessions, writes a checkpoint

    def __init__(self, home: Home, *, programs: Path, account: Account, port: int, durable: bool) -> None:
        self._home, self._programs, self._account = home, programs, account
        self._port, self._durable = port, durable
        self._directory = home.path / "pg"

    @property
    def url(self) -> str:
        """Where it answers: database `recado`."""
        return f"postgresql://recado:{self._home.secrets.postgres_password}@127.0.0.1:{self._port}/recado"

    def prepare(self) -> None:
        """Make the cluster where there is none, and clear what a killed run left."""
        if not self._directory.exists():
            self._make_cluster()
        hand_over(self._directory, self._account)
        self._forget_stale_pid()

    def start(self) -> subprocess.Popen[bytes]:
        """Start PostgreSQL in the foreground."""
        settings = POSTGRES_SETTINGS | ({} if self._durable else FORGETFUL_POSTGRES)
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return _start(
            Launch(
                argv=[self._programs / "postgres", "-D", self._directory, "-p", str(self._port), *options],
                dies_with=self.stop_signal,
                env=_environment(),
                cwd=self._directory,
                account=self._account,
                keep_fds=(self._home.stores_lock_fd,),
            ),
            log=self._home.log(self.name),
        )

    def _make_cluster(self) -> None:
        # Made beside its place and renamed: a cluster that exists is whole, whenever the making was interrupted.
        unfinished, password_file = self._home.path / "pg.new", self._home.path / "pg.password"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        password_file.unlink(missing_ok=True)
        password_file.touch(mode=0o600)
        password_file.write_text(self._home.secrets.postgres_password)
        for path in (unfinished, password_file):
            hand_over(path, self._account)
        words = ["-U", "recado", "-A", "scram-sha-256", "--pwfile", password_file, "-E", "UTF8", "--no-instructions"]
        words += ["-c", f"scram_iterations={SCRAM_ITERATIONS}"]
        sync = () if self._durable else ("--no-sync",)
        argv = [self._programs / "initdb", "-D", unfinished, *words, *sync]
        made = run(argv, account=self._account, env=_environment())
        password_file.unlink()
        if made.returncode != 0:
            raise StoreUnavailable(f"initdb failed: {_last_line(made.stdout)}")
        unfinished.rename(self._directory)

    def _forget_stale_pid(self) -> None:
        # We hold the stores' lock, so no server of an earlier run is left, and a living process with its old pid (or a
        # zombie) is a stranger whom PostgreSQL would take for one. A server started by hand is told by its directory.
        pid_file = self._directory / "postmaster.pid"
        try:
            pid = pid_file.read_text().split("\n", 1)[0]
        except FileNotFoundError:
            return
        try:
            is_server = Path(f"/proc/{pid}/cwd").readlink() == self._directory
        except OSError:
            is_server = False
        if is_server:
            raise DataDirectoryBusy(f"PostgreSQL (pid {pid}) already runs on {self._directory}: stop it first")
        pid_file.unlink()


class Valkey:
    """Valkey (or Redis): a generated password, loopback only, every write on disk before it is answered."""

    name = "valkey"
    stop_signal = signal.SIGTERM

    def __init__(self, home: Home, *, program: Path, account: Account, port: int, durable: bool) -> None:
        self._home, self._program, self._account = home, program, account
        self._port, self._durable = port, durable
        self._directory = home.path / "kv"

    @property
    def url(self) -> str:
        """Where it answers: logical database 0."""
        return f"redis://:{self._home.secrets.valkey_password}@127.0.0.1:{self._port}/0"

    def prepare(self) -> None:
        """Write its configuration, which holds the password so that no process list shows it."""
        self._directory.mkdir(mode=0o700, exist_ok=True)
        configuration = self._directory / "valkey.conf"
        configuration.unlink(missing_ok=True)
        configuration.touch(mode=0o600)
        configuration.write_text(self._configuration())
        hand_over(configuration, self._account)
        hand_over(self._directory, self._account)

    def start(self) -> subprocess.Popen[bytes]:
        """Start Valkey in the foreground."""
        return _start(
            Launch(
                argv=[self._program, "valkey.conf"],
                dies_with=self.stop_signal,
                env=_environment(),
                cwd=self._directory,  # where it also writes; relative names spare quoting
                account=self._account,
                keep_fds=(self._home.stores_lock_fd,),
            ),
            log=self._home.log(self.name),
        )

    def _configuration(self) -> str:
        return "\n".join(
            [
                "bind 127.0.0.1",
                f"port {self._port}",
                f"requirepass {self._home.secrets.valkey_password}",
                "appendonly yes",
                f"appendfsync {'always' if self._durable else 'everysec'}",
                'save ""',
                "maxmemory-policy noeviction",
                "",
            ]
        )


def _start(launch: Launch, *, log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return spawn(launch, output=output)


def _environment() -> Mapping[str, str]:
    """Return little: the stores must not depend on, nor keep, what the shell had."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no output"
