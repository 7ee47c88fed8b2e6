"""Who watches an order on its way: the customer on two devices, two people with a share link, the store's tablet."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import count
from typing import Final

from accounts.model import Caller, Grant
from infra import ids
from infra.clock import wall_now
from kernel.actors import Role
from kernel.ids import StoreId
from recado.benches.feeds.clones import Order
from recado.benches.feeds.questions import Seat
from recado.benches.frame.installation import Installation

ROLES: Final = (Role.CUSTOMER, Role.CUSTOMER, Role.FOLLOWER, Role.FOLLOWER, Role.MERCHANT)
WATCHERS: Final = len(ROLES)
INSPECT_EVERY: Final = 47  # no multiple of the roles: each of them is among those that are read in full
_LINK_LASTS: Final = timedelta(days=1)


def seats_of(house: Installation, orders: Sequence[Order], places: range) -> list[Seat]:
    """Return five watchers for each of the orders at these places of the list."""
    numbers = count(places.start * WATCHERS)
    return [
        Seat(
            order=place,
            order_id=orders[place].id,
            role=role,
            token=token,
            is_inspected=not next(numbers) % INSPECT_EVERY,
        )
        for place in places
        for role, token in _tokens(house, orders[place])
    ]


def _tokens(house: Installation, order: Order) -> Iterator[tuple[Role, str]]:
    tablet = ids.new(str, "per")
    for role in ROLES:
        match role:
            case Role.CUSTOMER:
                caller = Caller(role=role, id=order.customer_id)
            case Role.MERCHANT:
                caller = Caller(role=role, id=tablet, store_ids=frozenset({StoreId(order.store_id)}))
            case _:
                link = ids.new(str, "shr")
                grant = Grant(id=link, order_id=order.id, ends_at=wall_now() + _LINK_LASTS)
                caller = Caller(role=role, id=link, grant=grant)
        yield role, house.token(caller)
