"""Promise a time, keep the estimate true to what happens, and say how the promise came out."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

import msgspec

from accounts.commands import share_links
from accounts.commands.share_links import NewShareLink
from accounts.errors import ShareLinkNotFound
from accounts.model import Caller
from fleet.messages import OfferAccepted
from fleet.queries.cards import find_rider_card
from infra import timers
from infra.db import Tx
from infra.travel.port import TravelTimes
from infra.travel.straight_line import USUAL_VEHICLE
from kernel.events import Act, Event
from kernel.ids import CityId, DeliveryId, OrderId, ShareId, StoreId
from orders import commands as orders
from orders import queries as order_queries
from orders.errors import OrderNotFound
from orders.messages import RiderAssigned, RiderUnassigned
from places.model import Rule
from places.queries import rule
from tracking import policy, store
from tracking.messages import EtaRevised, NewPromise, PromiseBreached, PromiseMade
from tracking.model import Estimate, EstimateRules, Progress, Revision, RevisionCause, Told, Window

WATCHDOG: Final = "eta.watchdog"
ESTIMATE_RULE: Final = "tracking.estimate"


async def promise(tx: Tx, new: NewPromise, *, travel: TravelTimes, act: Act) -> Window:
    """Promise the customer of a locked order a window, in the transaction that places it."""
    rules, progress, first = await _first(tx, new, travel=travel, now=act.now)
    window = policy.promise(first, rules=rules.value)
    await store.insert_promise(tx, new.order_id, window, first, rule_version=rules.version, now=act.now)
    await store.insert_eta(tx, progress, first)
    made = PromiseMade(
        order_id=new.order_id,
        promised_from=window.promised_from,
        promised_by=window.promised_by,
        eta_at=first.eta_at,
        low_at=first.low_at,
        high_at=first.high_at,
        rule_version=rules.version,
    )
    await orders.tell(tx, new.order_id, made, act=act)
    await timers.schedule(tx, WATCHDOG, new.order_id, due_at=min(first.look_at, first.eta_at))
    return window


async def preview(tx: Tx, new: NewPromise, *, travel: TravelTimes, now: datetime) -> Window:
    """Return the window that would be promised if the order were placed now; writes nothing."""
    rules, _, first = await _first(tx, new, travel=travel, now=now)
    return policy.promise(first, rules=rules.value)


async def name_delivery(tx: Tx, order_id: OrderId, delivery_id: DeliveryId) -> None:
    """Remember which delivery carries an order, so that others can be told that it comes first."""
    await store.name_delivery(tx, order_id, delivery_id)


async def note(tx: Tx, order_id: OrderId, fact: Event, *, at: datetime, travel: TravelTimes, act: Act) -> None:
    """Take a fact that happened at `at` into account; the customer is told where it moves the estimate enough."""
    order = await orders.lock_one(tx, order_id)
    kept = await store.lock_eta(tx, order_id)
    if kept is None or policy.is_over(order.status):
        return
    before, told = kept
    progress, cause = policy.after(before, fact, at=at)
    if isinstance(fact, RiderAssigned) and fact.rider_id is not None:
        card = await find_rider_card(tx, fact.rider_id)
        progress = msgspec.structs.replace(progress, vehicle=card.vehicle if card else progress.vehicle)
    rules = await _rules(tx, city_id=order.city_id, store_id=order.store_id, at=act.now)
    if isinstance(fact, (OfferAccepted, RiderAssigned, RiderUnassigned)):
        progress = await _with_ride(tx, progress, travel=travel, rules=rules.value, now=act.now)
    await store.save_progress(tx, progress)
    look_at = await _revise(tx, progress, told, cause, rules=rules, act=act)
    await timers.cancel(tx, order_id, WATCHDOG, because=fact.event_type(), now=act.now)
    await timers.schedule(tx, WATCHDOG, order_id, due_at=look_at)


async def look(tx: Tx, order_id: OrderId, *, act: Act) -> str | None:
    """Push an estimate whose next step did not come in time; returns why there was nothing to do, or None."""
    order = await orders.lock_one(tx, order_id)
    kept = await store.lock_eta(tx, order_id)
    if kept is None or policy.is_over(order.status):
        return f"the order is {order.status}"
    progress, told = kept
    rules = await _rules(tx, city_id=order.city_id, store_id=order.store_id, at=act.now)
    cause = policy.overdue_cause(progress, now=act.now)
    look_at = await _revise(tx, progress, told, cause, rules=rules, act=act)
    await timers.schedule(tx, WATCHDOG, order_id, due_at=look_at)
    return None


async def deliver(tx: Tx, order_id: OrderId, *, at: datetime, act: Act) -> None:
    """Settle the promise of an order that was at the door at `at`; a broken one is told."""
    await orders.lock_one(tx, order_id)
    kept = await store.lock_eta(tx, order_id)
    if kept is None:
        return
    promised_by = kept[1].window.promised_by
    late = at > promised_by
    await store.settle_promise(tx, order_id, "broken" if late else "kept", at=at)
    if late:
        cause = await store.find_last_cause(tx, order_id) or RevisionCause.TRAFFIC
        breach = _breach(order_id, promised_by=promised_by, at=at, is_expected=False, cause=cause)
        await orders.tell(tx, order_id, breach, act=act)
    await _end(tx, order_id, because="delivered", act=act)


async def stop(tx: Tx, order_id: OrderId, *, because: str, act: Act) -> None:
    """Estimate no more: the food will not come to the door this way. How the promise came out is moot."""
    await orders.lock_one(tx, order_id)
    if await store.lock_eta(tx, order_id) is not None:
        await store.settle_promise(tx, order_id, "moot", at=act.now)
        await _end(tx, order_id, because=because, act=act)


async def share(tx: Tx, order_id: OrderId, *, lasts: timedelta, caller: Caller, now: datetime) -> NewShareLink:
    """Make a link to an order the caller may see; `now` is wall time, as for all that lets people in."""
    await order_queries.get_order(tx, order_id, caller=caller)
    return await share_links.share(tx, order_id, lasts=lasts, caller=caller, now=now)


async def unshare(tx: Tx, share_id: ShareId, *, caller: Caller, now: datetime) -> None:
    """Revoke a link to an order the caller may see, whoever made it."""
    link = await share_links.find_share_link(tx, share_id)
    try:
        await order_queries.get_order(tx, link.order_id, caller=caller)
    except OrderNotFound:
        raise ShareLinkNotFound from None
    await share_links.unshare(tx, share_id, caller=caller, now=now)


async def _end(tx: Tx, order_id: OrderId, *, because: str, act: Act) -> None:
    await store.end_eta(tx, order_id)
    await timers.cancel(tx, order_id, WATCHDOG, because=because, now=act.now)


async def _revise(
    tx: Tx, progress: Progress, told: Told, cause: RevisionCause, *, rules: Rule[EstimateRules], act: Act
) -> datetime:
    """Tell what is to be told, and return when to look again."""
    found = policy.estimate(progress, rules=rules.value, now=act.now)
    revision = policy.revise(told, found, cause, rules=rules.value, now=act.now)
    if revision is None:
        return min(found.look_at, told.eta_at)
    await store.insert_revision(tx, progress.order_id, revision, found, rule_version=rules.version)
    facts: list[Event] = [
        EtaRevised(
            order_id=progress.order_id,
            revision_no=revision.revision_no,
            was_at=revision.was_at,
            eta_at=found.eta_at,
            low_at=found.low_at,
            high_at=found.high_at,
            cause=cause,
            breaks_promise=revision.breaks_promise,
        )
    ]
    if revision.breaks_promise and not told.is_breach_expected:
        facts.append(_expected_breach(progress.order_id, told, revision))
    await orders.tell(tx, progress.order_id, *facts, act=act)
    return min(found.look_at, found.eta_at)


def _expected_breach(order_id: OrderId, told: Told, revision: Revision) -> PromiseBreached:
    return _breach(
        order_id,
        promised_by=told.window.promised_by,
        at=revision.eta_at,
        is_expected=True,
        cause=revision.cause,
    )


def _breach(
    order_id: OrderId, *, promised_by: datetime, at: datetime, is_expected: bool, cause: RevisionCause
) -> PromiseBreached:
    return PromiseBreached(
        order_id=order_id,
        promised_by=promised_by,
        at=at,
        late_by_s=round((at - promised_by).total_seconds()),
        is_expected=is_expected,
        cause=cause,
    )


async def _with_ride(
    tx: Tx, progress: Progress, *, travel: TravelTimes, rules: EstimateRules, now: datetime
) -> Progress:
    """Return the progress with the time from the store to this door, by way of the stops before it."""
    dropoffs = await store.list_dropoffs(tx, progress.before)
    stops = [dropoffs[delivery_id] for delivery_id in progress.before if delivery_id in dropoffs]
    places = [progress.store, *stops, progress.dropoff]
    legs_s = [await travel.travel_s(start, end, vehicle=progress.vehicle, at=now) for start, end in pairwise(places)]
    travel_s = sum(legs_s) + rules.dropoff_s * len(progress.before)
    return msgspec.structs.replace(progress, travel_s=travel_s)


async def _rules(tx: Tx, *, city_id: CityId, store_id: StoreId, at: datetime) -> Rule[EstimateRules]:
    return await rule(tx, ESTIMATE_RULE, EstimateRules(), city_id=city_id, store_id=store_id, at=at)


async def _first(
    tx: Tx, new: NewPromise, *, travel: TravelTimes, now: datetime
) -> tuple[Rule[EstimateRules], Progress, Estimate]:
    rules = await _rules(tx, city_id=new.city_id, store_id=new.store_id, at=now)
    progress = Progress(
        order_id=new.order_id,
        store=new.store,
        dropoff=new.dropoff,
        placed_at=now,
        prep_s=new.prep_minutes * 60,
        vehicle=USUAL_VEHICLE,
        travel_s=await travel.travel_s(new.store, new.dropoff, vehicle=USUAL_VEHICLE, at=now),
    )
    return rules, progress, policy.estimate(progress, rules=rules.value, now=now)
