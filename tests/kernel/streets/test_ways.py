from heapq import heappop, heappush
from itertools import pairwise, permutations
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.kernel.streets.town import BOTH, FEET, ONE_WAY, PLACES, TOWN, a_plan, an_edge, cell, place, plans

from kernel.geo import Point, haversine_m
from kernel.streets import NoStreets, Streets, Vehicle, Way
from kernel.streets.model import ALONG, Access, StreetClass, turned_round
from kernel.streets.speeds import SPEEDS_MPS, WALK_MPS

VEHICLES = st.sampled_from(list(Vehicle))


def town():
    return Streets(TOWN)


def test_along_a_one_way_street_it_is_straight_on():
    way = town().way(place(0.2, 0), place(1.8, 0), vehicle="car")

    assert way.length_m == pytest.approx(160, abs=1)
    assert way.duration_s == pytest.approx(160 / SPEEDS_MPS[Vehicle.CAR][StreetClass.RESIDENTIAL], abs=1)


def test_against_a_one_way_street_it_is_once_round_the_block():
    way = town().way(place(1.8, 0), place(0.2, 0), vehicle="motorcycle")

    assert way.length_m > 400


def test_on_foot_nobody_minds_a_one_way_street():
    way = town().way(place(1.8, 0), place(0.2, 0), vehicle="foot")

    assert way.length_m == pytest.approx(160, abs=1)


def test_a_tunnel_is_told_where_it_lies_and_nowhere_else():
    way = town().way(place(1.5, 0), place(1, 1.2), vehicle="bicycle")

    inside = [way.passing(second).is_in_tunnel for second in range(int(way.duration_s))]
    heights = [way.passing(second).point.lat for second in range(int(way.duration_s))]
    assert any(inside)
    for is_inside, lat in zip(inside, heights, strict=True):
        assert is_inside == (place(0, 0).lat + 1e-5 < lat < place(0, 1).lat - 1e-5) or abs(lat - place(0, 0).lat) < 2e-5


def test_from_the_door_to_the_street_one_walks():
    way = town().way(place(0.5, 0.2), place(1.5, -0.1), vehicle="car")

    assert way.points[0] == place(0.5, 0.2)
    assert way.points[-1] == place(1.5, -0.1)
    assert way.passing(1).speed_mps == pytest.approx(WALK_MPS)
    assert way.passing(20 / WALK_MPS + 1).speed_mps > 2 * WALK_MPS


def test_whoever_is_there_already_has_no_way_to_go():
    way = town().way(place(0.5, 0), place(0.5, 0), vehicle="car")

    assert way.length_m == pytest.approx(0, abs=0.2)
    assert way.points[-1] == place(0.5, 0)


def test_a_way_of_one_point_stands_there():
    way = Way(points=(place(0, 0),), along_m=(0.0,), after_s=(0.0,), tunnels=(False,))

    assert way.passing(5).point == place(0, 0)
    assert (way.passing(5).speed_mps, way.passing(0).is_in_tunnel) == (0, False)


def test_before_leaving_one_is_at_the_start_and_afterwards_at_the_end_and_stands():
    way = town().way(place(0.2, 0), place(1.8, 0), vehicle="car")

    early, late = way.passing(-5), way.passing(way.duration_s + 5)
    assert (early.point, early.speed_mps, early.along_m) == (way.points[0], 0, 0)
    assert (late.point, late.speed_mps) == (way.points[-1], 0)
    assert late.along_m == pytest.approx(way.length_m)


def test_eastwards_is_ninety_degrees():
    assert town().way(place(0.2, 0), place(1.8, 0), vehicle="car").passing(5).bearing_deg == pytest.approx(90, abs=1)


def test_of_two_streets_between_two_crossings_the_quicker_is_taken():
    plan = a_plan(
        [(0, 0), (2, 0)],
        [an_edge(0, 1, street_class=StreetClass.SERVICE), an_edge(0, 1, shape=(cell(1, 0.5),))],
    )

    way = Streets(plan).way(place(0, 0), place(2, 0), vehicle="car")

    assert way.length_m == pytest.approx(224, abs=1)


