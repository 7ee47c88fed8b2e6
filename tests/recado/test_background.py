import asyncio

import pytest

from recado.background import running


async def test_loops_run_beside_the_block_and_end_with_it():
    said = []

    async def loop():
        try:
            await asyncio.Event().wait()
        finally:
            said.append("ended")

    async with asyncio.timeout(5), running(loop(), loop()):
        await asyncio.sleep(0)
        assert said == []

    assert said == ["ended", "ended"]


async def test_a_loop_that_loses_being_cancelled_is_cancelled_again():
    """Because a wait that is done in the same instant may take no notice."""
    lost = []

    async def loop():
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if len(lost) == 2:
                    raise
                lost.append("once")

    async with asyncio.timeout(5), running(loop()):
        await asyncio.sleep(0)

    assert lost == ["once", "once"]


async def test_a_loop_that_dies_ends_the_block_and_the_others():
    async def dies():
        raise ZeroDivisionError

    with pytest.RaisesGroup(ZeroDivisionError):
        async with asyncio.timeout(5), running(asyncio.Event().wait(), dies()):
            await asyncio.Event().wait()
