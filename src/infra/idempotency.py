"""A request made twice with the same key is answered once; the answer is stored in its own transaction."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final, TypeVar

import msgspec

from infra.db import Tx
from infra.sql import load
from kernel.errors import DomainError, Kind

_sql: Final = load("infra")
KEPT_FOR: Final = timedelta(days=3)  # longer than any client goes on repeating a request
Answer = TypeVar("Answer")


class KeyReused(DomainError):
    """The Idempotency-Key was used before for another request."""

    kind, code = Kind.INVALID, "idempotency.key_reused"


class KeyBusy(DomainError):
    """The first request with this Idempotency-Key is still being answered."""

    kind, code = Kind.CONFLICT, "idempotency.key_busy"


def fingerprint(*parts: object) -> str:
    """Return a digest of what was asked for; equal requests have equal digests."""
    return hashlib.sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()


async def once(
    tx: Tx,
    caller_id: str,
    key: str,
    asked: str,
    do: Callable[[], Awaitable[Answer]],
    *,
    answer_type: type[Answer],
    now: datetime,
) -> Answer:
    """Run `do` the first time and return its stored answer ever after.

    `asked` is the request's `fingerprint`. Raises `KeyReused` for another request under the same key and `KeyBusy`
    while the first one runs.
    """
    if not await tx.fetchval(_sql.try_key, f"{caller_id} {key}"):
        raise KeyBusy("Wait for the first answer, then ask again.")
    kept = await tx.fetchrow(_sql.find_answer, caller_id, key)
    if kept is not None:
        if kept["fingerprint"] != asked:
            raise KeyReused("Use a new key for a new request.")
        return msgspec.json.decode(kept["body"], type=answer_type)
    answer = await do()
    body = msgspec.json.encode(answer).decode()
    await tx.execute(_sql.keep_answer, caller_id, key, asked, body, now, now - KEPT_FOR)
    return answer
