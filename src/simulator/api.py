"""The public API as its clients see it: JSON over HTTP, a token for each person, problem documents for refusals."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, TypeVar

import httpx
import msgspec

from simulator.conductor import ClockState
from simulator.errors import Unexpected
from simulator.wire import Lines, Through, Wire

Json = dict[str, Any]
T = TypeVar("T")
AGAIN_AFTER_S: Final = (0.05, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0)  # every write is safe to repeat
NO_REFUSALS: Final = (400, 422)
EXPECTED: Final = frozenset({"delivery.wrong_code"})  # though 422: people mishear codes
_encode: Final = msgspec.json.Encoder().encode


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back."""

    status: int
    body: bytes

    @property
    def is_good(self) -> bool:
        """Tell whether it did what was asked."""
        return 200 <= self.status < 300  # noqa: PLR2004  (every 2xx)

    def json(self) -> Any:
        """Return the body."""
        return msgspec.json.decode(self.body) if self.body else None

    def code(self) -> str:
        """Return the problem's code, such as `offer.expired`, of an answer that refuses."""
        try:
            document = msgspec.json.decode(self.body)
        except msgspec.DecodeError:
            return str(self.status)
        kind = document.get("type", "") if isinstance(document, dict) else ""
        return str(kind).rpartition("/")[2] or str(self.status)


class Caller:
    """One person with a token: an operator, a rider, a kitchen or a customer."""

    def __init__(self, api: "Api", token: str, *, wish: Json | None = None) -> None:
        self._api, self.token, self._wish = api, token, wish

    async def get(self, path: str) -> Any:
        """Fetch something that must be there."""
        return (await self.must("GET", path)).json()

    async def must(self, method: str, path: str, body: object = None, *, key: str | None = None) -> Answer:
        """Do something that cannot be refused, or fail with Unexpected."""
        answer = await self.ask(method, path, body, key=key)
        if not answer.is_good:
            raise _unexpected(method, path, answer)
        return answer

    async def ask(self, method: str, path: str, body: object = None, *, key: str | None = None) -> Answer:
        """Do something that may be refused; a refusal is an answer, and is counted by its code.

        What the API cannot read, or breaks on, is no refusal: it fails with Unexpected.
        """
        headers = {"Idempotency-Key": key} if key else {}
        answer = await self._api.send(method, path, body, token=self.token, headers=headers)
        if answer.status == httpx.codes.UNAUTHORIZED and self._wish is not None:
            await self.renew()
            answer = await self._api.send(method, path, body, token=self.token, headers=headers)
        is_unreadable = answer.status in NO_REFUSALS and answer.code() not in EXPECTED
        if is_unreadable or answer.status >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise _unexpected(method, path, answer)
        if not answer.is_good:
            self._api.refusals[answer.code()] += 1
        return answer

    async def renew(self) -> None:
        """Get a new token for the same person."""
        if self._wish is not None:
            self.token = await self._api.new_token(self._wish)


class Api:
    """One installation under one address."""

    def __init__(
        self, address: str, administration_token: str, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.address = address.rstrip("/")
        self._wire: Wire = Lines(self.address) if transport is None else Through(self.address, transport)
        self.administrator = Caller(self, administration_token)
        self.requests = 0
        self.refusals: Counter[str] = Counter()

    async def close(self) -> None:
        """Let go of the connections."""
        await self._wire.close()

    async def caller(self, role: str, subject_id: str, **wish: object) -> Caller:
        """Return a person of this role with a fresh token."""
        asked: Json = {"role": role, "subject_id": subject_id, **wish}
        return Caller(self, await self.new_token(asked), wish=asked)

    async def new_token(self, wish: Json) -> str:
        """Have the administrator issue an access token."""
        return str((await self.administrator.must("POST", "/v1/tokens", wish)).json()["access_token"])

    async def send(self, method: str, path: str, body: object, *, token: str, headers: Mapping[str, str]) -> Answer:
        """Send one request; again while the network or the installation is away."""
        content = None if body is None else _encode(body)
        sent = {"Authorization": f"Bearer {token}", **headers}
        if content is not None:
            sent["Content-Type"] = "application/json"
        last: str = ""
        for pause_s in (0.0, *AGAIN_AFTER_S):
            await asyncio.sleep(pause_s)
            self.requests += 1
            try:
                raw = await self._wire.request(method, path, content, sent)
            except (OSError, TimeoutError) as error:
                last = repr(error)
                continue
            if raw.status != httpx.codes.SERVICE_UNAVAILABLE:
                return Answer(status=raw.status, body=raw.body)
            last = "503"
        raise Unexpected(f"{method} {path} got no answer: {last}")


class ClockOverHttp:
    """The installation's clock through its administration routes."""

    def __init__(self, api: Api) -> None:
        self._operator = api.administrator

    async def read(self) -> ClockState:
        """Return the time and what is unfinished."""
        return _decoded(await self._operator.must("GET", "/v1/clock"), ClockState)

    async def move(self, *, to: datetime | None = None, rate: float | None = None) -> ClockState:
        """Move the clock forward or change its pace, and return what that made due."""
        wish = {name: value for name, value in (("to", to), ("rate", rate)) if value is not None}
        return _decoded(await self._operator.must("PUT", "/v1/clock", wish), ClockState)

    async def heads(self, *, after_position: int) -> tuple[int, Mapping[str, int]]:
        """Return the newest event's position and the heads of the feeds that got entries since."""
        answer = await self._operator.must("GET", f"/v1/clock/heads?after_position={after_position}")
        found = _decoded(answer, _Heads)
        return found.position, found.heads


class _Heads(msgspec.Struct, frozen=True):
    position: int
    heads: dict[str, int]


def _unexpected(method: str, path: str, answer: Answer) -> Unexpected:
    return Unexpected(f"{method} {path} answered {answer.status}: {answer.body[:500].decode(errors='replace')}")


def _decoded(answer: Answer, shape: type[T]) -> T:
    try:
        return msgspec.json.decode(answer.body, type=shape)
    except msgspec.DecodeError as error:
        raise Unexpected(f"the clock answered {answer.body[:300]!r}: {error}") from error
