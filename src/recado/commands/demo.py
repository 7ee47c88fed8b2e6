import click
from rich.console import Console

from recado.commands.day import CENTRE, EVENING_STARTS_AT, finish
from recado.errors import CommandRefused
from recado.simulated import play_on_own_installation
from simulator.board import Board
from simulator.city import Cast
from simulator.errors import NeverQuiet, Unexpected
from simulator.generator import EVENING, Wish, generate
from simulator.scene import Scene


@click.command("demo")
@click.option("--orders", default=80, show_default=True, type=click.IntRange(1, 5_000))
@click.option("--riders", default=30, show_default=True, type=click.IntRange(1, 1_000))
@click.option("--seed", default=5, show_default=True, type=int)
@click.option("--rate", default=60.0, show_default=True, type=click.FloatRange(min=0.1, max=1_000))
def command(*, orders: int, riders: int, seed: int, rate: float) -> None:
    """Play an evening of orders at a speed a person can follow, with a live board, then check everything."""
    console = Console()
    wish = Wish(seed=seed, orders=orders, riders=riders, centre=CENTRE, starts_at=EVENING_STARTS_AT, waves=EVENING)
    day = generate(wish)
    console.print(f"An evening in São Paulo: {orders} orders, {riders} riders, seed {seed}, {rate:g} times as fast.")

    async def show(scene: Scene, cast: Cast) -> None:
        await Board(console, scene, cast).show()

    try:
        played = play_on_own_installation(day, rate=rate, keep=None, on_stage=show)
    except (NeverQuiet, Unexpected) as error:
        raise CommandRefused(f"the evening stopped: {error}") from error
    finish(day, played, json_path=None)
