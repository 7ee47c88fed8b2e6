from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from tests.accounts.builders import OFFICE
from tests.apps import SECRET, an_app, settings_of

from accounts.model import Caller
from accounts.tokens import Tokens
from recado.app import create_app

Json = dict[str, Any]


class Office:
    """The API in this process, in as many copies as are asked for, and browsers that call it."""

    def __init__(self, stack: AsyncExitStack, make_app: Callable[[], Any], app: Any) -> None:
        self._stack, self._make_app, self.app = stack, make_app, app
        self.tokens = Tokens(SECRET)
        self.http = self.browser()

    def browser(self, *, origin: str = "http://recado.example", address: str = "203.0.113.5", app: Any = None):
        """Somebody's client with a cookie jar of its own."""
        transport = httpx.ASGITransport(app or self.app, raise_app_exceptions=False, client=(address, 1))
        return httpx.AsyncClient(transport=transport, base_url=origin)

    async def another_process(self) -> Any:
        """Another API process on the same stores."""
        app = self._make_app()
        await self._stack.enter_async_context(app.lifespan())
        return app

    def bearer(self, caller: Caller) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens.issue(caller)}"}

    async def offer(self, by: Caller = OFFICE, **wish: Any) -> httpx.Response:
        """Ask for a pairing code, for a rider's phone unless told otherwise."""
        rider = {"role": "rider", "subject_id": f"rdr_{'B' * 26}", "label": "Beto's"}
        return await self.http.post("/v1/pairings", json=rider | wish, headers=self.bearer(by))

    async def claim(self, code: str, *, browser: httpx.AsyncClient | None = None, **more: Any) -> httpx.Response:
        claim = {"code": code, "device_name": "a phone", "keep": "body"} | more
        return await (browser or self.http).post("/v1/pairings/claim", json=claim)

    async def pair(self, *, browser: httpx.AsyncClient | None = None, keep: str = "body", **wish: Any) -> Json:
        claimed = await self.claim((await self.offer(**wish)).json()["code"], browser=browser, keep=keep)
        assert claimed.status_code == 200, claimed.text
        session: Json = claimed.json()
        return session

    async def rows(self, sql: str, *args: Any) -> list[Any]:
        async with self.app.state.database.begin() as tx:
            return list(await tx.fetch(sql, *args))


@pytest.fixture
async def office(database_url: str, redis_url: str) -> AsyncIterator[Office]:
    settings = settings_of(database_url, redis_url)
    async with AsyncExitStack() as stack:
        app = an_app(settings)
        await stack.enter_async_context(app.lifespan())
        yield Office(stack, lambda: create_app(settings), app)
