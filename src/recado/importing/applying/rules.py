"""Rules: a next version, with its owner and reason, where the file says something else."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from accounts.model import Caller, Scope
from kernel.actors import Role
from kernel.ids import StoreId
from places import commands, queries
from recado.importing.applying.ledger import Ledger
from recado.importing.model import RuleEntry

_BY_RULES: Final = frozenset({Scope.RULES})


async def apply_rules(ledger: Ledger, entries: Sequence[RuleEntry], kinds: Mapping[str, type[msgspec.Struct]]) -> None:
    """Set the rules of the city and its stores."""
    for entry in entries:
        kind = kinds[entry.name]
        store_id = StoreId(ledger.id_of("store", entry.store_key)) if entry.store_key else None
        known = ledger.known("rule", entry.key)
        if known is None:
            await _set(ledger, entry, store_id, kinds)
            await ledger.make("rule", entry, entry.name)
            continue
        in_force = await queries.rule(
            ledger.tx, entry.name, kind(), city_id=ledger.city_id, store_id=store_id, at=ledger.now
        )
        wanted = msgspec.convert(entry.value, kind)
        is_said_anew = ledger.resets or known.content["value"] != entry.value
        is_other = wanted != in_force.value
        if is_other and is_said_anew:
            await _set(ledger, entry, store_id, kinds)
            ledger.outcome.changed.append(f"rule {entry.key}: {_difference(in_force.value, wanted, ' → ')}")
        elif is_other:
            what = _difference(in_force.value, wanted, " since, and stays; the file says ")
            ledger.outcome.left.append(f"rule {entry.key}: {what}")
        await ledger.keep("rule", entry, known, is_changed=is_other and is_said_anew)


async def _set(
    ledger: Ledger, entry: RuleEntry, store_id: StoreId | None, kinds: Mapping[str, type[msgspec.Struct]]
) -> None:
    owner = Caller(role=Role.OPERATOR, id=ledger.id_of("operator", entry.owner_key), scopes=_BY_RULES)
    await commands.set_rule(
        ledger.tx,
        entry.name,
        scope_id=store_id or ledger.city_id,
        value=entry.value,
        valid_from=ledger.now,
        reason=entry.reason,
        known=kinds,
        act=owner.act(ledger.now),
    )


def _difference(before: msgspec.Struct, after: msgspec.Struct, between: str) -> str:
    names = [name for name in before.__struct_fields__ if getattr(before, name) != getattr(after, name)]
    return ", ".join(f"{name} {getattr(before, name)}{between}{getattr(after, name)}" for name in names)
