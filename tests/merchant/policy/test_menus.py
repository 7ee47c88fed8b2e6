import pytest
from tests.merchant.builders import PIZZA, SODA, a_line, an_item

from kernel.errors import InvalidField
from merchant.errors import ItemsOutOfStock
from merchant.policy import menus as policy
from merchant.policy.menus import WantedItem


def wanted(ref: str = "pizza", **changes: object) -> WantedItem:
    return WantedItem(**({"external_ref": ref, "name": "Pizza", "price_minor": 4200} | changes))  # type: ignore[arg-type]


def test_a_second_import_of_the_same_menu_changes_nothing():
    plan = policy.plan_menu([an_item()], frozenset({PIZZA}), [wanted()])

    assert (plan.added, plan.changed, plan.removed) == ([], [], [])


def test_an_import_leaves_what_the_kitchen_said_about_stock():
    known = an_item(is_available=False, stock_count=3)

    plan = policy.plan_menu([known], frozenset({PIZZA}), [wanted(price_minor=4500)])

    assert plan.changed == [an_item(price_minor=4500, is_available=False, stock_count=3)]


def test_an_import_that_knows_the_stock_says_it():
    plan = policy.plan_menu(
        [an_item(stock_count=3)], frozenset({PIZZA}), [wanted(stock_count=None, is_available=False)]
    )

    assert plan.changed == [an_item(is_available=False, stock_count=None)]


def test_what_a_menu_does_not_name_goes_off_it_and_what_is_new_comes_on():
    plan = policy.plan_menu([an_item()], frozenset({PIZZA}), [wanted("soda")])

    assert [item.external_ref for item in plan.added] == ["soda"]
    assert plan.removed == [PIZZA]


def test_an_item_that_comes_back_keeps_its_id():
    plan = policy.plan_menu([an_item()], frozenset(), [wanted()])

    assert [item.id for item in plan.changed] == [PIZZA]
    assert plan.removed == []


def test_a_menu_names_an_item_once():
    with pytest.raises(InvalidField, match="pizza"):
        policy.plan_menu([], frozenset(), [wanted(), wanted()])


def test_the_lines_of_one_item_add_up():
    assert policy.quantities([a_line(SODA, 1), a_line(PIZZA, 2), a_line(SODA, 3)]) == {PIZZA: 2, SODA: 4}


def test_no_more_is_sold_than_there_is():
    policy.check_stock({PIZZA: 2}, {PIZZA: 2})
    with pytest.raises(ItemsOutOfStock) as refused:
        policy.check_stock({PIZZA: 1, SODA: 9}, {PIZZA: 2, SODA: 9})

    assert refused.value.facts == {"item_ids": [PIZZA]}


def test_what_is_not_counted_never_runs_out_by_itself():
    policy.check_stock({PIZZA: None}, {PIZZA: 99, SODA: 1})
