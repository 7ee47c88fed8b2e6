import os
from pathlib import Path
from typing import Final

import click

from recado.embedded import find_run
from recado.settings import Settings, read_settings

data_option: Final = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".recado"),
    show_default=True,
    help="Directory of the embedded stores.",
)


def current_settings(data: Path) -> Settings:
    """Return the environment's settings; what it leaves out is taken from the `recado up` that runs in `data`."""
    run = find_run(data)
    return read_settings({**(run.environment if run else {}), **{k: v for k, v in os.environ.items() if v}})
