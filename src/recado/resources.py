"""Where `schemas/` is: inside the installed package, or at the root of a source checkout."""

from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).resolve().parent


def schemas_directory() -> Path:
    """Return the directory that holds `db/`, `events/` and `http/`."""
    installed = _PACKAGE / "schemas"
    return installed if installed.is_dir() else _PACKAGE.parent.parent / "schemas"


def migrations_directory() -> Path:
    """Return the directory of numbered SQL files."""
    return schemas_directory() / "db"
