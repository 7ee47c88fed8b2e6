from datetime import datetime

from kernel.errors import DomainError, Kind
from kernel.ids import OrderId, RiderId


class TokenRefused(DomainError):
    """Say who you are: a valid access token is needed."""

    kind, code = Kind.UNAUTHENTICATED, "request.unauthenticated"

    def __init__(self, detail: str, *, is_over: bool = False) -> None:
        super().__init__(detail)
        self.is_over = is_over  # it was good once: whoever has a newer one gets in


class PairingNotFound(DomainError):
    """No device waits to be paired with this code."""

    kind, code = Kind.NOT_FOUND, "pairing.not_found"

    def __init__(self) -> None:
        super().__init__("No device waits to be paired with this code; look at it again, or ask for a new one.")


class PairingOver(DomainError):
    """The code was used, or its time is over."""

    kind, code = Kind.GONE, "pairing.over"

    def __init__(self, *, expired_at: datetime, is_claimed: bool) -> None:
        detail = "Another device used this code; ask for a new one." if is_claimed else "Ask for a new code."
        super().__init__(detail, expired_at=expired_at, is_claimed=is_claimed)


class TooManyTries(DomainError):
    """Too many codes were tried from here."""

    kind, code = Kind.TOO_MANY, "pairing.too_many_tries"

    def __init__(self, *, retry_after_s: int) -> None:
        super().__init__(f"Try again in {retry_after_s} s.", retry_after_s=retry_after_s)


class PairingBusy(DomainError):
    """So many codes are being tried that nobody's is looked at just now."""

    kind, code = Kind.BUSY, "pairing.busy"

    def __init__(self, *, retry_after_s: int) -> None:
        super().__init__(f"Try again in {retry_after_s} s.", retry_after_s=retry_after_s)


class PairsOwnTabletsOnly(DomainError):
    """A store's manager pairs tablets of their own stores, and nothing else."""

    kind, code = Kind.FORBIDDEN, "pairing.own_tablets_only"

    def __init__(self) -> None:
        super().__init__("Ask the operations desk to pair anything but your own stores' tablets.")


class SessionOver(DomainError):
    """This device is not signed in, or no longer."""

    kind, code = Kind.UNAUTHENTICATED, "session.over"

    def __init__(self) -> None:
        super().__init__("Pair the device again.")


class OriginRefused(DomainError):
    """Another site's page may not ask this."""

    kind, code = Kind.FORBIDDEN, "session.origin_refused"

    def __init__(self) -> None:
        super().__init__("Only our own pages, and programs that are no browser, may ask this.")


class DeviceNotFound(DomainError):
    """There is no such device, or it is not yours to see."""

    kind, code = Kind.NOT_FOUND, "device.not_found"

    def __init__(self) -> None:
        super().__init__("There is no such device, or it is not yours to see.")


class ShareLinkNotFound(DomainError):
    """There is no such share link, or it is not yours to see."""

    kind, code = Kind.NOT_FOUND, "share_link.not_found"

    def __init__(self) -> None:
        super().__init__("There is no such share link, or it is not yours to see.")


class ShareLinkOver(DomainError):
    """The share link was revoked, or its time is over."""

    kind, code = Kind.GONE, "share_link.over"

    def __init__(self, *, ended_at: datetime, is_revoked: bool) -> None:
        super().__init__("Ask for a new link.", ended_at=ended_at, is_revoked=is_revoked)


class TooManyShareLinks(DomainError):
    """This order has as many open share links as it may have."""

    kind, code = Kind.CONFLICT, "share_link.too_many"

    def __init__(self, order_id: OrderId, *, most: int) -> None:
        super().__init__("Revoke one, or use one of those there are.", order_id=order_id, most=most)


class PhoneNotFound(DomainError):
    """There is no such phone link, or it was revoked."""

    kind, code = Kind.NOT_FOUND, "phone.not_found"

    def __init__(self) -> None:
        super().__init__("There is no such phone link, or it was revoked; ask the desk for a new one.")


class TooManyPhones(DomainError):
    """This rider has as many open phone links as a rider may have."""

    kind, code = Kind.CONFLICT, "phone.too_many"

    def __init__(self, rider_id: RiderId, *, most: int) -> None:
        super().__init__("Revoke those that are not used any more.", rider_id=rider_id, most=most)
