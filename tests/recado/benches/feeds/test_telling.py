from math import inf

import pytest

from kernel.actors import Role
from recado.benches.feeds.clones import Order
from recado.benches.feeds.facts import Numbered
from recado.benches.feeds.measuring import check
from recado.benches.feeds.pings import delays_ms
from recado.benches.feeds.questions import Arrival, Told
from recado.benches.feeds.telling import Stretch
from recado.errors import CommandRefused


def an_order(order_id: str, seq: int) -> Order:
    return Order(id=order_id, store_id="sto_1", customer_id="cus_1", rider_id="rdr_1", seq=seq)


ORDERS = [an_order("ord_1", 14), an_order("ord_2", 14), an_order("ord_3", 20)]


def told(**fields: object) -> Told:
    usual = {"events": 15, "prepared": 0, "content_bytes": 0, "sockets": 15, "arrivals": [], "inspected": 0}
    return Told(**{**usual, "faults": [], **fields})


def a_stretch(rounds: int) -> Stretch:
    facts: list[Numbered] = [(order.id, order.seq + 1, None) for order in ORDERS]
    return Stretch(ORDERS, [facts] * rounds, watchers=5)


@pytest.mark.parametrize(
    ("facts", "seqs"), [(0, [14, 14, 20]), (1, [15, 14, 20]), (3, [15, 15, 21]), (8, [17, 17, 22])]
)
def test_facts_go_round_by_round_and_so_do_the_orders_numbers(facts: int, seqs: list[int]):
    assert a_stretch(rounds=3).seqs_after(facts) == seqs


def test_a_stretch_has_a_message_for_each_fact_and_watcher():
    assert a_stretch(rounds=4).messages == 4 * 3 * 5


def test_who_has_every_number_passes():
    check([told(last_seqs={"ord_1": (14, 14), "ord_3": (20, 20), "another": (1, 2)})], ORDERS, 15)


def test_a_message_too_few_ends_the_bench():
    with pytest.raises(CommandRefused, match="14 numbered messages arrived of 15"):
        check([told(events=14, last_seqs={})], ORDERS, 15)


def test_a_watcher_left_behind_ends_the_bench():
    with pytest.raises(CommandRefused, match="ord_2 stands at 14, its watchers at 13 to 14"):
        check([told(last_seqs={"ord_2": (13, 14)})], ORDERS, 15)


def test_a_delay_counts_from_the_ping_of_that_order_and_place():
    sent = {(0, -23.5): 1_000_000}
    roles = (Role.CUSTOMER, Role.FOLLOWER, Role.CUSTOMER, Role.FOLLOWER)
    arrivals = [Arrival(0, role, at_ms * 1_000_000, -23.5) for role, at_ms in zip(roles, (8, 4, 6, 5), strict=True)]

    assert delays_ms(sent, arrivals) == [3.0, 4.0, 5.0, 7.0]


def test_a_position_that_did_not_come_took_for_ever_and_one_of_an_earlier_ping_counts_for_nothing():
    arrivals = [Arrival(0, Role.CUSTOMER, 3_000_000, -23.5), Arrival(0, Role.CUSTOMER, 5_000_000, -23.4)]

    assert delays_ms({(0, -23.5): 1_000_000}, arrivals) == [2.0, inf, inf, inf]


def test_a_position_told_to_the_store_ends_the_bench():
    with pytest.raises(CommandRefused, match="where the rider is was told to: merchant"):
        delays_ms({}, [Arrival(0, Role.MERCHANT, 5, -23.4)])
