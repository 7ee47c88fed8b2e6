"""One round of dispatch for one city: look, decide, ask, and keep why."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeAlias

import msgspec
import structlog

from fleet.commands.engagement import DISPATCH_ROUND
from fleet.commands.offers import make_offer
from fleet.commands.rules import dispatch_rules, pay_rules
from fleet.errors import OfferNotPossible, RoundMoving
from fleet.model.offers import Proposal
from fleet.policy.dispatch.engine import decide
from fleet.policy.dispatch.facts import CityNow, DispatchRules, Plan, Verdict, Working
from fleet.store import deliveries as deliveries_store
from fleet.store import dispatch as store
from infra import timers
from infra.db import Begin, Tx
from kernel.events import Act, Cause
from kernel.geo import Point
from kernel.ids import CityId, DeliveryId, OfferId, RiderId

log: Final = structlog.get_logger()

# Where riders are now; None for whom no phone speaks any more. Riders that are missing were never heard of.
WhereAre: TypeAlias = Callable[[Sequence[RiderId], datetime], Awaitable[Mapping[RiderId, Point | None]]]


class _Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What PostgreSQL says about the city."""

    searched: list[store.Searched]
    working: list[store.OnShift]
    city: CityNow  # without riders: where they are is asked elsewhere
    rule_version: str


class Dispatcher:
    """Runs rounds; of one city one at a time in this process, and across processes the offers' own checks decide."""

    def __init__(self, where_are: WhereAre) -> None:
        self._where_are = where_are
        self._turns: defaultdict[CityId, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def run_round(self, begin: Begin, city_id: CityId, *, act: Act) -> str | None:
        """Decide for a city and ask riders; returns why there was nothing to do, or None."""
        act = msgspec.structs.replace(act, cause=Cause.DISPATCH)
        async with self._turns[city_id]:
            async with begin() as tx:
                looked = await _look(tx, city_id, now=act.now)
            if looked is None:
                return "nobody looks for a rider"
            places = await self._where_are([rider.rider_id for rider in looked.working], act.now)
            riders = [rider for one in looked.working if (rider := _working(one, places)) is not None]
            plan = decide(msgspec.structs.replace(looked.city, riders=riders))
            asked = await _ask(begin, plan.proposals, act=act)
            async with begin() as tx:
                await _keep(tx, city_id, looked, plan, asked, act=act)
            return None


async def _look(tx: Tx, city_id: CityId, *, now: datetime) -> _Looked | None:
    rules = await dispatch_rules(tx, city_id, at=now)
    asked_after = now - timedelta(seconds=rules.value.ask_again_s)
    searched = await store.list_wanted(tx, city_id, asked_after=asked_after)
    if not searched:
        return None
    pay = await pay_rules(tx, city_id, at=now)
    city = CityNow(
        now=now,
        wanted=[one.wanted for one in searched],
        riders=[],
        rules=rules.value,
        pay=pay.value,
        currency=searched[0].currency,
    )
    version = f"dispatch {rules.version}, pay {pay.version}"
    working = await store.list_working(tx, city_id)
    return _Looked(searched=searched, working=working, city=city, rule_version=version)


def _working(one: store.OnShift, places: Mapping[RiderId, Point | None]) -> Working | None:
    """Return a rider who can be matched: not one whose phone went silent, nor one who was never seen."""
    here = places.get(one.rider_id, one.last_seen)
    if here is None:
        return None
    return Working(
        rider_id=one.rider_id,
        vehicle=one.vehicle,
        capacity=one.capacity,
        here=here,
        planned_end_at=one.planned_end_at,
        in_hand=one.in_hand,
        is_being_asked=one.is_being_asked,
    )


async def _ask(begin: Begin, proposals: Sequence[Proposal], *, act: Act) -> dict[DeliveryId, OfferId | str]:
    """Make the offers, each in its own transaction; returns each delivery's offer, or why it could not be made."""
    asked: dict[DeliveryId, OfferId | str] = {}
    for proposal in proposals:
        answer: OfferId | str
        try:
            async with begin() as tx:
                answer = await make_offer(tx, proposal, act=act)
        except (OfferNotPossible, RoundMoving) as refused:
            log.info("dispatch.overtaken", rider_id=proposal.rider_id, why=refused.detail)
            asked.update(dict.fromkeys(proposal.delivery_ids, refused.detail))
        else:
            asked.update(dict.fromkeys(proposal.delivery_ids, answer))
    return asked


async def _keep(
    tx: Tx,
    city_id: CityId,
    looked: _Looked,
    plan: Plan,
    asked: Mapping[DeliveryId, OfferId | str],
    *,
    act: Act,
) -> None:
    last_words = {one.wanted.delivery_id: one.last_word for one in looked.searched}
    decisions: list[tuple[Verdict, OfferId | None]] = []
    for verdict in plan.verdicts:
        settled, offer_id = _settled(verdict, asked.get(verdict.delivery_id))
        if offer_id is not None or last_words[verdict.delivery_id] != (settled.outcome, settled.why, settled.rider_id):
            decisions.append((settled, offer_id))
    await store.insert_decisions(tx, city_id, decisions, rule_version=looked.rule_version, now=act.now)
    await deliveries_store.widen_search(tx, [verdict.delivery_id for verdict in plan.verdicts if verdict.widens])
    if len(asked) < len(plan.verdicts) or any(not answer.startswith("off_") for answer in asked.values()):
        await _look_again(tx, city_id, looked.city.rules, act=act)


def _settled(verdict: Verdict, answer: OfferId | str | None) -> tuple[Verdict, OfferId | None]:
    if answer is None or answer.startswith("off_"):
        return verdict, OfferId(answer) if answer else None
    return msgspec.structs.replace(verdict, outcome="waits", why=answer), None


async def _look_again(tx: Tx, city_id: CityId, rules: DispatchRules, *, act: Act) -> None:
    await timers.hasten(tx, DISPATCH_ROUND, city_id, due_at=act.now + timedelta(seconds=rules.round_s))
