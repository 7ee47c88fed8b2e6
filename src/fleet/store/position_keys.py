"""Every Redis key of positions is made here. What one script moves together carries the zone as its hash tag.

    rider:<rider>:zone          string: "<move>:<zone>", where the rider's keys are; deleted when the rider is forgotten
    rider:<rider>:phone         string: what the rider's phone said of itself last, as JSON; expires
    phones:heard                set of riders whose phone said something that is not learnt yet; drained
    {zone}:last                 hash rider -> "<move>:<device_at_ms>:<track>", or the trace of a move; swept
    {zone}:standing             hash rider -> "<version>:<is_available>:<vehicle>:<city>:<idle_since_ms>:<free>"; swept
    {zone}:seen                 sorted set of riders with a live position, by the instant it goes stale; swept
    {zone}:silent               sorted set of all others, by the instant they are forgotten; swept
    {zone}:available:<vehicle>  geo set of available riders with a live position; swept
    {zone}:unwritten            set of riders of whom PostgreSQL lacks positions
    {zone}:backlog              how many positions those are
    {zone}:tail:<rider>         list of uploads PostgreSQL lacks, each a JSON array of positions; drained
    {zone}:whole                string: whether the riders PostgreSQL knows were put back since Redis was empty; stays

The scripts rely on the order in which `of_zone` lists them. All instants are domain time in milliseconds.
"""

from typing import Final

from fleet.model.riders import Vehicle
from kernel.ids import RiderId, ZoneId

VEHICLES: Final = tuple(Vehicle)
PHONES_HEARD: Final = "phones:heard"


def zone_of(rider_id: RiderId) -> str:
    """Return the key that says in which zone a rider's keys are."""
    return f"rider:{rider_id}:zone"


def phone(rider_id: RiderId) -> str:
    """Return the key of what the rider's phone said of itself."""
    return f"rider:{rider_id}:phone"


def last(zone_id: ZoneId) -> str:
    """Return the key of the zone's riders' tracks."""
    return f"{{{zone_id}}}:last"


def standing(zone_id: ZoneId) -> str:
    """Return the key of what PostgreSQL said about the zone's riders' availability."""
    return f"{{{zone_id}}}:standing"


def seen(zone_id: ZoneId) -> str:
    """Return the key of riders whose position is live, scored by when it goes stale."""
    return f"{{{zone_id}}}:seen"


def silent(zone_id: ZoneId) -> str:
    """Return the key of riders without a live position, scored by when they are forgotten."""
    return f"{{{zone_id}}}:silent"


def available(zone_id: ZoneId, vehicle: Vehicle) -> str:
    """Return the key of the geo set in which riders of this kind are found."""
    return f"{{{zone_id}}}:available:{vehicle}"


def unwritten(zone_id: ZoneId) -> str:
    """Return the key of the riders of whom PostgreSQL lacks positions."""
    return f"{{{zone_id}}}:unwritten"


def backlog(zone_id: ZoneId) -> str:
    """Return the key of how many positions PostgreSQL lacks."""
    return f"{{{zone_id}}}:backlog"


def tail(zone_id: ZoneId, rider_id: RiderId) -> str:
    """Return the key of a rider's uploads that PostgreSQL lacks."""
    return f"{{{zone_id}}}:tail:{rider_id}"


def whole(zone_id: ZoneId) -> str:
    """Return the key that is missing where Redis lost what it had of the zone."""
    return f"{{{zone_id}}}:whole"


def of_zone(zone_id: ZoneId) -> list[str]:
    """Return the zone's shared keys: last, standing, seen, silent, the geo sets, unwritten, backlog."""
    shared = [last(zone_id), standing(zone_id), seen(zone_id), silent(zone_id)]
    sets = [available(zone_id, vehicle) for vehicle in VEHICLES]
    return [*shared, *sets, unwritten(zone_id), backlog(zone_id)]
