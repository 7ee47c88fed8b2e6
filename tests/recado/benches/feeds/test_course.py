"""The whole bench, made small."""

from recado.benches.feeds.course import measure
from recado.benches.feeds.figures import Size


async def test_a_small_course_ends_with_every_figure():
    size = Size(orders=6, wanted_orders=6, repetitions=1, for_s=0.5, riders=2, pings=1)

    outcome = await measure(size)

    assert [result.name.strip() for result in outcome.results] == [
        "one delivery", "deliveries", "ping to customer, p99", "p50", "most", "a socket", "twice the orders",
        "twice the watchers", "two processes",
    ]  # fmt: skip
    assert [result.name for result in outcome.results if result.value <= 0 and result.name != "a socket"] == []
    assert "8 of 8 places came." in outcome.notes[2]
