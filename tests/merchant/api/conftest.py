from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from litestar import Litestar
from tests.apps import an_app, settings_of
from tests.merchant.builders import NOON
from tests.merchant.kitchen import Kitchen

from accounts.model import Caller
from infra import clock


class Tablet:
    """Anybody's calls, with a token of theirs."""

    def __init__(self, app: Litestar) -> None:
        self.app = app
        self._http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://recado")

    def token(self, caller: Caller) -> str:
        return str(self.app.state.tokens.issue(caller))

    async def call(
        self, method: str, path: str, by: Caller, body: Any = None, *, key: str | None = None
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token(by)}"} | ({"Idempotency-Key": key} if key else {})
        return await self._http.request(method, path, json=body, headers=headers)


@pytest.fixture
async def tablet(kitchen: Kitchen, database_url: str, redis_url: str) -> AsyncIterator[Tablet]:
    """The whole application over the kitchen's database; its clock stands at noon."""
    await kitchen.do(lambda tx: clock.simulate(tx, start_at=NOON, rate=0))
    settings = settings_of(database_url, redis_url)
    app = an_app(settings)
    async with app.lifespan():
        yield Tablet(app)
