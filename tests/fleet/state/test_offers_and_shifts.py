import pytest

from fleet.model.offers import OfferMove, OfferStatus
from fleet.model.shifts import ShiftStatus
from fleet.state import offers, shifts
from kernel.errors import IllegalMove


def test_an_open_offer_ends_in_exactly_one_of_four_ways():
    assert set(OfferStatus) - {OfferStatus.OPEN} == offers.TERMINAL
    assert {offers.after(OfferStatus.OPEN, move) for move in OfferMove} == offers.TERMINAL


@pytest.mark.parametrize("status", sorted(offers.TERMINAL))
@pytest.mark.parametrize("move", OfferMove)
def test_an_offer_that_ended_stays_as_it_is(status, move):
    with pytest.raises(IllegalMove):
        offers.after(status, move)


def test_a_shift_can_be_interrupted_and_ends_once():
    assert shifts.after(ShiftStatus.ON, shifts.ShiftMove.REST) is ShiftStatus.BREAK
    assert shifts.after(ShiftStatus.BREAK, shifts.ShiftMove.RESUME) is ShiftStatus.ON
    assert shifts.after(ShiftStatus.BREAK, shifts.ShiftMove.END) is ShiftStatus.ENDED
    with pytest.raises(IllegalMove):
        shifts.after(ShiftStatus.ENDED, shifts.ShiftMove.RESUME)
