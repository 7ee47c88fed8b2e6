"""The `recado` command. Each subcommand is one module of `recado.commands`, imported only when it is asked for."""

import sys
from importlib import import_module
from typing import Final

import click

from recado.errors import CommandRefused

COMMANDS: Final = {
    "up": "Run everything on this machine.",
    "api": "Answer requests.",
    "worker": "Do what happens without anybody asking.",
    "migrate": "Bring the database to this version.",
    "token": "Print an access token for somebody.",
    "city": "Make a city from one commented file.",
    "example": "Open an example city and print its ids and tokens.",
    "contracts": "Write what is generated from the code into a checkout.",
    "watch": "Print a feed's frames as they come.",
    "day": "Play a day of orders and check everything.",
    "demo": "Play an evening at a speed a person can follow.",
    "bench": "Measure something beside a reference.",
    "streets": "Make the file of a city's streets.",
    "doctor": "Check settings, stores, durability and clocks.",
}


class _Commands(click.Group):
    def list_commands(self, _: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = import_module(f"recado.commands.{name}").command
        return command

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))  # Without importing them all.


@click.command(cls=_Commands)
@click.version_option(package_name="recado")
def recado() -> None:
    """Run a food-delivery company's day."""


def main() -> None:
    """Run the command line; an anticipated failure is one line and a code, never a traceback."""
    try:
        recado(prog_name="recado")
    except CommandRefused as refusal:
        click.echo(f"recado: {refusal}", err=True)
        sys.exit(refusal.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
