"""From a map drawn by hand to the file: `recado streets build` on OpenStreetMap's own format."""

import sys
from itertools import pairwise

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from kernel.geo import Point, flat_m
from kernel.streets import Precision, Streets
from kernel.streets.model import Access, StreetClass
from recado.cli import recado
from recado.streets.building import ATTRIBUTION, build
from recado.streets.connected import largest_part
from recado.streets.drawing import MAIN, REST, draw
from recado.streets.simplify import corners_that_matter
from recado.streets.source import Address, Extract, Way

LAT, LON = -23.55, -46.63
BLOCK = 0.001  # degrees, some 100 m
# Rua Direita goes east, one way, over 1-2-3 and, drawn apart but meant alike, over 3-4; Rua Torta leads back under
# the ground by 5; 6 can only be entered; 7-8 touches nothing; 9 lies outside the extract.
NODES = {1: (0, 0), 2: (1, 0), 3: (2, 0), 4: (3, 0), 5: (1.5, 1), 6: (1, -1), 7: (5, 5), 8: (6, 5), 10: (1.5, 0.00001)}
WAYS = {
    100: ([1, 2, 10, 3], {"highway": "residential", "name": "Rua Direita", "oneway": "yes"}),
    101: ([3, 4], {"highway": "residential", "name": "Rua Direita", "oneway": "yes"}),
    102: ([1, 5, 4], {"highway": "primary", "name": "Rua Torta", "oneway": "-1", "tunnel": "yes"}),
    103: ([2, 6], {"highway": "residential", "name": "Rua Sem Volta", "oneway": "yes", "foot": "no"}),
    104: ([7, 8], {"highway": "residential", "name": "Rua da Ilha"}),
    105: ([7, 6], {"highway": "service", "access": "private"}),
    106: ([1, 9, 2], {"highway": "footway", "name": "Beco"}),
    107: ([1, 2], {"building": "yes", "addr:street": "Rua Direita", "addr:housenumber": "7 A"}),
}
DOORS = [
    ((0.5, 0.1), "Rua Direita", "42"),
    ((0.6, 0.1), "R. DIREITA", "43-45"),
    ((0.5, 0.1), "Rua Direita", "s/n"),
    ((0.5, 0.1), "Rua Direita", "0"),
    ((9, 9), "Rua Direita", "900"),
    ((0.5, 0.1), "Rua que não há", "1"),
]


def osm(nodes=NODES, ways=WAYS, doors=DOORS):
    """Return an OpenStreetMap document."""
    lines = ["<osm version='0.6'>"]
    lines += [f"<node id='{i}' version='1' lat='{LAT + r * BLOCK}' lon='{LON + c * BLOCK}'/>"
              for i, (c, r) in nodes.items()]  # fmt: skip
    for number, ((column, row), street, house) in enumerate(doors, 500):
        lines.append(f"<node id='{number}' version='1' lat='{LAT + row * BLOCK}' lon='{LON + column * BLOCK}'>"
                     f"<tag k='addr:street' v='{street}'/><tag k='addr:housenumber' v='{house}'/></node>")  # fmt: skip
    for i, (refs, tags) in ways.items():
        inner = [f"<nd ref='{ref}'/>" for ref in refs] + [f"<tag k='{k}' v='{v}'/>" for k, v in tags.items()]
        lines.append(f"<way id='{i}' version='1'>{''.join(inner)}</way>")
    return "\n".join([*lines, "</osm>"])


def run(path, out):
    return CliRunner().invoke(recado, ["streets", "build", str(path), str(out)])


@pytest.fixture
def built(tmp_path) -> Streets:
    (tmp_path / "town.osm").write_text(osm())
    ended = run(tmp_path / "town.osm", tmp_path / "town.streets")
    assert ended.exit_code == 0, ended.output
    assert ATTRIBUTION in ended.output
    return Streets.decode((tmp_path / "town.streets").read_bytes())


def edge_of(streets, name):
    (found,) = [edge for edge in streets.plan.edges if streets.plan.names[edge.name] == name]
    return found


