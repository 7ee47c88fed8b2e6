import asyncio
import socket
from pathlib import Path

import click

from recado.children import api_children, run_processes
from recado.commands.options import current_settings, data_option
from recado.listening import bind
from recado.logs import start_logging
from recado.preflight import check_stores, check_streets
from recado.server import serve


@click.command("api")
@data_option
@click.option("--fd", type=int, hidden=True, help="A bound socket inherited from a supervisor.")
def command(data: Path, fd: int | None) -> None:
    """Answer requests; with API_PROCESSES above 1, in so many processes."""
    settings = current_settings(data)
    check_streets(settings)
    listener = bind(settings.host, settings.port) if fd is None else socket.socket(fileno=fd)
    if fd is None and settings.api_processes > 1:
        run_processes(api_children(settings, listener))
        return
    asyncio.run(check_stores(settings))
    start_logging(settings.log_level)
    serve(settings, listener=listener)
