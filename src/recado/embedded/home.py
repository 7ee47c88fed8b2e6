"""The data directory: who may use it, its generated secrets, and the record of the run that uses it."""

import contextlib
import fcntl
import os
import secrets
import tempfile
import time
from pathlib import Path
from typing import Final

import msgspec

from recado.errors import CommandRefused, DataDirectoryBusy

PREDECESSOR_PATIENCE_S: Final = 30.0  # a killed run's PostgreSQL still writes its checkpoint


class Secrets(msgspec.Struct, frozen=True, kw_only=True):
    """Made once per data directory, never defaults."""

    postgres_password: str
    valkey_password: str
    token_secret: str


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What is running in a data directory: the supervisor, the address, and the settings others need to join."""

    pid: int
    address: str
    environment: dict[str, str]
    processes: dict[str, int]


class Home:
    """A data directory that is ours until `close`.

    Two locks hold it. `run.lock` is this process' own and ends with it. `stores.lock` is handed down to the stores and
    everything they fork, so whoever gets it knows that not one process of an earlier run is left.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        try:
            self._make()
            self._run_lock = _open_lock(self.path / "run.lock")
            self._stores_lock = _open_lock(self.path / "stores.lock")
        except OSError as error:
            raise CommandRefused(
                f"cannot use {error.filename} ({error.strerror}): choose another directory with --data"
            ) from None
        self._take()
        self.secrets = self._read_or_make_secrets()

    @property
    def stores_lock_fd(self) -> int:
        """The lock every store process must inherit."""
        return self._stores_lock

    def log(self, name: str) -> Path:
        """Return where a child's output goes; the last run's is kept beside it."""
        path = self.path / "logs" / f"{name}.log"
        if path.exists():
            path.replace(path.with_suffix(".log.1"))
        return path

    def record(self, run: Run) -> None:
        """Write what is running, for other commands on this machine."""
        _write_private(self.path / "run.json", msgspec.json.encode(run))

    def close(self) -> None:
        """Give the directory up."""
        (self.path / "run.json").unlink(missing_ok=True)
        os.close(self._stores_lock)
        os.close(self._run_lock)

    def _make(self) -> None:
        is_new = not self.path.exists()
        self.path.mkdir(parents=True, exist_ok=True)
        if is_new:  # As root the stores are another user, who passes through but may not list.
            self.path.chmod(0o711 if os.geteuid() == 0 else 0o700)
        (self.path / "logs").mkdir(exist_ok=True, mode=0o700)

    def _take(self) -> None:
        # Tried for a moment, because who merely asks what is running holds the lock for an instant.
        if not _lock_within(self._run_lock, patience_s=0.5):
            pid = os.pread(self._run_lock, 32, 0).decode().strip() or "unknown"
            os.close(self._run_lock)
            os.close(self._stores_lock)
            raise DataDirectoryBusy(f"{self.path} is in use by another `recado up` (pid {pid})")
        os.ftruncate(self._run_lock, 0)
        os.pwrite(self._run_lock, f"{os.getpid()}\n".encode(), 0)
        (self.path / "run.json").unlink(missing_ok=True)
        if not _lock_within(self._stores_lock, patience_s=PREDECESSOR_PATIENCE_S):
            self.close()
            raise DataDirectoryBusy(f"stores of an earlier run still use {self.path}: stop them first")

    def _read_or_make_secrets(self) -> Secrets:
        path = self.path / "secrets.json"
        with contextlib.suppress(FileNotFoundError):
            return msgspec.json.decode(path.read_bytes(), type=Secrets)
        made = Secrets(
            postgres_password=secrets.token_urlsafe(24),
            valkey_password=secrets.token_urlsafe(24),
            token_secret=secrets.token_urlsafe(48),
        )
        _write_private(path, msgspec.json.encode(made))
        return made


def find_run(path: Path) -> Run | None:
    """Return what is running in a data directory; the record a killed run left behind counts as nothing."""
    try:
        lock = os.open(path / "run.lock", os.O_RDONLY)
    except OSError:
        return None
    try:
        if _try_lock(lock, fcntl.LOCK_SH):
            return None
        return msgspec.json.decode((path / "run.json").read_bytes(), type=Run)
    except (FileNotFoundError, PermissionError, msgspec.DecodeError):
        return None
    finally:
        os.close(lock)


def _open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _try_lock(fd: int, kind: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(fd, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lock_within(fd: int, *, patience_s: float) -> bool:
    give_up_at = time.monotonic() + patience_s
    while not _try_lock(fd):
        if time.monotonic() > give_up_at:
            return False
        time.sleep(0.02)
    return True


def _write_private(path: Path, content: bytes) -> None:
    fd, name = tempfile.mkstemp(dir=path.parent)  # Made with mode 0600.
    try:
        os.write(fd, content)
        os.fsync(fd)
    finally:
        os.close(fd)
    Path(name).replace(path)