def test_round_a_dead_end_loop_the_shorter_side_counts():
    plan = a_plan([(0, 0), (1, 0)], [an_edge(0, 1), an_edge(1, 1, shape=(TOWN.nodes[2], TOWN.nodes[3]))])

    there = Streets(plan).way(place(0, 0), place(1.9, 0), vehicle="foot")
    back = Streets(plan).way(place(1.9, 0), place(0, 0), vehicle="foot")

    assert there.length_m == pytest.approx(190, abs=1)
    assert back.length_m == pytest.approx(190, abs=1)


def test_a_street_for_feet_alone_is_not_near_to_a_car():
    plan = a_plan([(0, 0), (1, 0), (0, 1), (1, 1)], [an_edge(0, 1, FEET, name=1), an_edge(2, 3, name=2)],
                  names=("", "Rua São Bento", "Rua Líbero"))  # fmt: skip

    near = {vehicle: Streets(plan).nearest(place(0.5, 0.1), vehicle=vehicle).street for vehicle in ("foot", "car")}

    assert near == {"foot": "Rua São Bento", "car": "Rua Líbero"}


def test_where_nobody_may_ride_there_is_no_street_to_be_near():
    plan = a_plan([(0, 0), (1, 0)], [an_edge(0, 1, FEET)])

    with pytest.raises(NoStreets):
        Streets(plan).nearest(place(0, 0), vehicle="car")


def test_a_plan_that_was_not_made_whole_says_that_no_way_leads_there():
    apart = a_plan([(0, 0), (1, 0), (0, 9), (1, 9)], [an_edge(0, 1), an_edge(2, 3)])

    with pytest.raises(LookupError, match="no way"):
        Streets(apart).way(place(0, 0), place(0.5, 9), vehicle="car")


def test_to_where_one_can_only_leave_no_way_leads_wherever_one_looks():
    around = [an_edge(0, 1, shape=(cell(0, -1),), street_class=StreetClass.SERVICE), an_edge(0, 4, ONE_WAY),
              an_edge(4, 1, ONE_WAY), an_edge(1, 2), an_edge(2, 3), an_edge(3, 0)]  # fmt: skip
    plan = a_plan(
        [(0, 0), (2, 0), (2, 2), (0, 2), (1, 0), (1, 1)], [*around, an_edge(5, 4, ONE_WAY, shape=(cell(1, 0.5),))]
    )

    with pytest.raises(LookupError, match="no way"):
        Streets(plan).way(place(0, 0), place(1, 0.8), vehicle="car")


def test_backwards_on_one_piece_of_a_one_way_street_is_round_the_block():
    assert town().way(place(0.8, 0), place(0.2, 0), vehicle="car").length_m > 300


def test_a_one_way_street_that_was_drawn_from_its_end_is_obeyed_as_well():
    down = town().way(place(0, 0.8), place(0, 0.3), vehicle="car")
    up = town().way(place(0, 0.3), place(0, 0.8), vehicle="car")

    assert down.length_m == pytest.approx(50, abs=1)
    assert up.length_m > 300


def test_an_unknown_vehicle_is_a_bug():
    with pytest.raises(ValueError, match="scooter"):
        town().nearest(place(0, 0), vehicle="scooter")


@given(st.integers(0, 63))
def test_turned_round_twice_is_as_before(access: int):
    assert turned_round(turned_round(access)) == access


@given(st.data(), plans(), VEHICLES)
def test_a_way_is_one_line_from_place_to_place_and_time_and_metres_only_grow(data, plan, vehicle):
    start, end = data.draw(PLACES), data.draw(PLACES)

    way = Streets(plan).way(start, end, vehicle=vehicle)

    assert (way.points[0], way.points[-1] if len(way.points) > 1 else end) == (start, end)
    assert len(way.points) == len(way.along_m) == len(way.after_s) == len(way.tunnels)
    for (a, b), (from_m, to_m), (from_s, to_s) in zip(
        pairwise(way.points), pairwise(way.along_m), pairwise(way.after_s), strict=True
    ):
        assert to_m - from_m == pytest.approx(haversine_m(a, b), rel=0.01, abs=0.02)
        assert to_s > from_s
        assert (to_m - from_m) / (to_s - from_s) <= max(SPEEDS_MPS[vehicle].values()) + 1e-6


