from pathlib import Path

import click

from kernel.streets import codec
from recado.errors import CommandRefused
from recado.streets.building import ATTRIBUTION, build


@click.group("streets")
def command() -> None:
    """Make the file of a city's streets."""


@command.command("build")
@click.argument("extract", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
def build_file(extract: Path, out: Path) -> None:
    """Build OUT from EXTRACT, an extract of OpenStreetMap such as city.osm.pbf.

    The same extract always becomes the same file. Its data stays under the ODbL: show the attribution with it.
    """
    try:
        from recado.streets.reading import read  # noqa: PLC0415  only whoever builds needs osmium
    except ImportError:
        raise CommandRefused("building streets needs osmium: pip install osmium, or run it after `make dev`") from None
    try:
        plan = build(read(extract))
    except (RuntimeError, ValueError) as error:
        raise CommandRefused(f"{extract} cannot be built from: {error}") from None
    data = codec.encode(plan)
    out.write_bytes(data)
    named = len(plan.names) - 1
    click.echo(f"{out}: {len(data):,} bytes, {len(plan.nodes):,} crossings, {len(plan.edges):,} streets between them,")
    click.echo(f"{named:,} names, {len(plan.doors):,} house numbers. {ATTRIBUTION}")
