"""Access tokens: JWT, HS256, short-lived. Verifying costs more than many routes, so verified ones are remembered."""

from datetime import datetime, timedelta
from typing import Any, Final

import jwt
import msgspec

from accounts.errors import TokenRefused
from accounts.model import Caller, Scope
from infra import ids
from infra.clock import wall_now
from kernel.actors import Role
from kernel.ids import StoreId

ISSUER: Final = "recado"
LIFETIME: Final = timedelta(hours=12)  # a shift and its margin; refresh tokens bound to a device shorten it later
REMEMBERED: Final = 20_000


class _Claims(msgspec.Struct, frozen=True):
    sub: str
    role: Role
    exp: int
    scp: list[Scope] = []
    sto: list[StoreId] = []


class Tokens:
    """Signs and verifies with one secret; tokens live in wall time."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._verified: dict[str, tuple[Caller, datetime]] = {}

    def issue(self, caller: Caller, *, lifetime: timedelta = LIFETIME) -> str:
        """Return an access token for this caller."""
        now = wall_now()
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "jti": ids.new(str, "tok"),
            "sub": caller.id,
            "role": caller.role,
            "scp": sorted(caller.scopes),
            "sto": sorted(caller.store_ids),
            "iat": int(now.timestamp()),
            "exp": int((now + lifetime).timestamp()),
        }
        return jwt.encode(claims, self._secret, algorithm="HS256")

    def verify(self, token: str) -> Caller:
        """Return who this token speaks for; raises `TokenRefused`."""
        known = self._verified.get(token)
        if known is None:
            known = self._decode(token)
            if len(self._verified) >= REMEMBERED:
                self._verified.pop(next(iter(self._verified)))
            self._verified[token] = known
        caller, expires_at = known
        if wall_now() >= expires_at:
            self._verified.pop(token, None)
            raise TokenRefused("The access token is over; get a new one.")
        return caller

    def _decode(self, token: str) -> tuple[Caller, datetime]:
        try:
            raw = jwt.decode(
                token, self._secret, algorithms=["HS256"], issuer=ISSUER, options={"require": ["exp", "sub"]}
            )
            claims = msgspec.convert(raw, _Claims)
        except (jwt.InvalidTokenError, msgspec.ValidationError):
            raise TokenRefused("The access token is forged, damaged or over.") from None
        if claims.role is Role.SYSTEM:
            raise TokenRefused("The house itself never calls from outside.")
        caller = Caller(role=claims.role, id=claims.sub, scopes=frozenset(claims.scp), store_ids=frozenset(claims.sto))
        return caller, datetime.fromtimestamp(claims.exp, tz=wall_now().tzinfo)
