"""Order events through real Redis to many watchers, beside a prepared frame written straight to the same sockets."""

from recado.benches.feeds.course import run

__all__ = ["run"]