def test_a_street_is_one_piece_between_crossings_whatever_the_ways_it_was_drawn_with(built):
    pieces = [edge for edge in built.plan.edges if built.plan.names[edge.name] == "Rua Direita"]

    assert sorted(len(edge.shape) for edge in pieces) == [0, 0]  # 1-2 and 2-3-4, straight
    assert len(built.plan.nodes) == len({node for edge in built.plan.edges for node in (edge.start, edge.end)})


def test_it_says_whose_data_it_is(built):
    assert built.attribution == "© OpenStreetMap contributors, ODbL"


def test_tunnels_names_and_classes_are_kept(built):
    torta = edge_of(built, "Rua Torta")

    assert (torta.is_tunnel, torta.street_class) == (True, StreetClass.PRIMARY)
    assert len(torta.shape) == 1


def test_who_could_not_come_back_is_not_let_in(built):
    """Because a street that only leads in, or touches nothing, would strand a rider."""
    assert edge_of(built, "Rua Sem Volta").access == Access.NOBODY
    assert edge_of(built, "Rua da Ilha").access == Access.NOBODY


def test_what_nobody_of_ours_may_use_is_drawn_only_where_it_is_a_street(built):
    assert StreetClass.SERVICE not in {edge.street_class for edge in built.plan.edges}
    assert "Beco" not in built.plan.names  # one of its nodes is outside: neither half is a line


def test_every_vehicle_goes_round_one_way_only(built):
    start, end = (Point(lat=LAT, lon=LON + BLOCK * column) for column in (0.5, 2.5))

    for vehicle in ("bicycle", "motorcycle", "car"):
        assert built.way(start, end, vehicle=vehicle).length_m == pytest.approx(204, abs=3)
        assert built.way(end, start, vehicle=vehicle).length_m > 300
    assert built.way(end, start, vehicle="foot").length_m == pytest.approx(204, abs=3)


def test_house_numbers_are_kept_where_a_street_of_that_name_is_near(built):
    assert [door.number for door in built.plan.doors] == [7, 42, 43]
    assert built.find("r direita 42")[0].precision is Precision.DOOR
    assert built.find("r direita 20")[0].precision is Precision.BETWEEN_DOORS


def test_the_same_map_in_another_order_is_the_same_file(tmp_path):
    shuffled = osm(dict(reversed(NODES.items())), dict(reversed(WAYS.items())), DOORS)
    for name, text in (("a", osm()), ("b", osm()), ("c", shuffled)):
        (tmp_path / f"{name}.osm").write_text(text)
        assert run(tmp_path / f"{name}.osm", tmp_path / name).exit_code == 0

    first, again, other = [(tmp_path / name).read_bytes() for name in "abc"]
    assert first == again == other


def test_a_file_that_is_no_map_ends_in_one_line(tmp_path):
    (tmp_path / "town.osm").write_text("this is no map")

    ended = run(tmp_path / "town.osm", tmp_path / "out")

    assert ended.exit_code == 1
    assert "cannot be built from" in str(ended.exception)
    assert not (tmp_path / "out").exists()


def test_a_map_without_a_street_ends_in_one_line(tmp_path):
    (tmp_path / "sea.osm").write_text(osm(ways={}, doors=[]))

    assert "there is no street in it" in str(run(tmp_path / "sea.osm", tmp_path / "out").exception)


def test_without_osmium_the_command_says_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "town.osm").write_text(osm())
    monkeypatch.setitem(sys.modules, "osmium", None)
    monkeypatch.delitem(sys.modules, "recado.streets.reading", raising=False)

    ended = run(tmp_path / "town.osm", tmp_path / "out")

    assert "pip install osmium" in str(ended.exception)
    assert "\n" not in str(ended.exception)


