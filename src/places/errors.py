from kernel.errors import DomainError, Kind


class CityNotFound(DomainError):
    """There is no such city."""

    kind, code = Kind.NOT_FOUND, "city.not_found"

    def __init__(self) -> None:
        super().__init__("There is no such city.")


class ZoneNotFound(DomainError):
    """There is no such zone."""

    kind, code = Kind.NOT_FOUND, "zone.not_found"

    def __init__(self) -> None:
        super().__init__("There is no such zone.")


class RuleUnknown(DomainError):
    """There is no rule of this name."""

    kind, code = Kind.NOT_FOUND, "rule.unknown"

    def __init__(self, name: str, *, known: list[str]) -> None:
        super().__init__(f"There is no rule {name}.", name=name, known=known)
