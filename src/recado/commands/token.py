from datetime import timedelta
from pathlib import Path
from typing import Final

import click

from accounts.model import CALLERS, Caller, Scope
from accounts.tokens import LIFETIME, Tokens
from kernel.actors import Role
from kernel.ids import PREFIXES, StoreId, is_id
from recado.commands.options import current_settings, data_option
from recado.errors import CommandRefused

SUBJECTS: Final = {Role.RIDER: "rdr", Role.CUSTOMER: "cus", Role.MERCHANT: "per", Role.OPERATOR: "per"}


@click.command("token")
@data_option
@click.option("--role", required=True, type=click.Choice([role.value for role in CALLERS]))
@click.option("--subject", required=True, help="Id of the rider, customer or person (rdr_, cus_, per_), or platform.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([*(scope.value for scope in Scope), "all"]),
    help="For an operator.",
)
@click.option("--store", "stores", multiple=True, help="For a merchant's staff: a store's id.")
@click.option("--manager", is_flag=True, help="For a merchant's staff: who may pair the stores' tablets.")
@click.option("--lifetime-s", type=click.IntRange(min=1), default=LIFETIME // timedelta(seconds=1), show_default=True)
def command(
    *,
    data: Path,
    role: str,
    subject: str,
    scopes: tuple[str, ...],
    stores: tuple[str, ...],
    manager: bool,
    lifetime_s: int,
) -> None:
    """Print an access token for somebody. --scope and --store may be repeated."""
    caller = Caller(
        role=Role(role),
        id=subject,
        scopes=frozenset(Scope if "all" in scopes else map(Scope, scopes)),
        store_ids=frozenset(map(StoreId, stores)),
        is_manager=manager,
    )
    _check(caller)
    click.echo(Tokens(current_settings(data).token_secret).issue(caller, lifetime=timedelta(seconds=lifetime_s)))


def _check(caller: Caller) -> None:
    prefix = SUBJECTS.get(caller.role)
    if prefix is not None and not is_id(caller.id, prefix):
        raise CommandRefused(f"--subject: a {caller.role} has a {PREFIXES[prefix]}'s id, {prefix}_ and 26 characters")
    if bool(caller.scopes) != (caller.role is Role.OPERATOR):
        raise CommandRefused("--scope: an operator needs one or more, nobody else has any")
    if bool(caller.store_ids) != (caller.role is Role.MERCHANT):
        raise CommandRefused("--store: a merchant's staff needs one or more, nobody else has any")
    if caller.is_manager and caller.role is not Role.MERCHANT:
        raise CommandRefused("--manager: only a merchant's staff has managers")
    if unknown := [store for store in caller.store_ids if not is_id(store, "sto")]:
        raise CommandRefused(f"--store: {unknown[0]} is not a store's id")