def a_way(number, nodes, **tags):
    places = tuple((round((LAT + node // 10 * BLOCK) * 1e7), round((LON + node % 10 * BLOCK) * 1e7)) for node in nodes)
    return Way(id=number, tags={"highway": "residential"} | tags, nodes=tuple(nodes), places=places)


def plan_of(*ways):
    return build(Extract(ways=list(ways), addresses=[]))


def test_a_round_street_that_nothing_crosses_is_a_loop():
    plan = plan_of(a_way(1, [0, 1]), a_way(2, [1, 2, 12, 11, 1]))

    loops = [edge for edge in plan.edges if edge.start == edge.end]
    assert [len(edge.shape) for edge in loops] == [3]


def test_two_half_circles_become_one_loop_whichever_way_they_were_drawn():
    one = plan_of(a_way(1, [0, 1]), a_way(2, [1, 2, 12]), a_way(3, [12, 11, 1]))
    other = plan_of(a_way(1, [0, 1]), a_way(2, [1, 2, 12]), a_way(3, [1, 11, 12]))

    assert one == other


def test_a_circle_alone_stays():
    plan = plan_of(a_way(2, [1, 2, 12]), a_way(3, [12, 11, 1]))

    assert [(edge.start == edge.end, len(edge.shape)) for edge in plan.edges] == [(True, 3)]


def test_where_the_name_changes_a_street_ends():
    plan = plan_of(a_way(1, [0, 1], name="A"), a_way(2, [1, 2], name="B"))

    assert len(plan.edges) == 2


def test_an_address_without_a_street_s_name_is_no_door():
    ways = [a_way(1, [0, 1])]

    plan = build(Extract(ways=ways, addresses=[Address(street="", number=1, place=ways[0].places[0])]))

    assert plan.doors == ()


@given(st.lists(st.lists(st.integers(0, 7), max_size=4), min_size=8, max_size=8))
def test_in_the_largest_part_each_leads_to_each(arcs):
    def reached(start):
        seen, rest = {start}, [start]
        while rest:
            new = set(arcs[rest.pop()]) - seen
            seen |= new
            rest += new
        return seen

    parts = [frozenset(b for b in reached(a) if a in reached(b)) for a in range(8)]

    assert largest_part(arcs) in parts
    assert len(largest_part(arcs)) == max(map(len, parts))


def test_of_nothing_the_largest_part_is_nothing():
    assert largest_part([]) == frozenset()


SPOTS = st.lists(st.tuples(st.floats(-50, 50), st.floats(-50, 50)), min_size=2, max_size=12)


@given(SPOTS, st.floats(0.1, 20))
def test_no_corner_left_out_is_further_from_the_line_than_allowed(spots, tolerance_m):
    kept = corners_that_matter(spots, tolerance_m)

    assert (kept[0], kept[-1]) == (0, len(spots) - 1)
    for first, last in pairwise(kept):
        for i in range(first + 1, last):
            (ax, ay), (bx, by), (x, y) = spots[first], spots[last], spots[i]
            share = max(
                0, min(1, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / max(1e-12, (bx - ax) ** 2 + (by - ay) ** 2))
            )
            assert ((x - ax - share * (bx - ax)) ** 2 + (y - ay - share * (by - ay)) ** 2) ** 0.5 <= tolerance_m + 1e-6


def test_what_is_drawn_are_long_lines_with_their_names(built):
    main, rest = draw(built.plan, MAIN), draw(built.plan, REST)

    (torta,) = main.groups
    assert (torta.street_class, torta.is_tunnel, [main.names[i] for i in torta.names]) == (
        "primary",
        True,
        ["Rua Torta"],
    )
    named = {
        rest.names[name]: line for group in rest.groups for name, line in zip(group.names, group.lines, strict=True)
    }
    assert sorted(named) == ["Rua Direita", "Rua Sem Volta", "Rua da Ilha"]
    places = decoded(named["Rua Direita"])
    east_m = sorted(flat_m(Point(lat=LAT, lon=LON), place)[0] for place in places)
    assert (east_m[0], east_m[-1]) == (pytest.approx(0, abs=2), pytest.approx(306, abs=2))


def decoded(text):
    """Read an encoded polyline."""
    numbers, value, shift = [], 0, 0
    for letter in text:
        five = ord(letter) - 63
        value |= (five & 31) << shift
        shift += 5
        if five < 32:
            numbers.append(~(value >> 1) if value & 1 else value >> 1)
            value = shift = 0
    lat = lon = 0
    places = []
    for north, east in zip(numbers[::2], numbers[1::2], strict=True):
        lat, lon = lat + north, lon + east
        places.append(Point(lat=lat / 1e5, lon=lon / 1e5))
    return places
