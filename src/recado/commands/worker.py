import asyncio
import signal
from pathlib import Path

import click
import uvloop

from recado.children import run_processes, worker_children
from recado.commands.options import current_settings, data_option
from recado.logs import start_logging
from recado.preflight import check_stores
from recado.settings import Settings
from recado.worker import run


@click.command("worker")
@data_option
def command(data: Path) -> None:
    """Do what happens without anybody asking; with WORKER_PROCESSES above 1, in so many processes."""
    settings = current_settings(data)
    if settings.worker_processes > 1:
        run_processes(worker_children(settings))
        return
    asyncio.run(check_stores(settings))
    start_logging(settings.log_level)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_until_told(settings))


async def _until_told(settings: Settings) -> None:
    working = asyncio.create_task(run(settings))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, working.cancel)
    try:
        await working
    except asyncio.CancelledError:
        if not working.cancelled():
            raise
