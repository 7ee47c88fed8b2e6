"""Child processes that cannot outlive us: even a kill -9 of this process takes them along."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

import msgspec

PR_SET_PDEATHSIG: Final = 1  # <sys/prctl.h>
_libc: Final = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Who a child runs as: words put before its command, and the ids to take on (None keeps ours)."""

    prefix: tuple[str, ...] = ()
    uid: int | None = None
    gid: int | None = None


OURSELVES: Final = Account()


class Launch(msgspec.Struct, frozen=True, kw_only=True):
    """How one child is started, and which signal it gets when this process dies."""

    argv: Sequence[str | Path]
    dies_with: signal.Signals
    env: Mapping[str, str]
    cwd: Path
    account: Account = OURSELVES
    keep_fds: tuple[int, ...] = ()


def spawn(launch: Launch, *, output: IO[bytes] | int) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, so that Ctrl-C reaches only us and we stop it in our order."""
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("children must be started from the main thread: they die with the thread that forks them")
    return subprocess.Popen(  # noqa: S603  (no shell; the words are ours)
        [*launch.account.prefix, *map(str, launch.argv)],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=dict(launch.env),
        cwd=launch.cwd,
        start_new_session=True,
        pass_fds=launch.keep_fds,
        preexec_fn=partial(die_with, os.getpid(), launch.dies_with),  # noqa: PLW1509  (no threads here, nothing else ties)
        **_ids(launch.account),
    )


def run(argv: Sequence[str | Path], *, account: Account, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a short command to its end as `account` and return its code and text."""
    return subprocess.run(  # noqa: S603
        [*account.prefix, *map(str, argv)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=dict(env),
        cwd="/",
        text=True,
        errors="replace",
        check=False,
        preexec_fn=partial(die_with, os.getpid(), signal.SIGKILL),
        **_ids(account),
    )


def stop(process: subprocess.Popen[bytes], *, first: signal.Signals, patience_s: float) -> None:
    """Ask a child to stop, wait for it, and kill it when it does not."""
    if process.poll() is not None:
        return
    process.send_signal(first)
    try:
        process.wait(patience_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def die_with(parent: int, sig: signal.Signals) -> None:
    """Get this signal when the parent dies, however it does; to be called in the child, by the one who was forked."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, int(sig))
        if os.getppid() != parent:  # It died between fork and prctl.
            os._exit(1)


def _ids(account: Account) -> dict[str, Any]:
    if account.uid is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}
