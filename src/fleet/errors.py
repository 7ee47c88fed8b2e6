"""Why fleet says no."""

from kernel.errors import DomainError, Kind


class RiderNotFound(DomainError):
    """There is no such rider, or it is not yours to see."""

    kind, code = Kind.NOT_FOUND, "rider.not_found"

    def __init__(self) -> None:
        super().__init__("There is no such rider, or it is not yours to see.")


class PositionsBusy(DomainError):
    """This rider's positions are being written from too many places at once."""

    kind, code = Kind.BUSY, "positions.busy"

    def __init__(self) -> None:
        super().__init__("Nothing was acknowledged. Send it again.")
