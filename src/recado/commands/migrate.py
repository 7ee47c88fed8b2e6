import asyncio
from pathlib import Path

import click

from recado.commands.options import current_settings, data_option
from recado.migrating import apply_migrations


@click.command("migrate")
@data_option
def command(data: Path) -> None:
    """Apply the migrations this database lacks."""
    applied = asyncio.run(apply_migrations(current_settings(data)))
    click.echo("\n".join(f"applied {name}" for name in applied) or "nothing to apply")
