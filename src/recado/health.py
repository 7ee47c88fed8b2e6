"""Two questions load balancers and people ask: does it run, and can it do its work."""

from typing import Any

from litestar import Request, Response, get
from redis.exceptions import RedisError

from infra.db import AWAY


@get("/health/live", sync_to_thread=False)
def live() -> dict[str, str]:
    """Tell that this process answers."""
    return {"status": "live"}


@get("/health/ready")
async def ready(request: Request[Any, Any, Any]) -> Response[dict[str, str]]:
    """Tell whether both stores answer this process; 503 names what does not."""
    try:
        async with request.app.state.database.read() as tx:
            await tx.fetchval("SELECT 1")
    except AWAY:
        return Response({"status": "not ready", "cause": "postgres"}, status_code=503)
    try:
        await request.app.state.redis.ping()
    except (OSError, RedisError):
        return Response({"status": "not ready", "cause": "redis"}, status_code=503)
    return Response({"status": "ready"})
