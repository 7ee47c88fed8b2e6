"""How far a connection may go, and how long it is waited for."""

import msgspec

from infra.clock import boot_s


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a connection may do. All times are wall time; where nothing else is said they are Centrifugo's own."""

    connect_within_s: float = 10
    ping_s: int = 25
    pong_within_s: float = 8
    refresh_within_s: float = 25  # clients ask for a new token once the old one's time is over, and need a moment
    channels: int = 128
    channel_length: int = 255
    # All channels twice over, and then as many as somebody at a screen may ask for.
    commands: int = 300
    commands_per_s: float = 30
    refused_commands: int = 500  # a client that does not slow down when told so is disconnected


class Budget:
    """How many commands a connection may still send."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._left = float(terms.commands)
        self._refused = 0
        self._at_s = boot_s()

    def take(self) -> bool:
        """Tell whether one more may be done."""
        now_s = boot_s()
        gained = (now_s - self._at_s) * self._terms.commands_per_s
        self._left = min(self._left + gained, self._terms.commands)
        self._at_s = now_s
        if self._left < 1:
            self._refused += 1
            return False
        self._left -= 1
        return True

    def is_flooded(self) -> bool:
        """Tell whether so many were refused that the other end does not listen."""
        return self._refused > self._terms.refused_commands
