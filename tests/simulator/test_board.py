import asyncio
from io import StringIO

import pytest
from rich.console import Console
from tests.simulator.town import NOON, Town, a_day

from simulator.board import Board
from simulator.city import Cast
from simulator.riders import Rider

CLOCK = {
    "now": "2026-03-06T15:00:00Z",
    "rate": 60.0,
    "is_simulated": True,
    "overdue_timers": 2,
    "unsent_events": 0,
    "next_due_at": None,
    "position": 9,
}


@pytest.fixture
def town() -> Town:
    town = Town(a_day(), {"/v1/clock": (200, CLOCK)})
    town.stage.now = NOON
    return town


def a_board(town: Town, *, is_terminal: bool) -> tuple[Board, StringIO]:
    written = StringIO()
    rider = Rider(town.scene, town.day.riders[0], rider_id="rdr_ana", caller=town.api.administrator)
    console = Console(file=written, width=100, force_terminal=is_terminal, color_system=None)
    return Board(console, town.scene, Cast([], [rider], [])), written


async def shown(board: Board, *, for_s: float) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(board.show(), for_s)


async def test_without_a_terminal_the_evening_is_told_line_by_line(town: Town):
    board, written = a_board(town, is_terminal=False)
    town.record.hear({"type": "order.accepted"})

    await shown(board, for_s=0.2)

    (line,) = written.getvalue().splitlines()
    assert line.startswith("12:00  1 under way, none ended; riders 0 free 0 busy; 2 deadlines overdue;")
    assert line.endswith("12:00:00  lunch  order.accepted")


async def test_a_terminal_shows_orders_riders_and_what_happens(town: Town):
    board, written = a_board(town, is_terminal=True)
    town.record.hear({"type": "order.picked_up"})
    town.record.hear({"type": "hidden"})

    await shown(board, for_s=0.2)

    screen = written.getvalue()
    for words in ("picked up", "off", "2 deadlines overdue", "lunch  order.picked_up"):
        assert words in screen
    assert "hidden" not in screen


async def test_an_order_that_ended_is_counted_by_how(town: Town):
    board, written = a_board(town, is_terminal=False)
    town.record.hear({"type": "order.accepted"})
    town.record.hear({"type": "order.cancelled"})

    await shown(board, for_s=0.2)

    assert "0 under way, 1 cancelled;" in written.getvalue()
