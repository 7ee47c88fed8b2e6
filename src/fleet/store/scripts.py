import hashlib
from collections.abc import Sequence
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import NoScriptError

from infra.sql import load_script


class Script:
    """A Lua script of the package; sent by its digest, whole only where the server does not know it (any more)."""

    def __init__(self, name: str) -> None:
        self._text: Final = load_script("fleet", name)
        self._sha: Final = hashlib.sha1(self._text.encode(), usedforsecurity=False).hexdigest()

    async def __call__(self, redis: Redis, keys: Sequence[str], args: Sequence[Any]) -> Any:
        """Run it; its keys must share one hash tag."""
        try:
            return await redis.evalsha(self._sha, len(keys), *keys, *args)
        except NoScriptError:
            return await redis.eval(self._text, len(keys), *keys, *args)


def text(answer: bytes | str) -> str:
    """Return what Redis answered as text, whichever way the client was set up."""
    return answer.decode() if isinstance(answer, bytes) else answer
