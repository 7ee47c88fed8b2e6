"""The shortest way for the busiest route: pings are answered before the framework sees them, where nothing is odd.

`fleet.api.positions.post_positions` is the route; what is odd (no known token, another role, a body that is no upload)
goes there untouched, so that every refusal has one home. docs/decisions/0016.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple, Protocol

import msgspec
import structlog

from accounts.tokens import Tokens
from fleet.api.ping_bodies import Upload, read_upload
from fleet.commands.positions import Receiver
from infra import problems
from infra.clock import DomainClock
from infra.live.source import STORE_AWAY
from infra.plain_requests import Answer
from kernel.actors import Role
from kernel.errors import DomainError
from kernel.ids import RiderId

log: Final = structlog.get_logger()
PATH: Final = "/v1/rider/positions"
_BEARER: Final = b"Bearer "
_PRIVATE: Final = b"cache-control: no-store\r\nx-content-type-options: nosniff\r\nx-request-id: %b\r\n"
_JSON: Final = b"content-type: application/json\r\n" + _PRIVATE
_PROBLEM: Final = b"content-type: %b\r\n%b" % (problems.MEDIA_TYPE.encode(), _PRIVATE)
_encode: Final = msgspec.json.Encoder().encode


class Answered(Protocol):
    """Who names and counts what is answered here: returns the request's id as the answer is to have it."""

    def __call__(self, given_id: bytes, status: int, *, started_s: float) -> bytes:
        """Count one answer."""
        ...


class _House(NamedTuple):
    receiver: Receiver
    clock: DomainClock
    tokens: Tokens


class PositionsShortcut:
    """Takes the pings of riders whose token this process knows, as `infra.plain_requests` reads them."""

    path: Final = PATH

    def __init__(self, *, answered: Answered, max_body_bytes: int) -> None:
        self.answered, self.max_body_bytes = answered, max_body_bytes
        self._open: _House | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @contextmanager
    def opened(self, receiver: Receiver, clock: DomainClock, tokens: Tokens) -> Iterator[None]:
        """Take pings for as long as these live; before and after, all is for the route."""
        self._open = _House(receiver, clock, tokens)
        try:
            yield
        finally:
            self._open = None

    def begin(self, authorization: bytes, request_id: bytes, body: bytes, answer: Answer) -> bool:
        """Take an upload of a rider, and answer when Redis has it; False is for the route."""
        started_s, house = time.perf_counter(), self._open
        if house is None or not authorization.startswith(_BEARER):
            return False
        caller = house.tokens.find_known(authorization[len(_BEARER) :].decode("latin-1"))
        if caller is None or caller.role is not Role.RIDER:
            return False
        try:
            upload = read_upload(body)
        except (DomainError, ValueError):
            return False
        _Taking(self, house, RiderId(caller.id), upload, request_id, answer, started_s).start()
        return True

    def keep(self, task: asyncio.Task[None]) -> None:
        """Keep a task until it is over: the event loop does not."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Taking:
    """One upload on its way into Redis."""

    __slots__ = ("_answer", "_given_id", "_house", "_rider_id", "_shortcut", "_started_s", "_upload")

    def __init__(
        self,
        shortcut: PositionsShortcut,
        house: _House,
        rider_id: RiderId,
        upload: Upload,
        given_id: bytes,
        answer: Answer,
        started_s: float,
    ) -> None:
        self._shortcut, self._house, self._rider_id, self._upload = shortcut, house, rider_id, upload
        self._given_id, self._answer, self._started_s = given_id, answer, started_s

    def start(self) -> None:
        """Store it at once where it asks for no second look, which nearly all do."""
        now, upload = self._house.clock.at_hand(), self._upload
        try:
            if now is not None and upload.raw is not None:
                store_at_once = self._house.receiver.store_at_once
                if store_at_once(self._rider_id, upload.pings, now=now, raw=upload.raw, stored=self._stored):
                    return
        except Exception as error:  # noqa: BLE001  told to whoever asked
            self._refuse(error)
            return
        self._take_longer()

    def _stored(self, outcome: bool | Exception) -> None:  # noqa: FBT001  told as it comes
        if outcome is True:
            self._say(200, _JSON, self._upload.encode_answers(None))
        elif outcome is False:
            self._take_longer()
        else:
            self._refuse(outcome)

    def _take_longer(self) -> None:
        self._shortcut.keep(asyncio.get_running_loop().create_task(self._take()))

    async def _take(self) -> None:
        upload = self._upload
        try:
            now = await self._house.clock.now()
            judged = await self._house.receiver.take(self._rider_id, upload.pings, now=now, raw=upload.raw)
        except Exception as error:  # noqa: BLE001  told to whoever asked
            self._refuse(error)
        else:
            self._say(200, _JSON, upload.encode_answers(judged))

    def _refuse(self, error: Exception) -> None:
        headers, retry_after_s = _PROBLEM, None
        if isinstance(error, DomainError):
            problem, retry_after_s = problems.of_domain(error, instance=PATH), problems.retry_after_s(error)
        elif isinstance(error, STORE_AWAY):
            log.warning("store.away", path=PATH, error=str(error))
            problem, retry_after_s = problems.of_status(503, "", instance=PATH), problems.RETRY_AFTER_S
        else:
            log.error("bug", path=PATH, exc_info=error)
            problem = problems.of_status(500, "", instance=PATH)
        if retry_after_s is not None:
            headers = b"retry-after: %d\r\n%b" % (retry_after_s, headers)
        self._say(problem.status, headers, _encode(problem))

    def _say(self, status: int, headers: bytes, body: bytes) -> None:
        request_id = self._shortcut.answered(self._given_id, status, started_s=self._started_s)
        self._answer(status, headers % request_id, body)
