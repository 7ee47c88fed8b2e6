"""What a watcher must and must not get, written down here once more: the bench trusts no code that it measures."""

from typing import Any, Final

import msgspec

from kernel.actors import Role

_ALWAYS: Final = frozenset({"type", "occurred_at", "recorded_at", "stage"})
_WHOLE: Final = _ALWAYS | {"was_at", "eta_at", "low_at", "high_at", "cause", "breaks_promise"}
SEEN: Final = {
    Role.CUSTOMER: _WHOLE,
    Role.FOLLOWER: _WHOLE,
    Role.MERCHANT: _ALWAYS | {"eta_at", "cause"},
}
PLACE: Final = frozenset({"lat", "lon", "bearing_deg", "measured_at", "stale_at"})
SEE_RIDERS_ON_THE_WAY: Final = frozenset({Role.CUSTOMER, Role.FOLLOWER})
_decode: Final = msgspec.json.Decoder().decode


class Inspection:
    """Reads every message of one watcher: numbers without a gap, and nothing that is not for their eyes."""

    def __init__(self, role: Role) -> None:
        self._role = role
        self._seq: int | None = None
        self.messages = 0
        self.faults: list[str] = []

    def read(self, content: bytes) -> None:
        """Take the next message."""
        self.messages += 1
        message: dict[str, Any] = _decode(content)
        match message["type"]:
            case "snapshot" | "resumed":
                self._seq = message["seq"]
            case "event":
                self._read_event(message)
            case "position":
                self._read_position(message["position"])
            case "error":
                self.faults.append(f"an error: {message}")

    def _read_event(self, message: dict[str, Any]) -> None:
        if self._seq is None or message["seq"] != self._seq + 1:
            self.faults.append(f"number {message['seq']} came after {self._seq}")
        self._seq = message["seq"]
        self._refuse(message["event"].keys() - SEEN[self._role])

    def _read_position(self, position: dict[str, Any]) -> None:
        if self._role not in SEE_RIDERS_ON_THE_WAY:
            self.faults.append(f"a {self._role} saw where the rider is")
        self._refuse(position.keys() - PLACE)

    def _refuse(self, names: frozenset[str] | set[str]) -> None:
        if names:
            self.faults.append(f"a {self._role} saw {', '.join(sorted(names))}")
