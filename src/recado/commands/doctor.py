import asyncio
import sys
from pathlib import Path

import click

from recado.commands.options import current_settings, data_option
from recado.doctor import Finding, examine
from recado.errors import SettingsRefused


@click.command("doctor")
@data_option
def command(data: Path) -> None:
    """Check settings, stores, durability, clocks and migrations; exit 1 when something is to be done."""
    try:
        settings = current_settings(data)
    except SettingsRefused as refusal:
        _tell([Finding("settings", str(refusal), "set the variables, or start `recado up`")])
    else:
        _tell([Finding("settings", "complete"), *asyncio.run(examine(settings))])


def _tell(findings: list[Finding]) -> None:
    for finding in findings:
        verdict, advice = ("FAIL", f": {finding.advice}") if finding.advice else ("OK", "")
        click.echo(f"{verdict:<5}{finding.subject:<23}{finding.state}{advice}")
    if any(finding.advice for finding in findings):
        sys.exit(1)
