import pytest

from intake import policy
from intake.model import CustomerRequest, DropoffRequest, LineRequest, OrderRequest, PaymentRequest, Surroundings
from kernel.ids import ItemId, StoreId
from merchant.messages import ItemFacts
from orders.model import PaymentMethod

PASTEL, GUARANA = ItemId("itm_PASTEL"), ItemId("itm_GUARANA")


def a_request(**changes: object) -> OrderRequest:
    fields: dict[str, object] = {
        "store_id": StoreId("sto_1"),
        "lines": [LineRequest(item_id=PASTEL, quantity=2)],
        "dropoff": DropoffRequest(lat=-23.55, lon=-46.63, address="Rua Augusta 100"),
        "customer": CustomerRequest(name="Ana", phone="+5511988887777"),
        "payment": PaymentRequest(method=PaymentMethod.CASH),
    }
    return OrderRequest(**(fields | changes))  # type: ignore[arg-type]


def an_item(*, is_available: bool = True, stock_count: int | None = None) -> ItemFacts:
    return ItemFacts(id=PASTEL, name="Pastel", price_minor=900, is_available=is_available, stock_count=stock_count)


def surroundings(**changes: object) -> Surroundings:
    fields: dict[str, object] = {
        "store_is_open": True,
        "dropoff_is_served": True,
        "menu": {PASTEL: an_item()},
        "phone_is_valid": True,
        "total_minor": 1800,
    }
    return Surroundings(**(fields | changes))  # type: ignore[arg-type]


def codes(request: OrderRequest, facts: Surroundings) -> list[str]:
    return [problem.code for problem in policy.find_problems(request, facts)]


def test_a_complete_order_has_no_problems():
    assert codes(a_request(), surroundings()) == []


@pytest.mark.parametrize(
    ("request_", "facts", "code"),
    [
        (a_request(), surroundings(store_is_open=False), "store_closed"),
        (a_request(), surroundings(dropoff_is_served=False), "dropoff_outside"),
        (a_request(), surroundings(phone_is_valid=False), "phone_missing"),
        (a_request(total_minor=1700), surroundings(), "total_mismatch"),
        (a_request(payment=PaymentRequest(method=PaymentMethod.CARD)), surroundings(), "payment_token_missing"),
        (
            a_request(payment=PaymentRequest(method=PaymentMethod.CASH, change_for_minor=1000)),
            surroundings(),
            "change_too_small",
        ),
        (a_request(lines=[LineRequest(item_id=GUARANA, quantity=1)]), surroundings(), "item_unknown"),
        (a_request(), surroundings(menu={PASTEL: an_item(is_available=False)}), "item_out_of_stock"),
        (a_request(), surroundings(menu={PASTEL: an_item(stock_count=1)}), "item_out_of_stock"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_gap_is_named(request_: OrderRequest, facts: Surroundings, code: str):
    assert codes(request_, facts) == [code]


def test_the_desk_sees_every_problem_at_once():
    request = a_request(lines=[LineRequest(item_id=GUARANA, quantity=1), LineRequest(item_id=PASTEL, quantity=3)])
    facts = surroundings(menu={PASTEL: an_item(stock_count=2)}, phone_is_valid=False, store_is_open=False)

    assert set(codes(request, facts)) == {"item_unknown", "item_out_of_stock", "phone_missing", "store_closed"}


def test_the_same_item_on_two_lines_counts_together_against_the_stock():
    request = a_request(lines=[LineRequest(item_id=PASTEL, quantity=2), LineRequest(item_id=PASTEL, quantity=2)])

    assert codes(request, surroundings(menu={PASTEL: an_item(stock_count=3)})) == ["item_out_of_stock"]
