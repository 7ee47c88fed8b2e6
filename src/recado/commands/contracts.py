from pathlib import Path

import click

from recado import contracts


@click.command("contracts", hidden=True)
@click.argument("root", type=click.Path(path_type=Path, file_okay=False, exists=True), default=Path())
def command(root: Path) -> None:
    """Write event schemas, the OpenAPI document and the problem list into a source checkout."""
    for path in contracts.write(root):
        click.echo(f"wrote {path}")
