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


class Listener:
    """Answers a socket's frames one after the other, and says once that it is gone."""

    __slots__ = ("_answer", "_answering", "_frame_bytes", "_gone", "_sink", "_waiting")

    def __init__(
        self,
        sink: SocketSink,
        answer: Callable[[bytes], Awaitable[bytes | None]],
        gone: Callable[[], None],
        *,
        frame_bytes: int,
    ) -> None:
        self._sink = sink
        self._answer = answer
        self._gone = gone
        self._frame_bytes = frame_bytes
        self._waiting: deque[bytes] | None = None
        self._answering: asyncio.Task[None] | None = None

    def hear(self, raw: bytes) -> None:
        """Take a frame; nothing more is read from the socket until all that came is answered."""
        if len(raw) > self._frame_bytes:
            self._sink.end(CloseCode.TOO_BIG, f"a frame may have {self._frame_bytes} bytes")
            return
        if self._waiting is None:
            self._waiting = deque()
        self._waiting.append(raw)
        if self._answering is None:
            self._sink.pause_reading()
            self._answering = asyncio.create_task(self._answer_all())

    def lose(self) -> None:
        """Leave, as the socket is gone; a frame that is being answered is answered to its end: it was said."""
        self._waiting = None
        self._gone()

    async def _answer_all(self) -> None:
        try:
            while self._waiting and not self._sink.is_over:
                await asyncio.sleep(0)  # a flood of small frames must not hold up everybody else
                reply = await self._answer(self._waiting.popleft())
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
        self._sink.resume_reading()
