"""Pings from riders' phones: singly, in batches, over sockets; beside routes that only decode, and a naive one."""

from recado.benches.pings.course import run

__all__ = ["run"]
