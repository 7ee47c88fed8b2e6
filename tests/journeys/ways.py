"""The ways a feed can be followed, each by a small client that comes back by itself and keeps every message."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from random import Random
from typing import Any, ClassVar, Final

import httpx
import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

Json = dict[str, Any]
FINAL_CODES: Final = range(4500, 5000)  # "do not come back"
FOR_GOOD: Final = range(3500, 4000)  # the same in the words of the Centrifuge protocol
AGAIN_AFTER_S: Final = (0.05, 0.5)
SILENT_FOR_S: Final = 40.0  # two heartbeats and more
WAITS_S: Final = 35  # for an answer, unless something happens
TROUBLE: Final = (OSError, TimeoutError, WebSocketException, httpx.TransportError)


def a_client(address: str) -> httpx.AsyncClient:
    """Return what many watchers may share: as many connections as they like, and no patience with none."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=200)
    timeout = httpx.Timeout(SILENT_FOR_S, connect=5)
    return httpx.AsyncClient(base_url=address, verify=False, trust_env=False, limits=limits, timeout=timeout)


class Way(ABC):
    """Somebody who follows one order. What is told is kept as it came; a gap, a repeat, a start-over is a fault."""

    name: ClassVar[str]

    def __init__(
        self, client: httpx.AsyncClient, order_id: str, token: str, *, role: str, from_zero: bool, chance: Random
    ) -> None:
        self.order_id, self.role = order_id, role
        self.first_seq = 0
        self.seq: int | None = 0 if from_zero else None
        self.epoch: str | None = None
        self.history: list[tuple[int, Json]] = []
        self.places: list[tuple[float, Json]] = []  # when each came, by the machine's clock, and where it was
        self.closed: list[tuple[float, int]] = []
        self.begun = 0
        self.faults: list[str] = []
        self.is_over = False
        self._client, self._token, self._chance = client, token, chance

    def __str__(self) -> str:
        return f"{self.role} {self.name} of {self.order_id}"

    async def follow(self) -> None:
        """Follow until told not to come back; connections may break as often as they like."""
        while not self.is_over:
            try:
                await self._follow_once()
            except TROUBLE as error:
                self.trouble = repr(error)
            await asyncio.sleep(self._chance.uniform(*AGAIN_AFTER_S))

    @abstractmethod
    async def _follow_once(self) -> None:
        """Connect behind what was seen last, and take what comes until the connection ends."""

    @property
    def _headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    @property
    def _query(self) -> dict[str, str]:
        known = {"after": self.seq, "epoch": self.epoch}
        return {name: str(value) for name, value in known.items() if value is not None}

    def _take(self, frame: Json) -> None:
        match frame["type"]:
            case "snapshot" | "resumed":
                self._begin(frame["type"] == "resumed", int(frame["seq"]), frame["epoch"])
            case "event":
                self._keep(int(frame["seq"]), frame["event"])
            case "position":
                self.places.append((time.monotonic(), frame["position"]))
            case "end":
                self._end(int(frame["code"]))
            case "error":
                self.faults.append(f"{self}: was told {frame}")

    def _begin(self, is_resumed: bool, seq: int, epoch: str) -> None:  # noqa: FBT001  as it is told
        self.begun += 1
        if self.epoch not in {None, epoch}:
            self.faults.append(f"{self}: the epoch became {epoch}")
        self.epoch = epoch
        if self.seq is None:
            self.seq = self.first_seq = seq
        elif not is_resumed:
            self.faults.append(f"{self}: started over at {seq} behind {self.seq}")
            self.seq = seq

    def _keep(self, seq: int, event: Json) -> None:
        if seq != (self.seq or 0) + 1:
            self.faults.append(f"{self}: {seq} came behind {self.seq}")
        self.seq = seq
        self.history.append((seq, event))

    def _end(self, code: int) -> None:
        self.closed.append((time.monotonic(), code))
        self.is_over = code in FINAL_CODES or code in FOR_GOOD
        if self.is_over:
            self.faults.append(f"{self}: was closed for good with {code}")


class OverSocket(Way):
    """Frames over a WebSocket."""

    name = "socket"

    async def _follow_once(self) -> None:
        address = str(self._client.base_url).replace("http", "ws", 1)
        path = httpx.URL(f"/v1/orders/{self.order_id}/feed", params=self._query)
        options: Any = {"compression": None, "proxy": None, "max_queue": None, "close_timeout": 1}
        async with connect(f"{address}{path}", additional_headers=self._headers, **options) as socket:
            try:
                async for frame in socket:
                    self._take(msgspec.json.decode(frame))
            except ConnectionClosed:
                if socket.close_code is not None:
                    self._end(socket.close_code)


