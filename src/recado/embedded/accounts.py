"""PostgreSQL refuses to run as root, so as root the stores run as somebody else."""

import os
import pwd
from pathlib import Path

from recado.errors import StoreUnavailable
from recado.processes import OURSELVES, Account, run


def choose_account(home: Path, *, programs: list[Path]) -> Account:
    """Return who runs the stores of `home`.

    Root becomes `nobody`. Where `nobody` cannot reach the programs or the directory (a 0700 /root, say), root stays
    outside and is merely seen as `nobody` within a user namespace. No user is made, no permission opened.
    """
    if os.geteuid() != 0:
        return OURSELVES
    nobody = pwd.getpwnam("nobody")
    dropped = Account(uid=nobody.pw_uid, gid=nobody.pw_gid)
    if _can_run(dropped, home, programs):
        return dropped
    mapped = ("unshare", "--user", f"--map-user={nobody.pw_uid}", f"--map-group={nobody.pw_gid}")
    if _can_run(Account(prefix=mapped), home, programs):
        return Account(prefix=mapped)
    raise StoreUnavailable(
        f"PostgreSQL cannot run as root, and user 'nobody' cannot reach {home} or {programs[0].parent}: "
        "run as an ordinary user, or choose another --data directory"
    )


def hand_over(path: Path, account: Account) -> None:
    """Give a file or directory tree to the account that must read it; does nothing when it is theirs already."""
    if os.geteuid() != 0:
        return
    uid, gid = (0, 0) if account.uid is None else (account.uid, account.gid or 0)
    if path.stat().st_uid == uid:
        return
    for entry in [*path.rglob("*"), path]:  # The top last: it tells that all below are done.
        os.chown(entry, uid, gid, follow_symlinks=False)


def _can_run(account: Account, home: Path, programs: list[Path]) -> bool:
    env = {"PATH": os.environ.get("PATH", os.defpath)}
    try:
        return run(["test", "-x", home], account=account, env=env).returncode == 0 and all(
            run([program, "--version"], account=account, env=env).returncode == 0 for program in programs
        )
    except OSError:
        return False
