from enum import StrEnum
from typing import Any, ClassVar


class Kind(StrEnum):
    """How a refusal is answered; `infra.problems` maps each to one HTTP status."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    GONE = "gone"
    TOO_MANY = "too_many"  # this caller's share is used up; others are served
    BUSY = "busy"  # the only kind that may be retried as it is


class DomainError(Exception):
    """An anticipated refusal, answered as a problem document and logged at info.

    A subclass' docstring is the problem's title, its `code` is a promise for ever: `/problems/<code>`.
    Keyword arguments become the machine-readable `facts`; never put personal data there.
    """

    kind: ClassVar[Kind]
    code: ClassVar[str]

    def __init__(self, detail: str, **facts: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.facts = facts

    @classmethod
    def title(cls) -> str:
        """Return the first line of the docstring: what this refusal means, the same for every occurrence."""
        return (cls.__doc__ or cls.code).strip().splitlines()[0]


class InvalidField(DomainError):
    """A field does not hold what it must."""

    kind, code = Kind.INVALID, "request.invalid_field"

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}", field=field, reason=reason)


class NotFound(DomainError):
    """There is no such thing, or it is not yours to see."""

    kind, code = Kind.NOT_FOUND, "request.not_found"

    def __init__(self, detail: str = "There is no such thing, or it is not yours to see.") -> None:
        super().__init__(detail)


class Forbidden(DomainError):
    """This role may not do this."""

    kind, code = Kind.FORBIDDEN, "request.forbidden"

    def __init__(self, detail: str = "This role may not do this.") -> None:
        super().__init__(detail)


class IllegalMove(DomainError):
    """The thing is in a state from which this step is not possible."""

    kind, code = Kind.CONFLICT, "state.illegal_move"

    def __init__(self, what: str, status: str, move: str) -> None:
        super().__init__(f"A {what} that is {status} cannot {move}.", what=what, status=status, move=move)
