"""Writes a city's file through the packages' own commands, all of it in the caller's transaction."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from accounts.model import Caller, Scope
from infra.db import Tx
from kernel.actors import Role
from kernel.ids import PersonId
from places.commands import found_city
from places.queries import get_city
from recado.importing import keys
from recado.importing.applying.ledger import Ledger, Outcome
from recado.importing.applying.people import Riders, apply_persons
from recado.importing.applying.places import apply_city, apply_zones
from recado.importing.applying.rules import apply_rules
from recado.importing.applying.stores import apply_items, apply_merchants, apply_stores
from recado.importing.findings import Findings
from recado.importing.model import CityFile


async def apply(
    tx: Tx,
    file: CityFile,
    found: Findings,
    *,
    rule_kinds: Mapping[str, type[msgspec.Struct]],
    reset: bool,
    now: datetime,
) -> Outcome:
    """Make the city what its file says. The caller rolls back where mistakes were found."""
    await keys.lock_imports(tx)
    city_id = await keys.find_city(tx, file.city.key)
    is_new = city_id is None
    if city_id is None:
        said = file.city
        founded = await found_city(
            tx,
            name=said.name,
            country=said.country,
            currency=said.currency,
            time_zone=said.time_zone,
            centre=said.centre,
            now=now,
        )
        city_id = founded.id
    ledger = Ledger(tx, city_id, await keys.list_keys(tx, city_id), found=found, now=now, reset=reset)
    if is_new:
        await ledger.make("city", file.city, city_id)
    else:
        await apply_city(ledger, file.city, await get_city(tx, city_id))
    await apply_persons(ledger, "operator", file.operators)
    by = _administrator(ledger, file)
    await apply_zones(ledger, file.zones)
    await apply_merchants(ledger, file.merchants)
    await apply_stores(ledger, file.stores, by=by)
    await apply_items(ledger, file.items, by=by, currency=file.city.currency)
    await apply_persons(ledger, "staff", file.staff)
    await Riders(ledger, by).apply(file.riders)
    await apply_rules(ledger, file.rules, rule_kinds)
    return ledger.close({(kind, entry.key) for kind, entry in file.entries()})


def _administrator(ledger: Ledger, file: CityFile) -> Caller:
    """Return who sets this up: the file's first operator who may; reading made sure of one."""
    first = next(operator for operator in file.operators if Scope.ADMINISTRATION in operator.scopes)
    return Caller(
        role=Role.OPERATOR,
        id=PersonId(ledger.id_of("operator", first.key)),
        scopes=frozenset(Scope(scope) for scope in first.scopes),
    )


__all__ = ["Outcome", "apply"]
