from infra import ids
from kernel.ids import OrderId, is_id


def test_an_id_carries_its_prefix_and_is_fresh():
    made = {ids.new(OrderId, "ord") for _ in range(1000)}

    assert len(made) == 1000
    assert all(is_id(order_id, "ord") for order_id in made)


def test_ids_sort_by_the_millisecond_they_were_made(monkeypatch):
    at_ns = iter(n * 1_000_000 for n in range(1_700_000_000_000, 1_700_000_000_100))
    monkeypatch.setattr(ids.time, "time_ns", lambda: next(at_ns))

    made = [ids.new(OrderId, "ord") for _ in range(100)]

    assert made == sorted(made)
