"""Codes that make phones, tablets and computers those of the people a file named."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from accounts.commands.devices import offer_pairing
from accounts.keys import Keys, readable
from accounts.model import Scope, Subject
from infra.db import Tx
from kernel.actors import Role
from kernel.ids import StoreId
from recado.errors import CommandRefused
from recado.importing import keys as imported
from recado.importing.keys import Known

_ROLES: Final = {"operator": Role.OPERATOR, "staff": Role.MERCHANT, "rider": Role.RIDER}
MAX_LABEL: Final = 80  # as the API takes


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody a device can be paired for, as the last import left them."""

    key: str
    name: str
    what: str
    subject: Subject


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """A code for one device of somebody, good once until `expires_at` (wall time)."""

    person: Person
    code: str
    path: str
    expires_at: datetime


async def list_people(tx: Tx, city_key: str) -> list[Person]:
    """Return everybody the city's files have named; refuses a city that was never imported."""
    city_id = await imported.find_city(tx, city_key)
    if city_id is None:
        raise CommandRefused(f"the city {city_key} is not there yet: `recado city import` makes it")
    known = await imported.list_keys(tx, city_id)
    return [
        _person(kind, key, known, found)
        for wanted in _ROLES
        for (kind, key), found in sorted(known.items())
        if kind == wanted
    ]


def choose(people: Sequence[Person], names: Iterable[str]) -> list[Person]:
    """Return those who are meant by their keys or names; refuses a name that nobody has."""
    chosen = []
    for name in names:
        meant = [person for person in people if name in {person.key, person.name}] or [
            person for person in people if person.name.casefold().startswith(name.casefold())
        ]
        if not meant:
            raise CommandRefused(f"there is no {name}: {_all_of(people)}")
        chosen += [person for person in meant if person not in chosen]
    return chosen


async def offer(
    tx: Tx, people: Sequence[Person], chosen: Sequence[Person], *, keys: Keys, now: datetime
) -> list[Offered]:
    """Make a code for each, in the name of the first operator who may administer."""
    by = next((person.subject for person in people if Scope.ADMINISTRATION in person.subject.scopes), None)
    if by is None:
        raise CommandRefused("none of the operators has administration: import a file in which one has")
    offered = []
    for person in chosen:
        made = await offer_pairing(
            tx, person.subject, label=person.name[:MAX_LABEL], keys=keys, caller=by.caller(), now=now
        )
        offered.append(
            Offered(
                person=person,
                code=readable(made.code),
                path=f"/pair#{made.code}",
                expires_at=made.pairing.expires_at,
            )
        )
    return offered


def _person(kind: str, key: str, known: dict[tuple[str, str], Known], found: Known) -> Person:
    said: dict[str, Any] = found.content
    stores = tuple(StoreId(known["store", store].object_id) for store in said.get("store_keys", ()))
    what = {
        "operator": lambda: f"desk, may {'all' if len(said['scopes']) == len(Scope) else ', '.join(said['scopes'])}",
        "staff": lambda: f"{said['duty']} of {', '.join(said['store_keys'])}",
        "rider": lambda: f"rider, {said['vehicle']}",
    }[kind]()
    subject = Subject(
        role=_ROLES[kind],
        subject_id=found.object_id,
        store_ids=stores,
        scopes=tuple(Scope(scope) for scope in said.get("scopes", ())),
        is_manager=said.get("duty") == "manager",
    )
    return Person(key=key, name=said["name"], what=what, subject=subject)


def _all_of(people: Sequence[Person]) -> str:
    return f"known are {', '.join(person.key for person in people)}"
