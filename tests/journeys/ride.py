"""Riders' phones in a hurry, each in its own way, who note what the house said about every ping."""

import asyncio
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import count
from random import Random
from typing import Any, Final

import httpx
import msgspec
from tests.journeys.town import SE, Town
from tests.journeys.ways import a_client
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from fleet.model.positions import to_ms
from infra.clock import wall_now
from kernel.geo import offset

Json = dict[str, Any]
PATH: Final = "/v1/rider/positions"
STORED: Final = frozenset({"accepted", "late", "duplicate"})
HELD_BACK: Final = 0.1  # of the uploads, sent once newer ones were
GIVEN_UP: Final = 0.3  # of those that were not answered
AGAIN_AFTER_S: Final = 0.05  # an impatient phone, whatever Retry-After says
ANSWERED_WITHIN_S: Final = 20.0
METRES_A_PING: Final = 0.05


class Phone(ABC):
    """One rider's phone: what it sent, when the house said that it is stored, and what it should not have said."""

    pings_at_once = 1
    every_s = 0.03

    def __init__(self, client: httpx.AsyncClient, rider_id: str, token: str, *, chance: Random) -> None:
        self.rider_id = rider_id
        self.sent: set[int] = set()
        self.stored_at_ms: dict[int, int] = {}  # device time -> when the answer came
        self.verdicts: Counter[str] = Counter()
        self.unanswered: Counter[str] = Counter()
        self.faults: list[str] = []
        self._client, self._token, self._chance = client, token, chance
        self._numbers = count(1)
        self._device_at_ms = 0
        self._held_back: list[list[Json]] = []

    async def ride(self) -> None:
        """Send where the rider is until cancelled."""
        while True:
            upload = [self._ping() for _ in range(self.pings_at_once)]
            if self._chance.random() < HELD_BACK:
                self._held_back.append(upload)
            else:
                await self._send(upload)
                for late in self._held_back:
                    await self._send(late)
                self._held_back.clear()
            await asyncio.sleep(self.every_s)

    def _ping(self) -> Json:
        self._device_at_ms = max(self._device_at_ms + 1, to_ms(wall_now()))
        self.sent.add(self._device_at_ms)
        here = offset(SE, east_m=METRES_A_PING * next(self._numbers), north_m=0)
        return {"device_at": self._device_at_ms, "lat": here.lat, "lon": here.lon, "accuracy_m": 8.0}

    async def _send(self, upload: list[Json]) -> None:
        while not await self._tell(upload):
            if self._chance.random() < GIVEN_UP:
                return
            await asyncio.sleep(AGAIN_AFTER_S)

    @abstractmethod
    async def _tell(self, upload: list[Json]) -> bool:
        """Send an upload once; False where nobody said that it is stored."""
        ...

    def _note(self, upload: Sequence[Json], answers: Sequence[Json]) -> None:
        if [ping["device_at"] for ping in upload] != [answer["device_at"] for answer in answers]:
            self.faults.append(f"{upload} was answered {answers}")
        for answer in answers:
            self.verdicts[answer["verdict"]] += 1
            if answer["verdict"] in STORED:
                self.stored_at_ms.setdefault(answer["device_at"], to_ms(wall_now()))
            else:
                self.faults.append(f"{answer}")


class ByRequest(Phone):
    """One ping in each request."""

    async def _tell(self, upload: list[Json]) -> bool:
        body = upload[0] if len(upload) == 1 else {"positions": upload}
        try:
            answer = await self._client.post(
                PATH,
                content=msgspec.json.encode(body),
                headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
            )
        except httpx.TransportError as error:
            self.unanswered[type(error).__name__] += 1
            return False
        if answer.status_code == httpx.codes.OK:
            self._note(upload, answer.json())
            return True
        self.unanswered[str(answer.status_code)] += 1
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE or not answer.headers.get("Retry-After"):
            self.faults.append(f"{answer.status_code} {dict(answer.headers)} {answer.text}")
        return False


class InBatches(ByRequest):
    """Many pings in each request."""

    pings_at_once = 10
    every_s = 0.1


