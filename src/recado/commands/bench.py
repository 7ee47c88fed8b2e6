import asyncio
import sys
from pathlib import Path
from typing import Final

import click
import msgspec
import uvloop
from rich.console import Console

from recado.benches import BENCHES, find
from recado.benches.frame.cores import describe_machine
from recado.benches.frame.figures import as_document
from recado.benches.frame.plan import Outcome, Plan
from recado.benches.frame.report import print_outcome
from recado.errors import CommandRefused

ALL: Final = "all"


@click.command("bench")
@click.argument("name")
@click.option("--quick", "is_quick", is_flag=True, help="Fewer and shorter repetitions: at most a minute.")
@click.option("--json", "json_path", type=click.Path(path_type=Path, dir_okay=False), help="Write the result here too.")
@click.option(
    "--traces", "traces_path", type=click.Path(path_type=Path, exists=True), help="Real traces, for the bench of truth."
)
def command(*, name: str, is_quick: bool, json_path: Path | None, traces_path: Path | None) -> None:
    """Measure something on an installation of its own, beside a reference; code 1 when a target is missed.

    NAME is a bench, or `all`. A name that does not exist lists them.
    """
    if name not in {*BENCHES, ALL}:
        known = "\n".join(f"  {bench:<10}{what}" for bench, what in BENCHES.items())
        raise CommandRefused(f"there is no bench named {name}; there are\n{known}")
    machine, console = describe_machine(), Console()
    documents = []
    outcomes: list[Outcome] = []
    for bench in BENCHES if name == ALL else [name]:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            outcome = runner.run(find(bench)(Plan.of(is_quick=is_quick, traces=traces_path)))
        print_outcome(console, bench, machine, outcome)
        outcomes.append(outcome)
        documents.append(as_document(bench, machine, outcome.results))
    if json_path is not None:
        written = documents if name == ALL else documents[0]
        json_path.write_bytes(msgspec.json.format(msgspec.json.encode(written), indent=2) + b"\n")
    if any(result.holds is False for outcome in outcomes for result in outcome.results):
        sys.exit(1)
