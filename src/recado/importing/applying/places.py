"""City and zones."""

from collections.abc import Sequence
from typing import Any

import msgspec

from kernel.geo import Point
from kernel.ids import ZoneId
from places import commands, queries
from places.model import City
from recado.importing.applying.ledger import Ledger
from recado.importing.keys import Known
from recado.importing.model import CityEntry, ZoneEntry

FOR_EVER = ("country", "currency", "time_zone")  # they are in every order


async def apply_city(ledger: Ledger, entry: CityEntry, city: City) -> None:
    """Change the name or centre of a city that is there."""
    current = msgspec.to_builtins(city)
    said = entry.says()
    for name in FOR_EVER:
        if said[name] != current[name]:
            ledger.found.wrong(
                entry.at, f"city: {name.replace('_', ' ')} is {current[name]} for ever: orders were made with it"
            )
    known = ledger.known("city", entry.key) or Known(city.id, {})
    changes = ledger.compare("city", entry, known, {name: current[name] for name in ("name", "centre")}, show=_show)
    if changes:
        await commands.change_city(
            ledger.tx,
            city.id,
            name=changes.get("name", city.name),
            centre=entry.centre if "centre" in changes else city.centre,
        )
    await ledger.keep("city", entry, known, is_changed=bool(changes))


async def apply_zones(ledger: Ledger, entries: Sequence[ZoneEntry]) -> None:
    """Draw the zones, and those anew that look different."""
    drawn = {zone.id: zone for zone in await queries.list_zones(ledger.tx, ledger.city_id)}
    for entry in entries:
        known = ledger.known("zone", entry.key)
        if known is None:
            zone = await commands.draw_zone(
                ledger.tx, city_id=ledger.city_id, name=entry.name, polygon=entry.polygon, now=ledger.now
            )
            await ledger.make("zone", entry, zone.id)
            continue
        zone = drawn[ZoneId(known.object_id)]
        current = msgspec.to_builtins(zone)
        changes = ledger.compare(
            "zone", entry, known, {name: current[name] for name in ("name", "polygon")}, show=_show
        )
        if changes:
            await commands.redraw_zone(
                ledger.tx,
                zone.id,
                name=changes.get("name", zone.name),
                polygon=entry.polygon if "polygon" in changes else zone.polygon,
            )
        await ledger.keep("zone", entry, known, is_changed=bool(changes))


def _show(name: str, value: Any) -> str:
    if name == "polygon":
        return f"of {len(value)} corners around {_middle(value)}"
    return f"{value['lat']}, {value['lon']}" if name == "centre" else str(value)


def _middle(corners: Sequence[dict[str, float]]) -> str:
    places = [Point(**corner) for corner in corners]
    lat, lon = (sum(values) / len(places) for values in zip(*((place.lat, place.lon) for place in places), strict=True))
    return f"{lat:.4f}, {lon:.4f}"
