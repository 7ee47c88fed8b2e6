import os
from pathlib import Path

import click

from recado.commands.options import data_option
from recado.machine import run_on_this_machine


@click.command("up")
@data_option
def command(data: Path) -> None:
    """Run everything on this machine until Ctrl-C.

    Stores, migrations, API and workers. DATABASE_URL and REDIS_URL, when both are set, replace the embedded stores.
    """
    run_on_this_machine(data, os.environ)