class OverSocket(Phone):
    """One frame after the other over the rider's feed; several are on their way at once."""

    def __init__(self, client: httpx.AsyncClient, rider_id: str, token: str, *, chance: Random) -> None:
        super().__init__(client, rider_id, token, chance=chance)
        self._waiting: dict[int, Json] = {}
        self._frames = count(1)

    async def ride(self) -> None:
        """Send until cancelled, over one socket after the other."""
        address = str(self._client.base_url).replace("http", "ws", 1).rstrip("/")
        headers = {"Authorization": f"Bearer {self._token}"}
        while True:
            try:
                async with connect(
                    f"{address}/v1/rider/feed", additional_headers=headers, compression=None, proxy=None
                ) as self._socket:
                    listening = asyncio.create_task(self._listen())
                    try:
                        await super().ride()
                    finally:
                        listening.cancel()
                        await asyncio.gather(listening, return_exceptions=True)
            except ConnectionClosed as closed:
                code = 1006 if closed.rcvd is None else closed.rcvd.code
                self.unanswered[str(code)] += 1
                if code not in {1006, 1012, 4003}:
                    self.faults.append(f"closed with {closed}")
            except (OSError, WebSocketException, TimeoutError) as error:
                self.unanswered[type(error).__name__] += 1
            self._waiting.clear()
            await asyncio.sleep(AGAIN_AFTER_S)

    async def _tell(self, upload: list[Json]) -> bool:
        number = next(self._frames)
        self._waiting[number] = upload[0]
        await self._socket.send(msgspec.json.encode({"n": number, **upload[0]}).decode(), text=True)
        return True

    async def _listen(self) -> None:
        async for raw in self._socket:
            frame = msgspec.json.decode(raw)
            if frame["type"] == "ack":
                numbers = [number for number in self._waiting if number <= frame["n"]]
                self._note([self._waiting.pop(number) for number in numbers], frame["verdicts"])
            elif frame["type"] == "error":
                self._waiting.pop(frame.get("n", 0), None)
                self.unanswered[f"error {frame['problem'].get('status')}"] += 1
                if frame["problem"].get("status") != httpx.codes.SERVICE_UNAVAILABLE:
                    self.faults.append(f"{frame}")


class Ride:
    """Phones that ride together, and what anybody could see of them meanwhile."""

    def __init__(self, town: Town, address: str, *, seed: int) -> None:
        self._town, self._seed = town, seed
        self.client = a_client(address)
        self.phones: list[Phone] = []
        self.faults: list[str] = []

    async def enter(self, kind: type[Phone], so_many: int = 1) -> None:
        """Bring in riders with such a phone, and let them begin to work."""
        for _ in range(so_many):
            number = len(self.phones)
            wish = {"city_id": self._town.city_id, "name": f"Rider {number}", "phone": f"+55119000{number:05}"}
            made = await self._town.operator.must(
                "POST", "/v1/riders", wish | {"vehicle": "bicycle", "capacity": 3}, key=f"rider-{number}"
            )
            rider_id = str(made.json()["id"])
            caller = await self._town.person(f"Rider {number}", "rider", rider_id)
            await caller.must("POST", "/v1/rider/shift/start", {})
            chance = Random(f"{self._seed} {number}")
            self.phones.append(kind(self.client, rider_id, caller.token, chance=chance))

    @property
    def stored(self) -> int:
        """How many pings the house said it has."""
        return sum(len(phone.stored_at_ms) for phone in self.phones)

    async def until_stored(self, more: int) -> None:
        """Wait until the house said yes to so many pings more."""
        enough = self.stored + more
        async with asyncio.timeout(ANSWERED_WITHIN_S):
            while self.stored < enough:  # noqa: ASYNC110  many phones move it
                await asyncio.sleep(0.01)

    async def near(self) -> dict[str, int]:
        """Return who can be found, and where they were last by their phone's clock; nobody while a store is away."""
        answer = await self.client.get(
            f"/v1/riders/nearest?lat={SE.lat}&lon={SE.lon}&n=100",
            headers={"Authorization": f"Bearer {self._town.operator.token}"},
        )
        if answer.status_code != httpx.codes.OK:
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                self.faults.append(f"nearest: {answer.status_code} {answer.text}")
            return {}
        return {rider["rider_id"]: _ms(rider["device_at"]) for rider in answer.json()}

    async def watch(self) -> None:
        """See until cancelled that nobody's last position is ever replaced by an older one."""
        last: dict[str, int] = {}
        while True:
            now = await self.near()
            back = [one for one, device_at in now.items() if device_at < last.get(one, 0)]
            self.faults += [f"{one} went back from {last[one]} to {now[one]}" for one in back]
            last |= now
            await asyncio.sleep(0.05)

    async def trail_of(self, phone: Phone) -> list[int]:
        """Return every instant of a rider's trail, as the desk is shown it."""
        since, instants = "2026-01-01T00:00:00Z", []
        while since:
            found = await self._town.operator.get(f"/v1/riders/{phone.rider_id}/trail?since={since}")
            instants += [_ms(point["device_at"]) for point in found["points"]]
            since = found["next_since"]
        return instants


def _ms(instant: str) -> int:
    return to_ms(datetime.fromisoformat(instant))
