"""The port to payment providers. A request names its key; asking twice with one key moves money once."""

import asyncio
import hashlib
from collections.abc import Mapping
from typing import Final, Protocol

import msgspec

from kernel.money import Money


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A movement to make: `kind` is authorise, capture, void or refund; `token` is what the customer's app got."""

    key: str
    kind: str
    amount: Money
    order_id: str
    token: str | None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Done, with the provider's own reference, or declined with its reason. Not knowing is an exception, never this."""

    is_done: bool
    provider_ref: str | None
    reason: str = ""


class PaymentProvider(Protocol):
    """Moves money, idempotent by the request's key. Raises OSError or TimeoutError where the outcome is unknown."""

    async def perform(self, request: Request) -> Answer:
        """Make the movement, or say why not."""
        ...


Providers = Mapping[str, PaymentProvider]


class PlatformPaid:
    """Orders paid to the platform: it holds the money, our ledger follows its word."""

    async def perform(self, request: Request) -> Answer:
        """Agree: the platform's own books make the movement."""
        return Answer(is_done=True, provider_ref=f"platform:{request.order_id}")


class SandboxCards:
    """Stands in for a card provider until one is connected: the token says how it behaves.

    `tok_declined` refuses to hold, `tok_slow` answers after two seconds, anything else is approved.
    """

    SLOW_S: Final = 2.0

    async def perform(self, request: Request) -> Answer:
        """Answer as the token says; the reference depends on the key alone, as a real provider's would."""
        if request.token == "tok_slow":  # noqa: S105  a behaviour, not a secret
            await asyncio.sleep(self.SLOW_S)
        if request.token == "tok_declined":  # noqa: S105  a behaviour, not a secret
            return Answer(is_done=False, provider_ref=None, reason="declined")
        return Answer(is_done=True, provider_ref=f"sandbox:{hashlib.sha256(request.key.encode()).hexdigest()[:16]}")


def sandbox_providers() -> Providers:
    """Return the providers of an installation that has connected none yet."""
    return {"card": SandboxCards(), "prepaid": PlatformPaid()}
