"""The benches `recado bench` runs. Each is a module with `async def run(plan: Plan) -> Outcome`."""

from collections.abc import Callable, Coroutine
from importlib import import_module
from typing import Any, Final, TypeAlias

from recado.benches.frame.plan import Outcome, Plan

BENCHES: Final = {
    "feeds": "Order events through Redis to watchers, and a rider's ping to the customer.",
    "nearest": "The nearest available riders among ten thousand to a million.",
    "orders": "The whole life of an order through the public API.",
    "pings": "Riders' pings: singly, in batches, over sockets.",
    "start": "From `recado up` on an empty directory to the first order accepted.",
    "truth": "What is made of riders' positions, beside what is known to be true.",
}

Bench: TypeAlias = Callable[[Plan], Coroutine[Any, Any, Outcome]]


def find(name: str) -> Bench:
    """Return a bench of `BENCHES`; it is imported only now."""
    bench: Bench = import_module(f"recado.benches.{name}").run
    return bench
