"""A small town on a grid of 100 m, drawn by hand, and random ones."""

from math import cos, radians

from hypothesis import strategies as st

from kernel.geo import Point, offset
from kernel.streets.model import E7, Access, Edge, KnownDoor, StreetClass, StreetPlan

UNIT_E7 = 20
SE = Point(lat=-23.5505, lon=-46.6333)
BOTH = Access.FOOT | Access.FOOT_AGAINST | Access.BICYCLE | Access.BICYCLE_AGAINST | Access.MOTOR | Access.MOTOR_AGAINST
FEET = Access.FOOT | Access.FOOT_AGAINST
ONE_WAY = FEET | Access.BICYCLE | Access.MOTOR


def place(column: float, row: float) -> Point:
    """Return a place so many blocks of 100 m east and north."""
    return offset(SE, east_m=100 * column, north_m=100 * row)


def cell(column: float, row: float) -> tuple[int, int]:
    """Return it in the file's units."""
    at = place(column, row)
    return round(at.lat * E7 / UNIT_E7), round(at.lon * E7 / UNIT_E7)


def an_edge(start, end, access=BOTH, **fields):
    usual = {"street_class": StreetClass.RESIDENTIAL, "is_tunnel": False, "name": 0, "shape": ()}
    return Edge(start=start, end=end, access=int(access), **(usual | fields))


def a_plan(crossings, edges, names=("",), doors=()):
    """Return a plan of crossings at (column, row)."""
    return StreetPlan(
        attribution="© OpenStreetMap contributors, ODbL", unit_e7=UNIT_E7, names=tuple(names),
        nodes=tuple(cell(*at) for at in crossings), edges=tuple(edges),
        doors=tuple(KnownDoor(name, number, cell(*at)) for name, number, at in doors),
    )  # fmt: skip


# Rua Direita goes east along the south, 300 m, one way; Rua Torta leads back over the north, the first piece a tunnel.
#
#   4 ←─ 3 ... bends
#   ↓    ↑
#   0 → 1 → 2
SOUTH, NORTH = 1, 2
TOWN = a_plan(
    [(0, 0), (1, 0), (2, 0), (2, 1), (0, 1)],
    [
        an_edge(0, 1, ONE_WAY, name=SOUTH),
        an_edge(1, 2, ONE_WAY, name=SOUTH),
        an_edge(2, 3, ONE_WAY, name=NORTH, is_tunnel=True),
        an_edge(3, 4, ONE_WAY, name=NORTH, shape=(cell(1.5, 1.2), cell(0.5, 1.2)), street_class=StreetClass.PRIMARY),
        an_edge(0, 4, ONE_WAY >> 1 & Access.FOOT | FEET | Access.BICYCLE_AGAINST | Access.MOTOR_AGAINST, name=NORTH),
    ],
    names=("", "Rua Direita", "Rua Torta"),
    doors=[(SOUTH, 10, (0.1, 0.05)), (SOUTH, 110, (1.1, 0.05))],
)


@st.composite
def plans(draw, columns=4, rows=3):
    """Return a town of blocks in which every vehicle can get everywhere, some streets one way."""
    number = {(c, r): c * rows + r for c in range(columns) for r in range(rows)}
    crossings = [
        (c + draw(st.integers(-30, 30)) / 100, r + draw(st.integers(-30, 30)) / 100) for c, r in number
    ]  # fmt: skip
    edges = []
    for (c, r), start in number.items():
        for to in ((c + 1, r), (c, r + 1)):
            if to in number:
                # The southern rim, and all that leads north from it, is open to all: so everything is connected.
                is_open = r == 0 or (c == to[0] and r < rows - 1)
                access = BOTH if is_open else draw(st.sampled_from([BOTH, ONE_WAY, FEET, 0]))
                bend = draw(st.booleans())
                shape = (cell((c + to[0]) / 2 + 0.2, (r + to[1]) / 2 + 0.2),) if bend else ()
                street_class = draw(st.sampled_from(list(StreetClass)))
                edges.append(an_edge(start, number[to], access, shape=shape, street_class=street_class))
    return a_plan(crossings, edges)


METRE_LAT = 1 / 111_195
METRE_LON = METRE_LAT / cos(radians(SE.lat))
PLACES = st.builds(place, st.floats(-1, 4), st.floats(-1, 3))
