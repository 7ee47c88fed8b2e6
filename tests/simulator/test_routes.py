from kernel.geo import Point
from simulator.routes import Job, Route

HERE = Point(lat=-23.55, lon=-46.63)


def a_job(order_id: str, *, is_ready: bool = False, is_picked_up: bool = False) -> Job:
    return Job(
        delivery_id=f"dlv_{order_id}",
        order_id=order_id,
        pickup=HERE,
        dropoff=HERE,
        is_ready=is_ready,
        is_picked_up=is_picked_up,
    )


def test_a_route_is_ready_when_every_order_of_it_is():
    route = Route([a_job("a", is_ready=True), a_job("b")])
    assert not route.is_ready

    assert route.drop("b")

    assert route.is_ready


def test_food_in_the_bag_is_never_forgotten():
    route = Route([a_job("a", is_picked_up=True)])

    assert not route.drop("a")
    assert not route.is_done


def test_a_route_without_orders_is_done():
    route = Route([a_job("a")])

    assert not route.drop("z")
    assert route.drop("a")
    assert route.is_done
