"""What comes in over a feed's socket, without a task that waits for it: one exists while a frame is being answered."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from infra.live.frames import CloseCode
from infra.live.sockets import SocketSink
from infra.live.source import STORE_AWAY

log: Final = structlog.get_logger()
MANY: Final = 32  # frames that wait: some 5 KB of pings


def one_by_one(answer: Callable[[bytes], Awaitable[bytes | None]]) -> Callable[[deque[bytes]], Awaitable[bytes | None]]:
    """Return what answers the first of the frames that wait."""
    return lambda waiting: answer(waiting.popleft())


class Listener:
    """Answers a socket's frames in their order, and says once that it is gone.

    `answer` takes those from the front of what waits that it answers at once: one or more.
    """

    __slots__ = ("_answer", "_answering", "_frame_bytes", "_gone", "_is_paused", "_sink", "_waiting")

    def __init__(
        self,
        sink: SocketSink,
        answer: Callable[[deque[bytes]], Awaitable[bytes | None]],
        gone: Callable[[], None],
        *,
        frame_bytes: int,
    ) -> None:
        self._sink = sink
        self._answer = answer
        self._gone = gone
        self._frame_bytes = frame_bytes
        self._waiting: deque[bytes] | None = None
        self._is_paused = False
        self._answering: asyncio.Task[None] | None = None

    def hear(self, raw: bytes) -> None:
        """Take a frame; nothing more is read from the socket until all of many that came are answered."""
        if len(raw) > self._frame_bytes:
            self._sink.end(CloseCode.TOO_BIG, f"a frame may have {self._frame_bytes} bytes")
            return
        if self._waiting is None:
            self._waiting = deque()
        self._waiting.append(raw)
        if len(self._waiting) > MANY and not self._is_paused:
            self._is_paused = True
            self._sink.pause_reading()
        if self._answering is None:
            self._answering = asyncio.create_task(self._answer_all())

    def lose(self) -> None:
        """Leave, as the socket is gone; a frame that is being answered is answered to its end: it was said."""
        self._waiting = None
        self._gone()

    async def _answer_all(self) -> None:
        try:
            while not self._sink.is_over:
                await asyncio.sleep(0)  # a flood of small frames must not hold up everybody else
                if not self._waiting:  # all are answered, or the socket was lost this moment
                    break
                reply = await self._answer(self._waiting)
                await self._sink.drained()
                if reply is not None and not self._sink.is_over:
                    self._sink.write(reply)
        except STORE_AWAY as away:
            log.warning("live.session_interrupted", error=repr(away))
            self._sink.end(CloseCode.TRY_AGAIN, "try again")
        except Exception:  # a task's edge: the watcher comes back, and whoever reads the log is told
            log.exception("live.frame_not_answered")
            self._sink.end(CloseCode.TRY_AGAIN, "try again")
        self._answering = None
        self._waiting = None
        if self._is_paused:
            self._is_paused = False
            self._sink.resume_reading()
