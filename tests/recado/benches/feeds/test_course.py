"""The whole bench, made small."""

from recado.benches.feeds.course import measure
from recado.benches.feeds.figures import Size


async def test_a_small_course_ends_with_every_figure():
    size = Size(orders=6, wanted_orders=6, repetitions=1, for_s=0.1, riders=2, pings=1)

    outcome = await measure(size)

    assert [result.name.strip() for result in outcome.results] == [
        "one delivery", "deliveries", "ping to customer, p99", "p50", "most", "a socket", "twice the orders",
        "twice the watchers", "two processes",
    ]  # fmt: skip
    # So short a course takes less CPU than the operating system counts in.
    counted = {result.name.strip(): result.value for result in outcome.results}
    assert [name for name in ("deliveries", "ping to customer, p99", "p50", "most") if counted[name] <= 0] == []
    assert "8 of 8 places came." in outcome.notes[2]
