import msgspec

from recado.benches.frame.figures import Result


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How thoroughly a bench measures; `quick` ends within a minute."""

    is_quick: bool = False
    repetitions: int = 5

    @classmethod
    def of(cls, *, is_quick: bool) -> "Plan":
        """Return the plan for the command's option."""
        return cls(is_quick=True, repetitions=3) if is_quick else cls()


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a bench found, and what must be known to read it."""

    results: list[Result]
    notes: list[str] = []
