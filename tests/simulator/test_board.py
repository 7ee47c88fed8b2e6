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
    no_pages = (404, {"type": "/problems/not_found"})
    town = Town(
        a_day(), {"/v1/clock": (200, CLOCK), "/v1/pairings": no_pages, "/v1/orders/ord_1/share-links": no_pages}
    )
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
    assert line.startswith(
        "12:00  1 under way, none ended; riders 0 free 0 busy; promises 0 kept 0 broken; 60 times as fast;"
    )
    assert line.endswith("12:00:00  lunch  order.accepted")


async def test_a_terminal_shows_orders_riders_and_what_happens(town: Town):
    board, written = a_board(town, is_terminal=True)
    town.record.hear({"type": "order.picked_up"})
    town.record.hear({"type": "hidden"})

    await shown(board, for_s=0.2)

    screen = written.getvalue()
    for words in ("picked up", "off", "deadlines overdue now", "promises kept / broken", "lunch  order.picked_up"):
        assert words in screen
    assert "hidden" not in screen


async def test_a_machine_that_cannot_keep_up_is_told_so(town: Town):
    board, written = a_board(town, is_terminal=False)
    town.stage.behind_s, town.stage.wished_rate = 2.0, 90.0

    await shown(board, for_s=0.2)

    assert "60 times as fast where 90 were asked for: this machine cannot keep up" in written.getvalue()
    assert "behind by 2.0 s (120 s of the evening)" in written.getvalue()


async def test_estimates_are_held_against_doors(town: Town):
    board, written = a_board(town, is_terminal=False)
    town.record.hear({"type": "promise.made", "promised_by": "2026-03-06T15:40:00Z", "eta_at": "2026-03-06T15:30:00Z"})
    town.record.hear({"type": "order.picked_up", "occurred_at": "2026-03-06T15:20:00Z"})
    town.record.hear({"type": "order.delivered", "occurred_at": "2026-03-06T15:33:00Z"})

    await shown(board, for_s=0.2)

    assert "promises 1 kept 0 broken; ETA off by 3.0 min (+3.0)" in written.getvalue()


async def test_an_order_that_ended_is_counted_by_how(town: Town):
    board, written = a_board(town, is_terminal=False)
    town.record.hear({"type": "order.accepted"})
    town.record.hear({"type": "order.cancelled"})

    await shown(board, for_s=0.2)

    assert "0 under way, 1 cancelled;" in written.getvalue()
