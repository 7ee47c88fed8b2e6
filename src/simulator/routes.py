"""One route as its rider works it off: pickups at one store, then the drop-offs in order."""

from datetime import datetime
from enum import StrEnum

import msgspec

from kernel.geo import Point
from simulator.scene import Json


class Step(StrEnum):
    """What the rider does next."""

    TO_STORE = "to_store"
    AT_STORE = "at_store"
    TO_DOOR = "to_door"
    AT_DOOR = "at_door"
    BRINGING_BACK = "bringing_back"


class Job(msgspec.Struct, kw_only=True):
    """One delivery of the route."""

    delivery_id: str
    order_id: str
    pickup: Point
    dropoff: Point
    ready_by: datetime | None = None
    is_ready: bool = False
    is_picked_up: bool = False


class Route:
    """The deliveries of one accepted offer, and how far the rider has come with them."""

    def __init__(self, jobs: list[Job]) -> None:
        self.jobs = jobs
        self.refused: list[Job] = []  # nobody took them: they go back to the store
        self.step = Step.TO_STORE

    @property
    def is_done(self) -> bool:
        """Tell whether nothing is left to carry."""
        return not self.jobs and not self.refused

    @property
    def is_ready(self) -> bool:
        """Tell whether everything that is left can be picked up."""
        return all(job.is_ready for job in self.jobs)

    def find(self, order_id: str) -> Job | None:
        """Return the order's job, or None."""
        return next((job for job in self.jobs if job.order_id == order_id), None)

    def give_back(self, order_id: str) -> bool:
        """Forget an order that its store has back; tell whether it was here."""
        given = [job for job in self.refused if job.order_id == order_id]
        self.refused = [job for job in self.refused if job.order_id != order_id]
        return bool(given)

    def drop(self, order_id: str) -> bool:
        """Forget an order that ended or went to somebody else; tell whether it was here."""
        job = self.find(order_id)
        if job is None or job.is_picked_up:
            return False
        self.jobs.remove(job)
        return True


def job_of(delivery: Json) -> Job:
    """Read one of an offer's deliveries as the API shows them."""
    return msgspec.convert({name: delivery.get(name) for name in Job.__struct_fields__[:5]}, Job)
