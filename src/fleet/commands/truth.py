"""What is learnt from riders' positions, and what follows: who is not believed, who stands at which stop."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from fleet.commands.engagement import call_dispatch
from fleet.commands.rules import suspicion_rules
from fleet.errors import RiderNotFound
from fleet.messages import RiderCleared, RiderSuspected, StopLeft, StopReached
from fleet.model.phones import PhoneState
from fleet.model.positions import Position, from_ms, to_ms
from fleet.model.truth import Visit
from fleet.policy import spoofing
from fleet.policy import truth as policy
from fleet.policy.spoofing import SuspicionRules
from fleet.policy.truth import Known, Learned
from fleet.store import truth as store
from fleet.store.truth import Held, Stops
from infra import outbox
from infra.db import Tx
from kernel.events import Act
from kernel.ids import CityId, RiderId
from places.model import Rule

NOTHING: Final[Mapping[RiderId, PhoneState]] = MappingProxyType({})
STILL: Final = timedelta(hours=1)  # a phone without signal for so long may still bring the way to a finished stop

FADED: Final = "faded"
TRUSTED: Final = "trusted"


async def learn(
    tx: Tx,
    news: Mapping[RiderId, Sequence[Position]],
    *,
    states: Mapping[RiderId, PhoneState] = NOTHING,
    act: Act,
) -> None:
    """Take new positions of many riders, each rider's in device order, and what phones say of themselves.

    Who is no rider is passed over. The same news again change and tell nothing.
    """
    rider_ids = sorted({*news, *states})
    held = await store.lock_truths(tx, rider_ids) if rider_ids else []
    if not held:
        return
    stops = await store.list_stops_of_riders(tx, rider_ids, ended_after=act.now - STILL)
    rules = await _rules(tx, held, act=act)
    learned = {
        one.rider_id: policy.learn(
            one.known,
            news.get(one.rider_id, ()),
            phone=states.get(one.rider_id),
            vehicle=one.vehicle,
            rules=rules[one.city_id].value,
            fences=stops.get(one.rider_id, Stops()).fences,
        )
        for one in held
    }
    await _save(tx, held, learned, act=act)
    await _tell(tx, held, learned, stops, rules, act=act)


async def forget(tx: Tx, *, before: datetime, limit: int, act: Act) -> int:
    """Forget where riders were who have not been seen since, and what speaks against them; returns of how many.

    What a phone said of itself stays. Safe to repeat.
    """
    rider_ids = await store.list_seen_before(tx, before, limit=limit)
    held = await store.lock_truths(tx, rider_ids) if rider_ids else []
    old = [one for one in held if one.known.state.last is None or _seen_at(one.known.state.last) < before]
    forgotten = {one.rider_id: Known(phone=one.known.phone) for one in old}
    await store.save_truths(tx, forgotten, now=act.now)
    rules = await _rules(tx, old, act=act)
    for one in old:
        await _tell_standing(tx, one, forgotten[one.rider_id], rules[one.city_id], because=FADED, act=act)
    return len(old)


def _seen_at(position: Position) -> datetime:
    return from_ms(position.measured_at_ms)


async def trust(tx: Tx, rider_id: RiderId, *, reason: str, act: Act) -> None:
    """Believe a rider for the day, whatever the evidence so far. A repeat changes nothing until there is more."""
    held = await store.lock_truths(tx, [rider_id])
    if not held:
        raise RiderNotFound
    (one,) = held
    before = one.known
    if not before.evidence and not before.is_suspected:
        return
    rule = await suspicion_rules(tx, one.city_id, at=act.now)
    last = before.state.last
    at_ms = max(to_ms(act.now), last.device_at_ms if last else 0)  # a phone's clock may be ahead of ours
    word = spoofing.trust_of(before.state.spoof, at_ms=at_ms, by_id=act.actor.id, reason=reason, rules=rule.value)
    after = policy.trusting(before, word, rules=rule.value)
    await store.save_truths(tx, {rider_id: after}, now=act.now)
    await store.insert_trust(tx, rider_id, word, suspicion_bp=before.suspicion_bp, now=act.now)
    await _tell_standing(tx, one, after, rule, because=TRUSTED, act=act)


async def _rules(tx: Tx, held: Sequence[Held], *, act: Act) -> Mapping[CityId, Rule[SuspicionRules]]:
    return {
        city_id: await suspicion_rules(tx, city_id, at=act.now) for city_id in sorted({one.city_id for one in held})
    }


async def _save(tx: Tx, held: Sequence[Held], learned: Mapping[RiderId, Learned], *, act: Act) -> None:
    changed = {one.rider_id: now for one in held if (now := learned[one.rider_id].known) != one.known}
    if changed:
        await store.save_truths(tx, changed, now=act.now)
    visits = [(rider_id, visit) for rider_id, one in learned.items() for visit in one.visits]
    if visits:
        await store.save_visits(tx, visits)


async def _tell(
    tx: Tx,
    held: Sequence[Held],
    learned: Mapping[RiderId, Learned],
    stops: Mapping[RiderId, Stops],
    rules: Mapping[CityId, Rule[SuspicionRules]],
    *,
    act: Act,
) -> None:
    """Tell what crossed the threshold and who reached or left which stop, rider by rider in id order."""
    for one in held:
        await _tell_standing(tx, one, learned[one.rider_id].known, rules[one.city_id], because=FADED, act=act)
        open_ids = stops.get(one.rider_id, Stops()).open_ids
        visits = [visit for visit in learned[one.rider_id].visits if visit.delivery_id in open_ids]
        facts = [fact for visit in visits if (fact := _fact_of(one.rider_id, visit))]
        if facts:
            await outbox.publish(tx, one.rider_id, *facts, act=act)


def _fact_of(rider_id: RiderId, visit: Visit) -> StopReached | StopLeft | None:
    """Return what is to be told of a visit: that it began, or that it is over."""
    entered_at = from_ms(visit.entered_at_ms)
    left_at = None if visit.left_at_ms is None else from_ms(visit.left_at_ms)
    delivery_id, stop = visit.delivery_id, visit.stop
    if visit.is_new:
        return StopReached(
            rider_id=rider_id, delivery_id=delivery_id, stop=stop, entered_at=entered_at, left_at=left_at
        )
    if left_at is None:
        return None
    return StopLeft(rider_id=rider_id, delivery_id=delivery_id, stop=stop, entered_at=entered_at, left_at=left_at)


async def _tell_standing(
    tx: Tx, one: Held, after: Known, rule: Rule[SuspicionRules], *, because: str, act: Act
) -> None:
    """Tell, where it changed, whether the rider is believed; whoever searches by place hears of it from the event."""
    if after.is_suspected is one.known.is_suspected:
        return
    await store.bump_standings(tx, [one.rider_id])
    if not after.is_suspected:
        cleared = RiderCleared(
            rider_id=one.rider_id, city_id=one.city_id, suspicion_bp=after.suspicion_bp, because=because
        )
        await outbox.publish(tx, one.rider_id, cleared, act=act)
        await call_dispatch(tx, one.city_id, act=act)
        return
    suspected = RiderSuspected(
        rider_id=one.rider_id,
        city_id=one.city_id,
        suspicion_bp=after.suspicion_bp,
        codes=[evidence.code for evidence in after.evidence],
        rule_version=rule.version,
    )
    await outbox.publish(tx, one.rider_id, suspected, act=act)
