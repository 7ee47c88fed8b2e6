"""Our own modules, as they are written."""

import ast
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
SRC: Final = ROOT / "src"


@cache
def modules() -> Mapping[Path, ast.Module]:
    """Return every module's tree by its path in the sources."""
    return {path.relative_to(SRC): ast.parse(path.read_text()) for path in sorted(SRC.rglob("*.py"))}
