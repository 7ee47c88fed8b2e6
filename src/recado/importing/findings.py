"""What is wrong with a file, each with its place: all of it is told at once."""

import difflib
from collections.abc import Iterable

import msgspec


class Mark(msgspec.Struct, frozen=True, order=True):
    """A place in the file as editors count: the first line and column are 1."""

    line: int
    column: int


class Finding(msgspec.Struct, frozen=True, order=True):
    """Something to put right, or to think about."""

    at: Mark
    text: str


class Findings:
    """Mistakes keep a file from being imported; warnings do not."""

    def __init__(self) -> None:
        self.mistakes: list[Finding] = []
        self.warnings: list[Finding] = []

    def wrong(self, at: Mark, text: str) -> None:
        """Note a mistake."""
        self.mistakes.append(Finding(at, text))

    def doubtful(self, at: Mark, text: str) -> None:
        """Note a warning."""
        self.warnings.append(Finding(at, text))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return which of the known words was probably meant."""
    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def told(word: str, known: Iterable[str]) -> str:
    """Return what to say of a word that is not known: the nearest one, or all of them."""
    known = list(known)
    meant = nearest(word, known)
    return f"did you mean {meant}?" if meant else f"known here: {', '.join(known)}"
