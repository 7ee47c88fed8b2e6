"""Access tokens: JWT, HS256, short-lived. Verifying costs more than many routes, so verified ones are remembered."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import jwt
import msgspec

from accounts.errors import TokenRefused
from accounts.grants import Grants
from accounts.model import Caller, Grant, Scope
from infra import ids
from infra.clock import wall_now
from kernel.actors import Role
from kernel.ids import OrderId, StoreId

ISSUER: Final = "recado"
LIFETIME: Final = timedelta(hours=12)  # a shift and its margin, for tokens that no device refreshes
REMEMBERED: Final = 20_000


class _Claims(msgspec.Struct, frozen=True):
    sub: str
    role: Role
    exp: int
    scp: list[Scope] = []
    sto: list[StoreId] = []
    mgr: bool = False
    dev: str | None = None  # the device it was issued to
    rno: int | None = None  # and the number of the refresh token that came with it
    ord: OrderId | None = None  # a follower's: the one order
    end: int | None = None  # and when the share link is over, which is later than the token

    def caller(self) -> Caller:
        """Return who calls; raises `TokenRefused` for whom no token speaks, and for a follower of nothing."""
        if self.role is Role.SYSTEM:
            raise TokenRefused("The house itself never calls from outside.")
        if (self.role is Role.FOLLOWER) is (self.ord is None or self.end is None):
            raise TokenRefused("The access token is forged, damaged or over.")
        return Caller(
            role=self.role,
            id=self.sub,
            scopes=frozenset(self.scp),
            store_ids=frozenset(self.sto),
            is_manager=self.mgr,
            grant=self._grant(),
        )

    def _grant(self) -> Grant | None:
        if self.end is not None:
            return Grant(id=self.sub, order_id=self.ord, ends_at=_instant(self.end))
        return None if self.dev is None else Grant(id=self.dev, refresh_no=self.rno)


class Tokens:
    """Signs and verifies with one secret; tokens live in wall time, and end with the device or link they rest on."""

    def __init__(self, secret: str, *, grants: Grants | None = None) -> None:
        self._secret = secret
        self._grants = grants or Grants()
        self._verified: dict[str, tuple[Caller, datetime]] = {}

    def issue(self, caller: Caller, *, lifetime: timedelta = LIFETIME) -> str:
        """Return an access token for this caller; a follower's ends with the share link at the latest."""
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
        if caller.is_manager:
            claims["mgr"] = True
        return jwt.encode(claims | _claims_of(caller.grant, claims["exp"]), self._secret, algorithm="HS256")

    def verify(self, token: str) -> Caller:
        """Return who this token speaks for; raises `TokenRefused`."""
        return self.admit(token)[0]

    def find_known(self, token: str) -> Caller | None:
        """Return who a token speaks for that was verified before and is good still; None says: verify it."""
        known = self._verified.get(token)
        if known is None or wall_now() >= known[1]:
            return None
        grant = known[0].grant
        return None if grant is not None and self._grants.is_revoked(grant) else known[0]

    def admit(self, token: str) -> tuple[Caller, datetime]:
        """Return who this token speaks for, and until when; raises `TokenRefused`."""
        known = self._verified.get(token)
        if known is None:
            known = self._decode(token)
            self._grants.note_use(known[0].grant)
            if len(self._verified) >= REMEMBERED:
                self._verified.pop(next(iter(self._verified)))
            self._verified[token] = known
        caller, expires_at = known
        if wall_now() >= expires_at:
            self._verified.pop(token, None)
            raise TokenRefused("The access token is over; get a new one.", is_over=True)
        if caller.grant is not None and self._grants.is_revoked(caller.grant):
            raise TokenRefused("What the access token rests on was revoked.")
        return known

    def _decode(self, token: str) -> tuple[Caller, datetime]:
        try:
            raw = jwt.decode(
                token, self._secret, algorithms=["HS256"], issuer=ISSUER, options={"require": ["exp", "sub"]}
            )
            claims = msgspec.convert(raw, _Claims)
        except (jwt.InvalidTokenError, msgspec.ValidationError) as error:
            # Only what is signed by us is found to be over.
            is_over = isinstance(error, jwt.ExpiredSignatureError)
            raise TokenRefused("The access token is forged, damaged or over.", is_over=is_over) from None
        return claims.caller(), _instant(claims.exp)


def _claims_of(grant: Grant | None, expires_at_s: int) -> dict[str, Any]:
    if grant is None:
        return {}
    if grant.ends_at is None:
        return {"dev": grant.id} if grant.refresh_no is None else {"dev": grant.id, "rno": grant.refresh_no}
    end = int(grant.ends_at.timestamp())
    return {"ord": grant.order_id, "end": end, "exp": min(expires_at_s, end)}


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)
