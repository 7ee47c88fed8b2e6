"""What takes long begins, a share of it on each worker, so that a run ends with what takes little."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

import pytest

# A test's seconds, about; what is not named takes next to none. Of each kind all are together, so that what its tests
# share, as the pages' Chromium, is made once by each worker.
SECONDS: Final = {
    "tests/pages/": 4,
    "tests/journeys/": 10,
    "tests/recado/test_supervisor.py": 6,
    "tests/recado/benches/": 3,
    "tests/recado/test_embedded.py": 2,
}
HALF: Final = "tests/pages/"  # on every other worker: each starts a browser and a town for them


def longest_first(items: Sequence[pytest.Item], workers: int) -> list[pytest.Item]:
    """Return the tests as xdist deals them out, so many to each worker; modules stay as they were shuffled."""
    slow: list[list[pytest.Item]] = [[] for _ in range(workers)]
    taken_s = [0] * workers
    for module in _slow_modules(items):
        among = range(0, workers, 2 if module[0].nodeid.startswith(HALF) else 1)
        least = min(among, key=taken_s.__getitem__)
        slow[least] += module
        taken_s[least] += len(module) * _seconds(module[0])
    quick = [item for item in items if not _seconds(item)]
    ordered: list[pytest.Item] = []
    for number, share in enumerate(slow):
        size = (len(items) - len(ordered)) // (workers - number)
        fill = size - len(share)
        ordered += share + (quick[:fill] if fill > 0 else [])
        del quick[: max(fill, 0)]
    return ordered + quick


def _slow_modules(items: Sequence[pytest.Item]) -> Iterator[list[pytest.Item]]:
    for kind in SECONDS:
        of_kind = [item for item in items if item.nodeid.startswith(kind)]
        for _, module in groupby(of_kind, key=lambda item: item.nodeid.partition("::")[0]):
            yield list(module)


def _seconds(item: pytest.Item) -> int:
    return next((seconds for kind, seconds in SECONDS.items() if item.nodeid.startswith(kind)), 0)
