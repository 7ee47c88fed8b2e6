import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

from recado.embedded import Run, find_run
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
    return read_settings(completed({name: value for name, value in os.environ.items() if value}, run))


def completed(given: Mapping[str, str], run: Run | None) -> dict[str, str]:
    """Complete settings by those of a run. Who names a database gets no second one from there."""
    known = dict(run.environment) if run else {}
    if "DATABASE_URL" in given:
        known.pop("DATABASE_DIRECT_URL", None)
    return {**known, **given}
