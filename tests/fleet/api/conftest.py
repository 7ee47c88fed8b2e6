"""The API as phones and tablets meet it: the real application on real stores, time in the hands of the test."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from tests.apps import SECRET, an_app, settings_of
from tests.fleet.town import NOON, OPERATOR, Town

from accounts.model import Caller, Scope
from accounts.tokens import Tokens
from infra import clock
from infra.db import Database
from kernel.actors import Role
from kernel.ids import StoreId
from recado.settings import Settings


class Desk:
    """The town seen through the API."""

    def __init__(self, town: Town, client: httpx.AsyncClient) -> None:
        self.town, self._client, self._tokens = town, client, Tokens(SECRET)

    def rider(self, rider_id: str) -> Caller:
        return Caller(role=Role.RIDER, id=rider_id)

    def merchant(self, *store_ids: StoreId) -> Caller:
        return Caller(role=Role.MERCHANT, id="per_00000000000000000000000002", store_ids=frozenset(store_ids))

    def operator(self, *scopes: Scope) -> Caller:
        return Caller(role=Role.OPERATOR, id=OPERATOR.id, scopes=frozenset(scopes or Scope))

    def token(self, caller: Caller) -> str:
        return self._tokens.issue(caller)

    async def get(self, caller: Caller, path: str, **params: Any) -> httpx.Response:
        return await self._client.get(path, params=params, headers=self._headers(caller))

    async def post(self, caller: Caller, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return await self._client.post(path, json=body, headers=self._headers(caller) | headers)

    async def report(self, caller: Caller, delivery_id: str, move: str, report_id: str, **said: Any) -> httpx.Response:
        body = {"report_id": report_id, "occurred_at": self.town.now.isoformat(), **said}
        return await self.post(caller, f"/v1/deliveries/{delivery_id}/{move}", body)

    def _headers(self, caller: Caller) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(caller)}"}


@pytest.fixture
def settings(database_url: str, redis_url: str) -> Settings:
    return settings_of(database_url, redis_url)


@pytest.fixture
async def desk(settings: Settings, town: Town, database_url: str) -> AsyncIterator[Desk]:
    async with Database.connect(database_url, pool_size=2) as database, database.begin() as tx:
        await clock.simulate(tx, start_at=NOON, rate=0)
    app = an_app(settings)
    async with app.lifespan():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://recado") as client:
            yield Desk(town, client)
