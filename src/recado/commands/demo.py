import click
from rich.console import Console

from recado.commands.day import CENTRE, EVENING_STARTS_AT, finish, on_streets
from recado.errors import CommandRefused
from recado.simulated import play_on_own_installation
from simulator.board import Board
from simulator.city import Cast
from simulator.errors import NeverQuiet, Unexpected
from simulator.generator import EVENING, WHOLE_EVENING, Wish
from simulator.scene import Scene


@click.command("demo")
@click.option("--orders", default=400, show_default=True, type=click.IntRange(1, 5_000))
@click.option("--riders", default=60, show_default=True, type=click.IntRange(1, 1_000))
@click.option("--seed", default=5, show_default=True, type=int)
@click.option("--rate", default=30.0, show_default=True, type=click.FloatRange(min=0.1, max=1_000))
@click.option("--short", is_flag=True, help="One hour of orders instead of a whole evening.")
def command(*, orders: int, riders: int, seed: int, rate: float, short: bool) -> None:
    """Play an evening of orders at a speed a person can follow, with a live board, then check everything."""
    console = Console()
    waves = EVENING if short else WHOLE_EVENING
    wish = Wish(seed=seed, orders=orders, riders=riders, centre=CENTRE, starts_at=EVENING_STARTS_AT, waves=waves)
    console.print(
        f"An evening in central São Paulo: {orders} orders, {riders} riders, seed {seed}, {rate:g} times as fast. "
        "Streets © OpenStreetMap contributors (ODbL). Ctrl-C ends it.",
        highlight=False,
    )
    day, ways = on_streets(wish)

    async def show(scene: Scene, cast: Cast) -> None:
        await Board(console, scene, cast).show()

    try:
        played = play_on_own_installation(day, rate=rate, keep=None, ways=ways, on_stage=show)
    except (NeverQuiet, Unexpected) as error:
        raise CommandRefused(f"the evening stopped: {error}") from error
    finish(day, played, json_path=None)
