"""A WebSocket of a server that does not lend its transports: one task carries what is written, another answers."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final, TypeAlias

import structlog
from litestar.connection import WebSocket
from litestar.exceptions import WebSocketDisconnect

from infra.live.frames import CloseCode
from infra.live.source import STORE_AWAY
from infra.live.streams import StreamSink

log: Final = structlog.get_logger()
Socket: TypeAlias = WebSocket[Any, Any, Any]
Answer: TypeAlias = Callable[[deque[bytes]], Awaitable[bytes | None]]
GONE: Final = (WebSocketDisconnect, RuntimeError)  # the last is uvicorn's word for "closed already"


async def carry_and_answer(
    socket: Socket, sink: StreamSink, answer: Answer, *, frame_bytes: int, stalled_s: float, is_binary: bool = False
) -> None:
    """Send what is written to the sink and answer what comes in, one frame after the other, until either side ends."""
    async with asyncio.TaskGroup() as tasks:
        carrying = tasks.create_task(_carry(socket, sink, stalled_s=stalled_s, is_binary=is_binary))
        try:
            await _answer_all(socket, sink, answer, frame_bytes=frame_bytes)
        except STORE_AWAY as away:
            log.warning("live.session_interrupted", error=repr(away))
            sink.end(CloseCode.TRY_AGAIN, "try again")
        if not sink.is_over:
            carrying.cancel()


async def _answer_all(socket: Socket, sink: StreamSink, answer: Answer, *, frame_bytes: int) -> None:
    while True:
        message: Any = await socket.receive()
        if message["type"] != "websocket.receive":
            return
        raw = message.get("bytes") or (message.get("text") or "").encode()
        if len(raw) > frame_bytes:
            sink.end(CloseCode.TOO_BIG, f"a frame may have {frame_bytes} bytes")
            return
        reply = await answer(deque([raw]))
        await sink.drained()
        if reply is not None and not sink.is_over:
            sink.write(reply)


async def _carry(socket: Socket, sink: StreamSink, *, stalled_s: float, is_binary: bool) -> None:
    with suppress(*GONE):
        while True:
            await sink.wait()
            try:
                async with asyncio.timeout(stalled_s):
                    for part in sink.take():
                        content = {"text": None, "bytes": part} if is_binary else {"text": part.decode(), "bytes": None}
                        message: Any = {"type": "websocket.send"} | content
                        await socket.send(message)
            except TimeoutError:
                sink.end(CloseCode.SLOW, "slow, resume")
            if sink.ended is not None:
                code, reason = sink.ended
                await socket.send({"type": "websocket.close", "code": int(code), "reason": reason})
                return
