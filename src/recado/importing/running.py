"""One import from the file to the last commit, for commands and tests."""

import contextlib
from collections.abc import Mapping

import msgspec

from infra import clock
from infra.db import Begin
from recado.importing.applying import Outcome, apply
from recado.importing.findings import Findings
from recado.importing.model import CityFile


class _Undone(Exception):
    """Ends a transaction that is not to be kept."""


async def run_import(
    begin: Begin,
    file: CityFile,
    found: Findings,
    *,
    rule_kinds: Mapping[str, type[msgspec.Struct]],
    is_dry_run: bool = False,
    reset: bool = False,
) -> Outcome | None:
    """Make the city what its file says in one transaction; None, and nothing is changed, where mistakes were found.

    A dry run does everything and keeps nothing.
    """
    done: Outcome | None = None
    with contextlib.suppress(_Undone):
        async with begin() as tx:
            now = (await clock.read(tx)).at(clock.wall_now())
            done = await apply(tx, file, found, rule_kinds=rule_kinds, reset=reset, now=now)
            _check_kept(is_kept=not is_dry_run and not found.mistakes)
    return None if found.mistakes else done


def _check_kept(*, is_kept: bool) -> None:
    if not is_kept:
        raise _Undone
