import asyncio
import os
import sys
from pathlib import Path
from typing import Final, NoReturn

import asyncpg
import click
from rich.console import Console
from rich.table import Table

from infra.db import Database
from infra.migrations import pending
from recado.commands.options import current_settings, data_option
from recado.embedded import find_run
from recado.errors import CommandRefused
from recado.importing import report
from recado.importing.applying import Outcome
from recado.importing.findings import Findings
from recado.importing.model import CityFile
from recado.importing.reading import read_city_file
from recado.importing.running import run_import
from recado.importing.source import MAX_BYTES
from recado.parts import RULES
from recado.preflight import one_line
from recado.resources import migrations_directory
from recado.settings import Settings

MISTAKES: Final = 2
file_argument: Final = click.argument(
    "path", metavar="FILE", type=click.Path(path_type=Path, exists=True, dir_okay=False)
)


@click.group("city")
def command() -> None:
    """Make a city from one commented file: zones, stores, hours, menus, people and rules."""


@command.command("import")
@file_argument
@data_option
@click.option("--dry-run", "is_dry_run", is_flag=True, help="Say what would happen, and change nothing.")
@click.option("--reset", is_flag=True, help="Set also what people changed since the last import, such as stock.")
def import_(*, path: Path, data: Path, is_dry_run: bool, reset: bool) -> None:
    """Make or change a city as FILE says. Importing the same twice changes nothing.

    Every mistake is named with its line, with code 2, and then nothing is changed.
    """
    found = Findings()
    file = read(path, found)
    done = asyncio.run(_import(_settings(data), file, found, is_dry_run=is_dry_run, reset=reset))
    if done is None:
        refuse(path, found)
    for line in report.warnings(path.name, found):
        click.echo(line)
    for line in report.outcome(file, done, is_dry_run=is_dry_run):
        click.echo(line)
    if not is_dry_run:
        _print_people(file, done)


def read(path: Path, found: Findings) -> CityFile:
    """Return what the file says, or end the command with every mistake in it."""
    try:
        with path.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise CommandRefused(f"cannot read {path} ({error.strerror})") from None
    file = read_city_file(data, found, rule_kinds=RULES)
    if file is None:
        refuse(path, found)
    return file


def refuse(path: Path, found: Findings) -> NoReturn:
    """End the command with the file's mistakes."""
    click.echo("\n".join(report.mistakes(path.name, found)), err=True)
    sys.exit(MISTAKES)


def _settings(data: Path) -> Settings:
    if not os.environ.get("DATABASE_URL") and find_run(data) is None:
        raise CommandRefused(f"nothing runs in {data}: start `recado up` there, or set DATABASE_URL")
    return current_settings(data)


async def _import(
    settings: Settings, file: CityFile, found: Findings, *, is_dry_run: bool, reset: bool
) -> Outcome | None:
    try:
        missing = await pending(settings.database_direct_url, migrations_directory())
        if before := [name for name in missing if "_pre_" in name]:
            raise CommandRefused(f"the database lacks {before[0]}: run `recado migrate`")
        async with Database.connect(settings.database_url, pool_size=1) as database:
            return await run_import(database.begin, file, found, rule_kinds=RULES, is_dry_run=is_dry_run, reset=reset)
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise CommandRefused(f"the database of DATABASE_URL refused: {one_line(error)}") from error


def _print_people(file: CityFile, done: Outcome) -> None:
    table = Table("who", "is", "key", "id", box=None, pad_edge=False)
    for row in report.people(file, done):
        table.add_row(*row)
    Console().print(table)
