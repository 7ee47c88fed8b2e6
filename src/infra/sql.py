"""SQL lives in files: `-- name: lock_offer` opens a statement, a comment under it says why it is as it is."""

import re
from importlib.resources import files
from types import SimpleNamespace
from typing import Final

_NAME: Final = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)
_COMMENT: Final = re.compile(r"--.*")


def load(package: str) -> SimpleNamespace:
    """Return every statement of `package`/sql/*.sql as an attribute named like it."""
    statements: dict[str, str] = {}
    for entry in sorted(files(package).joinpath("sql").iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".sql"):
            before, *parts = _NAME.split(entry.read_text())
            if _COMMENT.sub("", before).strip():
                raise ValueError(f"{package}/sql/{entry.name}: a statement has no name")
            for name, text in zip(parts[0::2], parts[1::2], strict=True):
                if name in statements or not text.strip():
                    raise ValueError(f"{package}: {name} names two statements, or none")
                statements[name] = text.strip()
    return SimpleNamespace(**statements)


def load_script(package: str, name: str) -> str:
    """Return the Lua script `package`/lua/`name`.lua."""
    return files(package).joinpath("lua", f"{name}.lua").read_text()
