"""Blocks of `key: value` lines: each key is asked for by name, and what nobody asked for is named with the nearest."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar

import msgspec

from recado.importing.findings import Findings, Mark, nearest
from recado.importing.source import MappingNode, Node, ScalarNode, mark

T = TypeVar("T")
U = TypeVar("U")
KEY: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
MAX_KEY: Final = 30  # two of them and a slash are an item's
_BLOCK_OF: Final = {"dish": "the menu", "member of staff": "staff"}
_UNSAID: Final = frozenset({"", "~", "null"})


class Wrong(Exception):
    """A value does not hold what it must; the text completes 'price …'."""

    def __init__(self, text: str, node: Node | None = None) -> None:
        super().__init__(text)
        self.text, self.node = text, node


class Kind(Generic[T]):
    """A kind of value: how it is read, what stands in for a wrong one until all mistakes are told, and an example."""

    def __init__(self, read: Callable[[Node], T], *, instead: T, such_as: str) -> None:
        self.read, self.instead, self.such_as = read, instead, such_as


class Pair(msgspec.Struct, frozen=True):
    """One key with its value."""

    key: str
    key_node: Any
    node: Any


class Block:
    """One block of the file, used as `with Block(…) as block`: at the end every key must have been asked for.

    A key is written with spaces; `time zone`, `time_zone` and `Time-Zone` are the same.
    """

    def __init__(self, found: Findings, node: Node, name: str) -> None:
        self.found, self.node, self.name = found, node, name
        self._pairs: dict[str, Pair] = {}
        self._asked: list[str] = []
        self._missing: dict[str, str] = {}
        for pair in pairs(found, node, name):
            self._put(pair)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if error is not None:
            return
        for key, pair in self._pairs.items():
            if key not in self._asked:
                meant = nearest(key, self._missing) or nearest(key, self._asked)
                says = f"did you mean {meant}?" if meant else f"it knows {', '.join(self._asked)}"
                self.wrong(pair.key_node, f"{pair.key} is not a key of {self.name}: {says}")
                self._missing.pop(meant or "", None)  # One mistake, not two.
        for key, such_as in self._missing.items():
            self.wrong(self.node, f"{self.name} has no {key}: write `{key}: {such_as}`")

    def must(self, key: str, kind: Kind[T]) -> T:
        """Return the value of a key that has to be there."""
        pair = self._take(key)
        if pair is None:
            self._missing[key] = kind.such_as
            return kind.instead
        return self._read(pair, kind, kind.instead)

    def may(self, key: str, kind: Kind[T], otherwise: U) -> T | U:
        """Return the value of a key that may be left out."""
        pair = self._take(key)
        return otherwise if pair is None else self._read(pair, kind, otherwise)

    def part(self, key: str) -> Node | None:
        """Return the node of a key that may be left out or be empty."""
        pair = self._take(key)
        return None if pair is None or is_unsaid(pair.node) else pair.node

    def has(self, key: str) -> bool:
        """Tell whether the key is there."""
        return key in self._pairs

    def has_only(self, *keys: str) -> bool:
        """Tell whether no other keys are there."""
        return self._pairs.keys() <= set(keys)

    def asked(self) -> list[str]:
        """Return the keys this block knows."""
        return self._asked

    def value_of(self, key: str) -> Node:
        """Return the node of a key that is there."""
        node: Node = self._pairs[key].node
        return node

    def wrong(self, node: Node, text: str) -> None:
        """Note a mistake at a node."""
        self.found.wrong(mark(node), text)

    def _take(self, key: str) -> Pair | None:
        if key not in self._asked:
            self._asked.append(key)
        return self._pairs.get(key)

    def _read(self, pair: Pair, kind: Kind[T], otherwise: U) -> T | U:
        try:
            return kind.read(pair.node)
        except Wrong as wrong:
            node = wrong.node or pair.node
            # Nothing stands nowhere: the parser says where the next line begins.
            self.wrong(pair.key_node if is_unsaid(node) else node, f"{pair.key}: {wrong.text}")
            return otherwise

    def _put(self, pair: Pair) -> None:
        key = re.sub(r"[\s_-]+", " ", pair.key).lower()
        if first := self._pairs.get(key):
            self.wrong(pair.key_node, f"{pair.key} is given twice, first on line {mark(first.key_node).line}")
        else:
            self._pairs[key] = pair


def pairs(found: Findings, node: Node | None, name: str) -> Iterator[Pair]:
    """Yield the keys and values of a block as they stand; none, with a mistake, where it is no block."""
    if node is None or is_unsaid(node):
        return
    if not isinstance(node, MappingNode):
        found.wrong(mark(node), f"{name} is a block of `key: value` lines, indented under its name")
        return
    for key_node, value in node.value:
        if isinstance(key_node, ScalarNode):
            yield Pair(" ".join(key_node.value.split()), key_node, value)
        else:
            found.wrong(mark(key_node), f"{name}: a key is one word or a few")


def keyed(found: Findings, node: Node | None, kind: str) -> Iterator[Pair]:
    """Yield the things of one kind under the keys of their own that the file gives them."""
    first: dict[str, Mark] = {}
    for pair in pairs(found, node, _BLOCK_OF.get(kind, f"{kind}s")):
        at = mark(pair.key_node)
        if not KEY.fullmatch(pair.key) or len(pair.key) > MAX_KEY:
            found.wrong(at, f"{pair.key} cannot be a {kind}'s key: write {_as_key(pair.key)}")
        elif pair.key in first:
            found.wrong(at, f"the {kind} {pair.key} is there twice, first on line {first[pair.key].line}")
        else:
            first[pair.key] = at
            yield pair


def is_unsaid(node: Node) -> bool:
    """Tell whether nothing stands behind the colon."""
    return isinstance(node, ScalarNode) and not node.style and node.value.strip().lower() in _UNSAID


def _as_key(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:MAX_KEY].strip("-") or "a word of letters, digits and hyphens"
