"""Being asked to stop, by Ctrl-C, SIGTERM or a closing terminal, whatever we are doing at that moment."""

import asyncio
import signal
from collections.abc import Coroutine
from types import FrameType
from typing import Any, Final, TypeVar

ASKING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
T = TypeVar("T")

_asked: Final[list[int]] = []


def leave_when_asked() -> None:
    """Let a signal end this process wherever it is. For plain code: loops go by `run_unless_asked`.

    What the handler raises may be swallowed, as Python does in what it runs around each fork: `leave_if_asked`, before
    the next long step, raises it again.
    """
    _asked.clear()
    for number in _heard():
        signal.signal(number, _leave)


def leave_if_asked() -> None:
    """Raise what a signal is to raise if one came."""
    if _asked:
        number = _asked[0]
        _asked.clear()
        raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(128 + number)


def run_unless_asked(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end; a signal cancels it, and we leave once it has let go of everything.

    A handler that raises would do so in the middle of a driver's compiled code too, which may swallow it or crash.
    """
    before = {number: signal.getsignal(number) for number in _heard()}

    async def cancellable() -> T:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()

        def cancel(number: int, _: FrameType | None) -> None:
            _asked.append(number)
            if task is not None and not loop.is_closed():
                loop.call_soon_threadsafe(task.cancel)

        for number in before:
            signal.signal(number, cancel)
        if _asked and task is not None:
            task.cancel()
        return await work

    try:
        return asyncio.run(cancellable())
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        leave_if_asked()


def stop_on_signals() -> asyncio.Event:
    """Return an event that Ctrl-C, SIGTERM and a closing terminal set."""
    stopping = asyncio.Event()
    for number in _heard():
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    return stopping


def _heard() -> list[signal.Signals]:
    """Return the signals that nobody told us to ignore, as `nohup` does."""
    return [number for number in ASKING if signal.getsignal(number) not in (signal.SIG_IGN, None)]


def _leave(number: int, _: FrameType | None) -> None:
    _asked.append(number)
    raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(128 + number)
