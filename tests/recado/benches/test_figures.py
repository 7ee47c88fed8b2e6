import pytest

from recado.benches.frame.figures import Result, as_document, at_least, at_most, share_of_speed

ORDERS = Result(
    name="one order",
    unit="CPU ms",
    samples=[20.0, 40.0, 10.0],
    references=[4.0, 4.0, 4.0],
    compare=share_of_speed,
    target=at_least(0.15, of="ratio"),
)


def test_a_figure_is_its_median():
    assert ORDERS.value == 20.0
    assert ORDERS.reference == 4.0


def test_a_ratio_is_the_median_of_each_repetitions_own():
    disturbed = Result(name="", unit="", samples=[10.0, 30.0, 10.0], references=[2.0, 6.0, 3.0], compare=share_of_speed)

    assert disturbed.ratio == pytest.approx(0.2)


def test_growth_is_told_as_how_many_times_the_reference():
    grown = Result(name="nearest", unit="CPU us", samples=[30.0], references=[20.0], target=at_most(2, of="ratio"))

    assert grown.ratio == 1.5
    assert grown.holds


def test_a_figure_without_reference_has_no_ratio_and_one_without_target_neither_holds_nor_misses():
    alone = Result(name="API ready", unit="s", samples=[2.0])

    assert (alone.reference, alone.ratio, alone.holds) == (None, None, None)


def test_the_bound_itself_is_good_enough():
    held = [Result(name="", unit="s", samples=[s], target=at_most(5, of="value")).holds for s in (4.9, 5.0, 5.1)]

    assert held == [True, True, False]


def test_a_target_for_a_ratio_needs_a_reference():
    with pytest.raises(ValueError, match="one order has a target for its ratio but no reference"):
        _ = Result(name="one order", unit="", samples=[1.0], target=at_least(0.5, of="ratio")).holds


def test_a_repetition_without_its_reference_is_not_compared():
    with pytest.raises(ValueError, match="shorter"):
        _ = Result(name="", unit="", samples=[1.0, 2.0], references=[1.0]).ratio


def test_the_document_has_what_programs_compare():
    document = as_document("orders", {"cores": 2}, [ORDERS, Result(name="orders", unit="1/s", samples=[3.0])])

    assert document == {
        "bench": "orders",
        "machine": {"cores": 2},
        "results": [
            {
                "name": "one order",
                "value": 20.0,
                "unit": "CPU ms",
                "reference": 4.0,
                "ratio": 0.2,
                "target": "ratio ≥ 0.15",
                "holds": True,
            },
            {
                "name": "orders",
                "value": 3.0,
                "unit": "1/s",
                "reference": None,
                "ratio": None,
                "target": None,
                "holds": None,
            },
        ],
    }