@given(st.data(), plans(), VEHICLES)
def test_no_way_is_quicker_and_none_goes_against_a_one_way_street(data, plan, vehicle):
    """Because the plain search over the whole graph, which knows no short cuts, finds none."""
    streets = Streets(plan)
    start, end = data.draw(PLACES), data.draw(PLACES)
    first, last = streets.nearest(start, vehicle=vehicle), streets.nearest(end, vehicle=vehicle)

    way = streets.way(first.point, last.point, vehicle=vehicle)

    assert way.duration_s == pytest.approx(_quickest_s(streets, first, last, vehicle), rel=1e-4, abs=0.05)


@given(st.data(), plans())
def test_on_foot_it_is_as_far_there_as_back(data, plan):
    streets = Streets(plan)
    start, end = data.draw(PLACES), data.draw(PLACES)

    there, back = streets.way(start, end, vehicle="foot"), streets.way(end, start, vehicle="foot")

    assert there.duration_s == pytest.approx(back.duration_s, rel=1e-6, abs=0.02)


@given(st.data(), plans())
@settings(max_examples=50)
def test_nothing_is_nearer_than_the_nearest(data, plan):
    streets, asked = Streets(plan), data.draw(PLACES)

    spot = streets.nearest(asked, vehicle="foot")

    lines = streets._lines
    everywhere = [
        lines.place(line.at(line.length_m * step / 40))
        for line, edge in zip(lines.lines, plan.edges, strict=True) if edge.access & FEET for step in range(41)
    ]  # fmt: skip
    assert spot.away_m <= min(haversine_m(asked, other) for other in everywhere) * 1.01 + 0.01
    assert haversine_m(asked, spot.point) == pytest.approx(spot.away_m, rel=0.01, abs=0.05)


@given(st.lists(st.tuples(st.floats(0, 1e4), st.floats(0, 1e4)), min_size=1, max_size=3), st.floats(-10, 1e5))
def test_passing_is_always_somewhere_on_the_way(steps, after_s):
    way = Way(points=(Point(lat=0, lon=0), Point(lat=0.1, lon=0)), along_m=(0.0, 11_119.5), after_s=(0.0, 900.0),
              tunnels=(True, False))  # fmt: skip

    passing = way.passing(after_s)

    assert 0 <= passing.point.lat <= 0.1
    assert passing.is_in_tunnel == (0 <= after_s < 900)


def _quickest_s(streets, first, last, vehicle):
    """Return the seconds of the quickest way by Dijkstra, both spots and all crossings being nodes."""
    arcs, along = {}, ALONG[vehicle]
    for number, edge in enumerate(streets.plan.edges):
        mps, length_m = SPEEDS_MPS[vehicle][edge.street_class], streets._lines.lines[number].length_m
        on_it = [(0.0, edge.start), (length_m, edge.end)]
        on_it += [(spot.along_m, name) for name, spot in ((-1, first), (-2, last)) if spot.edge == number]
        for (from_m, a), (to_m, b) in permutations(on_it, 2):
            is_open = edge.access & (along if from_m <= to_m else Access(int(along) << 1))
            if is_open or (abs(to_m - from_m) <= 0.5 and min(a, b) < 0):
                arcs.setdefault(a, []).append((b, abs(to_m - from_m) / mps))
    open_nodes, reached = [(0.0, -1)], {}
    while open_nodes:
        at_s, node = heappop(open_nodes)
        if at_s < reached.get(node, inf):
            reached[node] = at_s
            for to, takes_s in arcs.get(node, []):
                heappush(open_nodes, (at_s + takes_s, to))
    return reached[-2]


def test_everything_is_open_both_ways_in_a_street_for_all():
    assert turned_round(int(BOTH)) == BOTH
