"""The ASGI application: routes and what they are given."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Litestar
from redis.asyncio import Redis

from infra.db import Database
from recado.health import live, ready
from recado.settings import Settings


def create_app(settings: Settings) -> Litestar:
    """Return the application; it opens its stores when it starts."""

    @asynccontextmanager
    async def open_stores(app: Litestar) -> AsyncIterator[None]:
        async with (
            Database.connect(settings.database_url, pool_size=settings.pool_size) as database,
            Redis.from_url(settings.redis_url) as redis,
        ):
            app.state.database, app.state.redis = database, redis
            yield

    return Litestar([live, ready], lifespan=[open_stores])
