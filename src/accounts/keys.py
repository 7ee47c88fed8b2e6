"""What people type and devices keep, made and recognised with the installation's secret. Stored are hashes alone."""

import base64
import hashlib
import hmac
import re
import secrets
from typing import Final

import msgspec

from kernel.ids import ALPHABET, DeviceId, is_id

CODE_LENGTH: Final = 8  # 40 bits: with 300 tries a minute, 15 minutes hit an open code once in 240 million times
PHONE_TOKEN_LENGTH: Final = 26  # 130 bits, in letters that can be typed
SALT_BYTES: Final = 16
_MISREAD: Final = str.maketrans("OIL", "011")  # Crockford's base 32 has no such letters: they are read as digits
_REFRESH_TOKEN: Final = re.compile(r"(?P<device_id>dev_[0-9A-Z]{26})\.(?P<no>0|[1-9]\d{0,8})\.[A-Za-z0-9_-]{43}")


class Presented(msgspec.Struct, frozen=True):
    """A refresh token as it came in: whose it says it is, and the how manieth."""

    token: str
    device_id: DeviceId
    refresh_no: int

    @property
    def hash(self) -> bytes:
        """Return what is compared with the one stored."""
        return hash_of(self.token)


class Keys:
    """Keyed with the token secret: nothing here can be made or guessed from the database alone."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), b"recado accounts", "sha256")

    def code_hash(self, code: str) -> bytes:
        """Return what stands for a code, typed in whatever way, in the database."""
        return self._digest("code", plain(code))

    def claimed_from(self, address: str, device_name: str) -> bytes:
        """Return what stands for who claimed a pairing, to recognise a claim that is sent again."""
        return self._digest("claim", address, device_name)

    def refresh_token(self, device_id: DeviceId, refresh_no: int, salt: bytes) -> str:
        """Return a device's refresh token of this number: always the same, so that a lost answer can be repeated."""
        digest = self._digest("refresh", device_id, str(refresh_no), salt.hex())
        return f"{device_id}.{refresh_no}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"

    def _digest(self, *parts: str) -> bytes:
        return hmac.digest(self._key, "\0".join(parts).encode(), "sha256")


def new_code() -> str:
    """Return a code to be typed or scanned, without its dash."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def readable(code: str) -> str:
    """Return a code as people read it out: `K7M4-QX2P`."""
    return f"{code[:4]}-{code[4:]}"


def plain(code: str) -> str:
    """Return a typed code as it was made: capitals, no spaces and dashes, no letters that look like digits."""
    return re.sub(r"[\s-]", "", code).upper().translate(_MISREAD)


def new_token() -> str:
    """Return 128 random bits, to be carried in a link."""
    return secrets.token_urlsafe(16)


def new_phone_token() -> str:
    """Return 130 random bits, to be carried in an address that somebody may have to type."""
    return "".join(secrets.choice(ALPHABET) for _ in range(PHONE_TOKEN_LENGTH)).lower()


def phone_hash(token: str) -> bytes | None:
    """Return what is stored of a phone's token, typed in whatever way; None for what can be none."""
    made = plain(token) if len(token) <= 2 * PHONE_TOKEN_LENGTH else ""
    is_token = len(made) == PHONE_TOKEN_LENGTH and all(char in ALPHABET for char in made)
    return hash_of(made) if is_token else None


def new_salt() -> bytes:
    """Return the random part of a device's refresh tokens."""
    return secrets.token_bytes(SALT_BYTES)


def hash_of(token: str) -> bytes:
    """Return what is stored of a token too long to be guessed."""
    return hashlib.sha256(token.encode()).digest()


def read_refresh_token(token: str) -> Presented | None:
    """Return what a refresh token says of itself; None for anything else."""
    found = _REFRESH_TOKEN.fullmatch(token)
    if found is None or not is_id(found["device_id"], "dev"):
        return None
    return Presented(token, DeviceId(found["device_id"]), int(found["no"]))
