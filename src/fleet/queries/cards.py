from fleet.model.riders import RiderCard
from fleet.store.riders import find_rider_card

__all__ = ["RiderCard", "find_rider_card"]
