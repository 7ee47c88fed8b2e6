"""Why fleet says no."""

from collections.abc import Sequence
from datetime import datetime

from kernel.errors import DomainError, Kind
from kernel.ids import DeliveryId, IncidentId, OfferId, ReportId, RiderId


class RiderNotFound(DomainError):
    """There is no such rider, or they are not yours to see."""

    kind, code = Kind.NOT_FOUND, "rider.not_found"

    def __init__(self) -> None:
        super().__init__("There is no such rider, or they are not yours to see.")


class PhoneTaken(DomainError):
    """Another rider of this city has this phone number."""

    kind, code = Kind.CONFLICT, "rider.phone_taken"

    def __init__(self) -> None:
        super().__init__("Another rider of this city has this phone number.")


class RiderNotWorking(DomainError):
    """The rider is not on a shift, or on a break."""

    kind, code = Kind.CONFLICT, "rider.not_working"

    def __init__(self, rider_id: RiderId, *, shift: str | None) -> None:
        super().__init__(f"Rider {rider_id} is not working now.", rider_id=rider_id, shift=shift)


class ShiftNotStarted(DomainError):
    """The rider is on no shift."""

    kind, code = Kind.CONFLICT, "shift.not_started"

    def __init__(self) -> None:
        super().__init__("Start a shift first.")


class ShiftHasDeliveries(DomainError):
    """A shift ends only when nothing is left to carry."""

    kind, code = Kind.CONFLICT, "shift.has_deliveries"

    def __init__(self, delivery_ids: Sequence[DeliveryId]) -> None:
        super().__init__(
            f"{len(delivery_ids)} deliveries are still open; finish them or ask the desk.",
            delivery_ids=list(delivery_ids),
        )


class DeliveryNotFound(DomainError):
    """There is no such delivery, or it is not yours to see."""

    kind, code = Kind.NOT_FOUND, "delivery.not_found"

    def __init__(self) -> None:
        super().__init__("There is no such delivery, or it is not yours to see.")


class DeliveryMoved(DomainError):
    """Somebody else moved the delivery first."""

    kind, code = Kind.CONFLICT, "delivery.moved"

    def __init__(self, delivery_id: DeliveryId, *, status: str, move: str) -> None:
        super().__init__(
            f"Delivery {delivery_id} is {status}; it cannot {move}.",
            delivery_id=delivery_id,
            status=status,
            move=move,
        )


class WrongCode(DomainError):
    """The drop-off code is not the one the customer was given."""

    kind, code = Kind.INVALID, "delivery.wrong_code"

    def __init__(self, delivery_id: DeliveryId, *, tries_left: int) -> None:
        super().__init__(
            f"Ask the customer again; {tries_left} tries are left.", delivery_id=delivery_id, tries_left=tries_left
        )


class CodeLocked(DomainError):
    """Too many wrong drop-off codes; the operations desk completes this delivery."""

    kind, code = Kind.CONFLICT, "delivery.code_locked"

    def __init__(self, delivery_id: DeliveryId) -> None:
        super().__init__("Call the operations desk; they can complete it.", delivery_id=delivery_id)


class ReasonMissing(DomainError):
    """An operator's move by hand needs a reason."""

    kind, code = Kind.INVALID, "delivery.reason_missing"

    def __init__(self) -> None:
        super().__init__("Say why you do this by hand.")


class ReportReused(DomainError):
    """This report id was used before for another report."""

    kind, code = Kind.CONFLICT, "report.reused"

    def __init__(self, report_id: ReportId) -> None:
        super().__init__("Use a new report id for a new report.", report_id=report_id)


class OfferNotYours(DomainError):
    """There is no such offer, or it is not yours to see."""

    kind, code = Kind.NOT_FOUND, "offer.not_found"

    def __init__(self) -> None:
        super().__init__("There is no such offer, or it is not yours to see.")


class OfferExpired(DomainError):
    """The offer expired before it was answered."""

    kind, code = Kind.GONE, "offer.expired"

    def __init__(self, offer_id: OfferId, *, expires_at: datetime) -> None:
        super().__init__(
            f"Offer {offer_id} expired at {expires_at:%H:%M:%S} UTC.", offer_id=offer_id, expires_at=expires_at
        )


class OfferTaken(DomainError):
    """Somebody else took it first."""

    kind, code = Kind.CONFLICT, "offer.taken"

    def __init__(self, offer_id: OfferId) -> None:
        super().__init__("Another rider was first.", offer_id=offer_id)


class OfferIsWithdrawn(DomainError):
    """The offer was taken back."""

    kind, code = Kind.CONFLICT, "offer.withdrawn"

    def __init__(self, offer_id: OfferId, *, because: str) -> None:
        super().__init__(f"Offer {offer_id} was taken back: {because}.", offer_id=offer_id, because=because)


class OfferAnswered(DomainError):
    """The offer was answered otherwise before."""

    kind, code = Kind.CONFLICT, "offer.answered"

    def __init__(self, offer_id: OfferId, *, status: str) -> None:
        super().__init__(f"Offer {offer_id} is {status} already.", offer_id=offer_id, status=status)


class OfferNotPossible(DomainError):
    """This route cannot be offered to this rider now."""

    kind, code = Kind.CONFLICT, "offer.not_possible"

    def __init__(self, rider_id: RiderId, *, why: str) -> None:
        super().__init__(f"Rider {rider_id} cannot be asked: {why}.", rider_id=rider_id, why=why)


class RoundMoving(DomainError):
    """Another rider is being asked at this very moment; try again."""

    kind, code = Kind.BUSY, "delivery.round_moving"

    def __init__(self) -> None:
        super().__init__("Offers changed while this was being done; try again.")


class PositionsBusy(DomainError):
    """Positions come faster than they can be written."""

    kind, code = Kind.BUSY, "positions.busy"

    def __init__(self) -> None:
        super().__init__("Nothing was acknowledged. Send it again.")


class TooManyPositions(DomainError):
    """This phone sends more than a phone can have to say."""

    kind, code = Kind.TOO_MANY, "positions.too_many"

    def __init__(self, *, retry_after_s: int) -> None:
        super().__init__("Nothing was acknowledged. Send it again later.", retry_after_s=retry_after_s)


class IncidentNotFound(DomainError):
    """There is no such incident, or it is not yours to see."""

    kind, code = Kind.NOT_FOUND, "incident.not_found"

    def __init__(self) -> None:
        super().__init__("There is no such incident, or it is not yours to see.")


class IncidentClosed(DomainError):
    """Somebody made another plan for this incident already."""

    kind, code = Kind.CONFLICT, "incident.closed"

    def __init__(
        self, incident_id: IncidentId, *, plan: str | None, resolved_by_id: str | None, resolved_at: datetime | None
    ) -> None:
        super().__init__(
            f"Incident {incident_id} is resolved: {plan}.",
            incident_id=incident_id,
            plan=plan,
            resolved_by_id=resolved_by_id,
            resolved_at=resolved_at,
        )


class PhoneEncrypted(DomainError):
    """The app encrypts what it sends, and we have no key to it."""

    kind, code = Kind.INVALID, "phone.encrypted"

    def __init__(self) -> None:
        super().__init__("Take the encryption key out of the app's settings; the address is https already.")


class PhoneNotUnderstood(DomainError):
    """This is like nothing that any app we know sends."""

    kind, code = Kind.INVALID, "phone.not_understood"

    def __init__(self) -> None:
        super().__init__("Enter the settings that came with the phone's link, or put the app's name behind it.")
