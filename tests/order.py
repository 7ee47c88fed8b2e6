"""What takes long begins, a share of it on each worker, so that a run ends with what takes little."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

import pytest

# A test's seconds, about, in the order in which a worker does them; what is not named takes next to none. Of each kind
# all are together, so that what its tests share, as the pages' Chromium, is made once by each worker. Those that mostly
# wait come before those that compute: the cores have something to do while somebody waits.
SECONDS: Final = {
    r"tests/journeys/test_a_small_day\.py": 14,
    r"tests/pages/test_evening\.py": 24,
    r"tests/pages/test_rider\.py": 4.4,
    r"tests/pages/": 2.5,
    r"tests/journeys/": 4.5,
    r"tests/recado/test_supervisor\.py": 2.2,
    r"tests/recado/test_embedded\.py": 1.7,
    r"tests/infra/": 0.45,
    r"tests/tracking/api/": 0.8,
    r"tests/recado/benches/": 0.27,
    r".*\[(.+-)?cluster(-.+)?\]": 0.12,
    r"tests/(contracts|support)/": 0.1,
}
HALF: Final = r"tests/pages/"  # on half of the workers: each starts a browser and a town for them
WHOLE: Final = (r"tests/(contracts|support)/", r".*\[(.+-)?cluster(-.+)?\]")  # on one: two worlds, three servers


def longest_first(items: Sequence[pytest.Item], workers: int) -> list[pytest.Item]:
    """Return the tests as xdist deals them out, so many to each worker; modules stay as they were shuffled."""
    kinds: dict[str | None, list[pytest.Item]] = {}
    for item in items:
        kinds.setdefault(_kind(item), []).append(item)
    slow = [[item for kind in SECONDS for item in share.get(kind, [])] for share in _shares(kinds, workers)]
    quick = kinds.get(None, [])
    ordered: list[pytest.Item] = []
    for number, share in enumerate(slow):
        size = (len(items) - len(ordered)) // (workers - number)
        fill = size - len(share)
        ordered += share + (quick[:fill] if fill > 0 else [])
        del quick[: max(fill, 0)]
    return ordered + quick


def _shares(
    kinds: Mapping[str | None, Sequence[pytest.Item]], workers: int
) -> Sequence[Mapping[str, Sequence[pytest.Item]]]:
    """Deal the slow tests out so that every worker has as much to do; what cannot be divided is dealt first."""
    shares: list[dict[str, list[pytest.Item]]] = [{} for _ in range(workers)]
    taken_s = [0.0] * workers
    room = [sum(map(len, kinds.values())) // workers] * workers  # as many are dealt to each
    half: list[int] = []
    for kind in sorted(SECONDS, key=lambda kind: kind not in WHOLE):
        if kind.startswith(HALF) and not half:
            half = sorted(range(workers), key=taken_s.__getitem__)[: -(-workers // 2)]
        for part in _parts(kind, kinds.get(kind, [])):
            among = half if kind.startswith(HALF) else range(workers)
            least = min([one for one in among if len(part) <= room[one]] or among, key=taken_s.__getitem__)
            shares[least].setdefault(kind, []).extend(part)
            room[least] -= len(part)
            taken_s[least] += len(part) * SECONDS[kind]
    return shares


def _parts(kind: str, items: Sequence[pytest.Item]) -> Iterator[list[pytest.Item]]:
    if kind in WHOLE:
        yield list(items)
        return
    for _, module in groupby(items, key=lambda item: item.nodeid.partition("::")[0]):
        yield list(module)


def _kind(item: pytest.Item) -> str | None:
    return next((kind for kind in SECONDS if re.match(kind, item.nodeid)), None)
