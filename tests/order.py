"""What takes long begins, a share of it on each worker, so that a run ends with what takes little."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

import pytest

# A test's seconds, about; what is not named takes next to none. Of each kind all are together, so that what its tests
# share, as the pages' Chromium, is made once by each worker.
SECONDS: Final = {
    r"tests/pages/": 4,
    r"tests/journeys/": 10,
    r"tests/recado/test_supervisor\.py": 6,
    r"tests/recado/benches/": 3,
    r"tests/recado/test_embedded\.py": 2,
    r"tests/infra/": 0.4,  # these mostly wait, which leaves the cores to others as long as there are some
    r"tests/tracking/api/": 0.15,
    r"tests/(contracts|support)/": 0.08,
    r".*\[(.+-)?cluster(-.+)?\]": 0.3,
}
HALF: Final = r"tests/pages/"  # on every other worker: each starts a browser and a town for them
WHOLE: Final = (r"tests/(contracts|support)/", r".*\[(.+-)?cluster(-.+)?\]")  # on one: two worlds, three servers


def longest_first(items: Sequence[pytest.Item], workers: int) -> list[pytest.Item]:
    """Return the tests as xdist deals them out, so many to each worker; modules stay as they were shuffled."""
    kinds: dict[str | None, list[pytest.Item]] = {}
    for item in items:
        kinds.setdefault(_kind(item), []).append(item)
    slow: list[list[pytest.Item]] = [[] for _ in range(workers)]
    taken_s = [0.0] * workers
    for kind, each_s in SECONDS.items():
        for part in _parts(kind, kinds.get(kind, [])):
            among = range(0, workers, 2 if kind == HALF else 1)
            least = min(among, key=taken_s.__getitem__)
            slow[least] += part
            taken_s[least] += len(part) * each_s
    quick = kinds.get(None, [])
    ordered: list[pytest.Item] = []
    for number, share in enumerate(slow):
        size = (len(items) - len(ordered)) // (workers - number)
        fill = size - len(share)
        ordered += share + (quick[:fill] if fill > 0 else [])
        del quick[: max(fill, 0)]
    return ordered + quick


def _parts(kind: str, items: Sequence[pytest.Item]) -> Iterator[list[pytest.Item]]:
    if kind in WHOLE:
        yield list(items)
        return
    for _, module in groupby(items, key=lambda item: item.nodeid.partition("::")[0]):
        yield list(module)


def _kind(item: pytest.Item) -> str | None:
    return next((kind for kind in SECONDS if re.match(kind, item.nodeid)), None)
