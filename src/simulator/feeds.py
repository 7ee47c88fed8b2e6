"""Follows feeds over WebSocket as phones and tablets do: from the last number seen, through every interruption."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any, Final

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, WebSocketException

from simulator.api import Caller
from simulator.errors import NeverQuiet

Json = dict[str, Any]
OnEvent = Callable[[Json], None]
SEEN_WITHIN_S: Final = 20.0
AGAIN_AFTER_S: Final = (0.05, 0.2, 0.5, 1.0, 2.0)  # the last repeats
UNAUTHORISED: Final = 401
MOST_IN_A_FRAME: Final = 50  # sockets take small frames only; more goes as a request
_encode: Final = msgspec.json.Encoder().encode
FINAL_CLOSE_CODES: Final = range(4500, 5000)  # "do not come back"


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A numbered message as it was received."""

    seq: int
    event: Json


class Feed:
    """One person's view of one order, store or rider, kept message by message."""

    def __init__(
        self, feed_id: str, path: str, caller: Caller, *, epoch: str | None = None, on_event: OnEvent | None = None
    ) -> None:
        """Follow from number 0 on where the epoch is known, else from wherever the feed stands."""
        self.id, self._path, self.caller, self._on_event = feed_id, path, caller, on_event
        self.epoch = epoch
        self.seq = self.first_seq = 0
        self.messages: list[Message] = []
        self.faults: list[str] = []
        self.positions = 0  # so many came
        self.position: Json | None = None  # of which the latest
        self.connections = 0
        self.is_ended = False
        self._trouble = "it was never refused"
        self._socket: ClientConnection | None = None
        self._uploads: dict[int, asyncio.Future[list[Json]]] = {}
        self._upload_numbers = count(1)
        self.seen = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None

    async def open(self, address: str, *, head: int = 0) -> None:
        """Start following and return once connected and `head` was seen."""
        self._task = asyncio.create_task(self._follow(address.replace("http", "ws", 1)), name=f"feed {self.id}")
        await self.wait_for(head)

    async def close(self) -> None:
        """Stop following."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def wait_for(self, head: int) -> None:
        """Return when connected and the message of this number was seen; NeverQuiet when it does not come."""
        if self._task is not None and self._task.done() and not self._task.cancelled():
            self._task.result()
        try:
            async with asyncio.timeout(SEEN_WITHIN_S), self.seen:
                await self.seen.wait_for(lambda: self.connections > 0 and self.seq >= head)
        except TimeoutError:
            raise NeverQuiet(f"the watcher of {self.id} saw {self.seq} and waits for {head}; {self._trouble}") from None

    async def upload(self, positions: Sequence[object]) -> list[Json] | None:
        """Send positions up the rider's feed and return the verdicts; None where that is not possible now."""
        if self._socket is None or len(positions) > MOST_IN_A_FRAME:
            return None
        number = next(self._upload_numbers)
        acknowledged = self._uploads[number] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(SEEN_WITHIN_S):
                await self._socket.send(_encode({"n": number, "positions": positions}).decode(), text=True)
                verdicts: list[Json] = await acknowledged
        except (ConnectionError, ConnectionClosed, TimeoutError):
            return None  # Sent again another way: a position sent twice counts once.
        finally:
            self._uploads.pop(number, None)
        return verdicts

    async def _follow(self, address: str) -> None:
        failures = 0
        while not self.is_ended:
            try:
                async with connect(
                    f"{address}{self._path}?after={self.seq}{f'&epoch={self.epoch}' if self.epoch else ''}",
                    additional_headers={"Authorization": f"Bearer {self.caller.token}"},
                    compression=None,
                    proxy=None,
                    max_queue=None,
                ) as self._socket:
                    async for frame in self._socket:
                        failures = 0
                        await self._receive(msgspec.json.decode(frame))
            except InvalidStatus as refused:
                self._trouble = f"it was refused with {refused.response.status_code}"
                if refused.response.status_code == UNAUTHORISED:
                    await self.caller.renew()
            except ConnectionClosed as closed:
                self._trouble = f"it was closed: {closed}"
                self.is_ended = closed.rcvd is not None and closed.rcvd.code in FINAL_CLOSE_CODES
            except (OSError, WebSocketException, InvalidHandshake, TimeoutError) as error:
                self._trouble = repr(error)  # Away for a moment: that is what numbers are for.
            self._hang_up()
            await asyncio.sleep(AGAIN_AFTER_S[min(failures, len(AGAIN_AFTER_S) - 1)])
            failures += 1

    def _hang_up(self) -> None:
        self._socket = None
        for waiting in self._uploads.values():
            if not waiting.done():
                waiting.set_exception(ConnectionAbortedError())

    async def _receive(self, frame: Json) -> None:
        match frame.get("type"):
            case "snapshot" | "resumed":
                self._begin(frame)
            case "event":
                self._keep(int(frame["seq"]), frame["event"])
            case "position":
                self.positions += 1
                self.position = frame["position"]
            case "ack":
                if (waiting := self._uploads.get(int(frame["n"]))) is not None and not waiting.done():
                    waiting.set_result(frame["verdicts"])
                return
            case "heartbeat":
                return
        async with self.seen:
            self.seen.notify_all()

    def _begin(self, frame: Json) -> None:
        self.connections += 1
        epoch = frame.get("epoch", self.epoch)
        if self.epoch is not None and epoch != self.epoch:
            self.faults.append(f"{self.id} changed its epoch from {self.epoch} to {epoch}")
        self.epoch = epoch
        if frame["type"] == "snapshot" and int(frame["seq"]) > self.seq:
            if self.seq:
                self.faults.append(f"{self.id} started over at {frame['seq']} after {self.seq}")
            self.seq = self.first_seq = int(frame["seq"])

    def _keep(self, seq: int, event: Json) -> None:
        if seq != self.seq + 1:
            self.faults.append(f"{self.id} went from {self.seq} to {seq}")
        self.seq = seq
        self.messages.append(Message(seq=seq, event=event))
        if self._on_event is not None:
            self._on_event(event)


class Watched:
    """All feeds simulated people follow."""

    def __init__(self, address: str) -> None:
        self._address = address
        self.feeds: dict[str, Feed] = {}

    async def watch(self, feed: Feed, *, head: int = 0) -> None:
        """Follow one more feed."""
        self.feeds[feed.id] = feed
        await feed.open(self._address, head=head)

    async def catch_up(self, heads: Mapping[str, int]) -> None:
        """Return when every watched feed has seen its head."""
        for feed_id, head in heads.items():
            if (feed := self.feeds.get(feed_id)) is not None and feed.seq < head:
                await feed.wait_for(head)

    async def close(self) -> None:
        """Stop following all of them."""
        await asyncio.gather(*(feed.close() for feed in self.feeds.values()))