class OverEvents(Way):
    """Server-Sent Events, resumed by the id of the last one alone, as browsers do."""

    name = "events"
    _last_id: str | None = None

    async def _follow_once(self) -> None:
        known = {} if self._last_id is None else {"Last-Event-ID": self._last_id}
        query = self._query if self._last_id is None else {}
        path = f"/v1/orders/{self.order_id}/feed/events"
        async with self._client.stream("GET", path, params=query, headers={**self._headers, **known}) as answer:
            if answer.status_code != httpx.codes.OK:
                self._refused(answer.status_code)
                return
            async with aclosing(self._events(answer)) as events:
                async for frame in events:
                    self._take(frame)

    async def _events(self, answer: httpx.Response) -> AsyncIterator[Json]:
        event: dict[str, str] = {}
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            if line:
                event[name] = value
                continue
            self._last_id = event.get("id", self._last_id)
            if "data" in event:
                yield msgspec.json.decode(event["data"])
            event = {}

    def _refused(self, status: int) -> None:
        if status != httpx.codes.SERVICE_UNAVAILABLE:
            self.faults.append(f"{self}: was answered {status}")


class OverPolls(Way):
    """One question after the other, each behind what the last answer counted."""

    name = "polls"

    async def _follow_once(self) -> None:
        while True:
            path = f"/v1/orders/{self.order_id}/feed"
            query = {**self._query, "wait_s": str(WAITS_S)}
            answer = await self._client.get(path, params=query, headers=self._headers)
            if answer.status_code != httpx.codes.OK:
                if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                    self.faults.append(f"{self}: was answered {answer.status_code}")
                return
            said = answer.json()
            for frame in said["frames"]:
                self._take(frame)
            if said["seq"] != self.seq:
                self.faults.append(f"{self}: the answer counted {said['seq']} and told up to {self.seq}")


class OverCentrifuge(Way):
    """A channel of the Centrifuge protocol: one command a line, one push or reply a line."""

    name = "centrifuge"

    async def _follow_once(self) -> None:
        address = str(self._client.base_url).replace("http", "ws", 1)
        options: Any = {"compression": None, "proxy": None, "max_queue": None, "close_timeout": 1}
        async with connect(f"{address}/v1/connection/websocket", **options) as socket:
            await self._send(socket, {"id": 1, "connect": {"token": self._token}}, {"id": 2, "subscribe": self._asked})
            try:
                async for message in socket:
                    for line in str(message).split("\n"):
                        if not await self._hear(socket, msgspec.json.decode(line)):
                            return
            except ConnectionClosed:
                self._end(socket.close_code or 0)

    @property
    def _asked(self) -> Json:
        asked: Json = {"channel": f"{self.role}:{self.order_id}"}
        if self.seq is not None:
            asked |= {"recover": True, "offset": self.seq, "epoch": self.epoch or ""}
        return asked

    async def _send(self, socket: ClientConnection, *commands: Json) -> None:
        await socket.send("\n".join(msgspec.json.encode(command).decode() for command in commands))

    async def _hear(self, socket: ClientConnection, said: Json) -> bool:
        """Take one line; False where the channel must be subscribed again."""
        match said:
            case {"push": {"pub": publication}}:
                self._published(publication)
            case {"push": {"unsubscribe": _}}:
                return False
            case {"error": error}:
                if not error.get("temporary"):
                    self.faults.append(f"{self}: was told {error}")
                return False
            case {"subscribe": subscribed}:
                self._subscribed(subscribed)
        if not said:  # a ping
            await self._send(socket, {})
        return True

    def _published(self, publication: Json) -> None:
        if "offset" in publication:
            self._keep(publication["offset"], publication["data"])
        else:
            self._take(publication["data"])

    def _subscribed(self, subscribed: Json) -> None:
        if "data" in subscribed:  # a snapshot, which says all of this itself
            self._take(subscribed["data"])
            return
        self._begin(subscribed.get("recovered", False), subscribed["offset"], subscribed["epoch"])
        for publication in subscribed.get("publications", []):
            self._published(publication)


WAYS: Final[tuple[type[Way], ...]] = (OverSocket, OverEvents, OverPolls, OverCentrifuge)
