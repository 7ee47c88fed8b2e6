import msgspec


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How often something was rightly said, wrongly said, and wrongly not said."""

    hits: int = 0
    false: int = 0
    missed: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        """Count both together."""
        return Counts(hits=self.hits + other.hits, false=self.false + other.false, missed=self.missed + other.missed)

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return 2 * self.hits / max(1, 2 * self.hits + self.false + self.missed)


def compare(said: bool, *, truth: bool) -> Counts:  # noqa: FBT001  the two things compared
    """Count one answer."""
    return Counts(hits=int(said and truth), false=int(said and not truth), missed=int(truth and not said))
