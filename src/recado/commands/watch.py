import asyncio
from pathlib import Path

import click
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from recado.commands.options import current_settings, data_option
from recado.errors import CommandRefused


@click.command("watch")
@data_option
@click.option("--token", required=True, help="Access token of whoever watches.")
@click.option("--after", type=click.IntRange(min=0), help="The last number seen; everything behind it comes first.")
@click.option("--epoch", help="The numbering that number belongs to.")
@click.argument("path")
def command(*, data: Path, token: str, after: int | None, epoch: str | None, path: str) -> None:
    """Print a feed's frames, one a line, until it ends. PATH is the feed's route, such as /v1/orders/ord_…/feed."""
    settings = current_settings(data)
    wanted = {"after": after, "epoch": epoch}
    query = "&".join(f"{name}={value}" for name, value in wanted.items() if value is not None)
    url = f"ws://{settings.host}:{settings.port}{path}{f'?{query}' if query else ''}"
    asyncio.run(_print(url, token))


async def _print(url: str, token: str) -> None:
    try:
        async with connect(url, additional_headers={"Authorization": f"Bearer {token}"}) as socket:
            async for frame in socket:
                click.echo(frame)
    except InvalidStatus as refusal:
        raise CommandRefused(f"{url} refused the socket with {refusal.response.status_code}") from None
    except ConnectionClosed as closed:
        raise CommandRefused(f"the feed ended: {closed}") from None
    except OSError as error:
        raise CommandRefused(f"{url} does not answer ({error}): is `recado up` running?") from None
