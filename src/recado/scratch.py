"""A directory for stores that nobody needs afterwards."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def scratch_directory(prefix: str) -> Iterator[Path]:
    """Make a directory that stores of another account can reach, and remove it at the end."""
    made = Path(tempfile.mkdtemp(prefix=prefix))
    made.chmod(0o711)  # As root the stores are another user, who passes through.
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
