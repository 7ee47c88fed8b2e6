"""Being asked to stop, by Ctrl-C, SIGTERM or a closing terminal, whatever we are doing at that moment."""

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from types import FrameType
from typing import Any, Final, TypeVar

ASKING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
T = TypeVar("T")


class _Asked:
    """Which signal came first, and whether a child is being made: Python swallows what is raised around a fork."""

    number: int | None = None
    is_forking = False
    is_watching_forks = False


_asked: Final = _Asked()


def leave_when_asked() -> None:
    """Let a signal end this process wherever it is. For plain code: loops go by `run_unless_asked`.

    One that comes while a child is made is heard by the next `leave_if_asked`, with which `run_unless_asked` ends.
    """
    if not _asked.is_watching_forks:
        # The last that registers is the first to be called before a fork, and the last after it.
        os.register_at_fork(before=_begin_fork, after_in_parent=_end_fork, after_in_child=_end_fork)
    _asked.number, _asked.is_watching_forks = None, True
    for number in _heard():
        signal.signal(number, _leave)


def leave_if_asked() -> None:
    """Raise what a signal is to raise if one came."""
    if _asked.number is not None:
        number, _asked.number = _asked.number, None
        raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(128 + number)


def run_unless_asked(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end; a signal cancels it, and we leave once it has let go of everything.

    A handler that raises would do so in the middle of a driver's compiled code too, which may swallow it or crash.
    """
    before = {number: signal.getsignal(number) for number in _heard()}
    cancels: list[Callable[[], object]] = []

    def note(number: int, _: FrameType | None) -> None:
        _note(number)
        for cancel in cancels:
            cancel()

    async def cancellable() -> T:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        if task is not None:
            cancels.append(lambda: loop.is_closed() or loop.call_soon_threadsafe(task.cancel))
            if _asked.number is not None:
                task.cancel()
        return await work

    for number in before:
        signal.signal(number, note)
    try:
        return asyncio.run(cancellable())
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)
        leave_if_asked()


def stop_on_signals() -> asyncio.Event:
    """Return an event that Ctrl-C, SIGTERM and a closing terminal set."""
    stopping = asyncio.Event()
    for number in _heard():
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    return stopping


def _heard() -> list[signal.Signals]:
    """Return all of them, but a closing terminal where `nohup` told us to ignore it.

    Ctrl-C is heard where a script put us in the background, which ignores it, too: whoever sends it means it.
    """
    return [number for number in ASKING if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN]


def _leave(number: int, _: FrameType | None) -> None:
    _note(number)
    if not _asked.is_forking:
        leave_if_asked()


def _note(number: int) -> None:
    _asked.number = _asked.number or number


def _begin_fork() -> None:
    _asked.is_forking = True


def _end_fork() -> None:
    _asked.is_forking = False
