"""Fleet's rules as data, by name; recado offers them to operators."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from fleet.policy.dispatch.facts import DispatchRules
from fleet.policy.offers import OfferRules, PayRules
from fleet.policy.spoofing import SuspicionRules
from infra.db import Tx
from kernel.ids import CityId
from places import queries as places
from places.model import Rule

OFFERS: Final = "fleet.offers"
PAY: Final = "fleet.pay"
DISPATCH: Final = "fleet.dispatch"
SUSPICION: Final = "fleet.suspicion"

RULES: Final[Mapping[str, type[msgspec.Struct]]] = {
    OFFERS: OfferRules,
    PAY: PayRules,
    DISPATCH: DispatchRules,
    SUSPICION: SuspicionRules,
}


async def offer_rules(tx: Tx, city_id: CityId, *, at: datetime) -> OfferRules:
    """Return how this city makes offers."""
    return (await places.rule(tx, OFFERS, OfferRules(), city_id=city_id, at=at)).value


async def pay_rules(tx: Tx, city_id: CityId, *, at: datetime) -> Rule[PayRules]:
    """Return what this city pays."""
    return await places.rule(tx, PAY, PayRules(), city_id=city_id, at=at)


async def dispatch_rules(tx: Tx, city_id: CityId, *, at: datetime) -> Rule[DispatchRules]:
    """Return the numbers this city dispatches by."""
    return await places.rule(tx, DISPATCH, DispatchRules(), city_id=city_id, at=at)


async def suspicion_rules(tx: Tx, city_id: CityId, *, at: datetime) -> Rule[SuspicionRules]:
    """Return when this city stops believing a rider's places."""
    return await places.rule(tx, SUSPICION, SuspicionRules(), city_id=city_id, at=at)
