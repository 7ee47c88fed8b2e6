"""Ways cut at crossings, freed of what nobody needs, and joined again where nothing crosses."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final

import msgspec

from kernel.streets.model import Access
from kernel.streets.model import StreetClass as C
from recado.streets.connected import largest_part
from recado.streets.source import Way
from recado.streets.tags import Meaning, meaning_of

_NOT_DRAWN: Final = frozenset({C.SERVICE, C.PATH, C.STEPS, C.CYCLEWAY})  # where nobody of ours may go either


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A street between two of its nodes, which are OpenStreetMap's."""

    nodes: tuple[int, ...]
    meaning: Meaning

    def turned_round(self) -> "Piece":
        """Return it as told from the other end."""
        return Piece(nodes=self.nodes[::-1], meaning=self.meaning.turned_round())


def pieces_of(ways: Iterable[Way]) -> list[Piece]:
    """Return the streets between crossings, each with the access that a connected city leaves it."""
    meant = [(way, meaning) for way in sorted(ways, key=lambda way: way.id) if (meaning := meaning_of(way.tags))]
    return _joined(_connected(_cut(meant)))


def _cut(meant: Sequence[tuple[Way, Meaning]]) -> list[Piece]:
    uses = Counter(node for way, _ in meant for node in way.nodes)
    pieces = []
    for way, meaning in meant:
        last = len(way.nodes) - 1
        cuts = [i for i, node in enumerate(way.nodes) if i in {0, last} or uses[node] > 1]
        pieces += [Piece(nodes=way.nodes[i : j + 1], meaning=meaning) for i, j in pairwise(cuts)]
    return [piece for piece in pieces if len(set(piece.nodes)) > 1]


def _connected(pieces: Sequence[Piece]) -> list[Piece]:
    """Take from each vehicle the streets from which it could not get everywhere, and leave out what nobody needs."""
    access = [piece.meaning.access for piece in pieces]
    for along in (Access.FOOT, Access.BICYCLE, Access.MOTOR):
        part = _part_of(pieces, int(along))
        for i, piece in enumerate(pieces):
            if piece.nodes[0] not in part or piece.nodes[-1] not in part:
                access[i] &= ~(along | along << 1)
    return [
        Piece(nodes=piece.nodes, meaning=msgspec.structs.replace(piece.meaning, access=left))
        for piece, left in zip(pieces, access, strict=True)
        if left or piece.meaning.street_class not in _NOT_DRAWN
    ]


def _part_of(pieces: Sequence[Piece], along: int) -> frozenset[int]:
    ends = sorted({node for piece in pieces for node in (piece.nodes[0], piece.nodes[-1])})
    place = {node: i for i, node in enumerate(ends)}
    arcs: list[list[int]] = [[] for _ in ends]
    for piece in pieces:
        start, end = place[piece.nodes[0]], place[piece.nodes[-1]]
        if piece.meaning.access & along:
            arcs[start].append(end)
        if piece.meaning.access & along << 1:
            arcs[end].append(start)
    return frozenset(ends[i] for i in largest_part(arcs))


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Join pieces of one meaning that meet where nothing else does."""
    whole: dict[int, Piece] = dict(enumerate(pieces))
    meeting: dict[int, list[int]] = defaultdict(list)
    for number, piece in whole.items():
        meeting[piece.nodes[0]].append(number)
        meeting[piece.nodes[-1]].append(number)
    for node in sorted(meeting):
        numbers = meeting[node]
        if len(numbers) == 2 and numbers[0] != numbers[1]:  # noqa: PLR2004  two ends, of two pieces
            _join(node, numbers[0], numbers[1], whole, meeting)
    return list(whole.values())


def _join(node: int, kept: int, gone: int, whole: dict[int, Piece], meeting: Mapping[int, list[int]]) -> None:
    first, second = whole[kept], whole[gone]
    first = first if first.nodes[-1] == node else first.turned_round()
    second = second if second.nodes[0] == node else second.turned_round()
    if first.meaning == second.meaning:
        whole[kept] = Piece(nodes=first.nodes + second.nodes[1:], meaning=first.meaning)
        del whole[gone]
        far = meeting[second.nodes[-1]]
        far[far.index(gone)] = kept
