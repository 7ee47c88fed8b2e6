import asyncio
import contextlib
import io
import os
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final, NoReturn
from urllib.parse import urlsplit

import click
import segno

from accounts.keys import Keys
from infra.clock import wall_now
from infra.db import AWAY, Database
from infra.migrations import pending
from recado.commands.options import current_settings, data_option
from recado.embedded import find_run
from recado.errors import CommandRefused
from recado.importing import report
from recado.importing.applying import Outcome
from recado.importing.findings import Findings
from recado.importing.model import CityFile
from recado.importing.pairing import Offered, choose, list_people, offer
from recado.importing.reading import read_city_file
from recado.importing.running import run_import
from recado.importing.source import MAX_BYTES
from recado.parts import RULES
from recado.preflight import one_line
from recado.resources import migrations_directory
from recado.settings import Settings

MISTAKES: Final = 2
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
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


@command.command("pair")
@file_argument
@click.argument("names", metavar="[NAME]...", nargs=-1)
@data_option
@click.option("--all", "is_all", is_flag=True, help="A code for everybody.")
@click.option(
    "--origin", help="Where the phones reach Recado, such as https://recado.example or http://192.168.0.7:8700."
)
@click.option("--qr/--no-qr", "has_qr", default=None, help="Draw the codes to scan, or not; by default in a terminal.")
def pair(
    *, path: Path, names: tuple[str, ...], data: Path, is_all: bool, origin: str | None, has_qr: bool | None
) -> None:
    """Print a code for each NAME of FILE, with which one phone, tablet or computer becomes theirs.

    NAME is a key or a name in the file. The code works once, within a quarter of an hour. FILE was imported before.
    """
    file = read(path, Findings())
    settings = _settings(data)
    offered = asyncio.run(_offer(settings, file.city.key, names, is_all=is_all))
    base = (origin or _address(data, settings)).rstrip("/")
    for one in offered:
        _print_code(one, base, has_qr=sys.stdout.isatty() if has_qr is None else has_qr)
    if urlsplit(base).hostname in LOOPBACK:
        click.echo(f"{base} is this machine alone: name what phones reach with --origin, and see HOST in the runbook")


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
    async with _database(settings) as database:
        return await run_import(database.begin, file, found, rule_kinds=RULES, is_dry_run=is_dry_run, reset=reset)


async def _offer(settings: Settings, city_key: str, names: Sequence[str], *, is_all: bool) -> list[Offered]:
    async with _database(settings) as database, database.begin() as tx:
        everybody = await list_people(tx, city_key)
        if not names and not is_all:
            known = "; ".join(f"{person.key} ({person.name}, {person.what})" for person in everybody)
            raise CommandRefused(f"say whose device it is, or --all: {known}")
        chosen = everybody if is_all else choose(everybody, names)
        return await offer(tx, everybody, chosen, keys=Keys(settings.token_secret), now=wall_now())


@contextlib.asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[Database]:
    try:
        missing = await pending(settings.database_direct_url, migrations_directory())
    except (ValueError, *AWAY) as error:
        raise CommandRefused(f"the database of DATABASE_URL does not answer: {one_line(error)}") from error
    if before := [name for name in missing if "_pre_" in name]:
        raise CommandRefused(f"the database lacks {before[0]}: run `recado migrate`")
    try:
        async with Database.connect(settings.database_url, pool_size=1) as database:
            yield database
    except AWAY as error:
        raise CommandRefused(
            f"the database of DATABASE_URL refused, and nothing was changed: {one_line(error)}"
        ) from error


def _address(data: Path, settings: Settings) -> str:
    run = find_run(data)
    return run.address if run else f"http://{settings.host}:{settings.port}"


def _print_code(one: Offered, base: str, *, has_qr: bool) -> None:
    click.echo(f"{one.person.name} ({one.person.what})")
    click.echo(f"  {one.code}  once, until {one.expires_at.astimezone():%H:%M}  {base}{one.path}")
    if has_qr:
        drawn = io.StringIO()
        segno.make(f"{base}{one.path}", error="m", micro=False).terminal(out=drawn, compact=True)
        # White on black whatever the terminal's colours are: a camera reads no negative.
        click.secho(drawn.getvalue().rstrip("\n"), fg="bright_white", bg="black")


def _print_people(file: CityFile, done: Outcome) -> None:
    rows = [("who", "is", "key", "id"), *report.people(file, done)]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    click.echo()
    for row in rows:  # Whole ids, however narrow the terminal.
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    click.echo("\n`recado city pair` prints a code for each of their phones, tablets and computers.")
