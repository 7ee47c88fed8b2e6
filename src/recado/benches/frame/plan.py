from pathlib import Path

import msgspec

from recado.benches.frame.figures import Result


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How thoroughly a bench measures; `quick` ends within a minute. `traces` are real ones that are not shipped."""

    is_quick: bool = False
    repetitions: int = 5
    traces: Path | None = None

    @classmethod
    def of(cls, *, is_quick: bool, traces: Path | None = None) -> "Plan":
        """Return the plan for the command's options."""
        return cls(is_quick=True, repetitions=3, traces=traces) if is_quick else cls(traces=traces)


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a bench found, and what must be known to read it."""

    results: list[Result]
    notes: list[str] = []
