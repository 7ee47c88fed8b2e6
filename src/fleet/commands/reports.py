"""What a rider's phone reports of a delivery, in whatever order and however late it arrives."""

from typing import Any

import msgspec

from fleet.commands.assigning import release
from fleet.commands.engagement import disengage
from fleet.commands.locking import lock_delivery, lock_rider
from fleet.commands.stops import begin_carrying
from fleet.errors import DeliveryMoved, DeliveryNotFound, ReasonMissing, ReportReused, WrongCode
from fleet.messages import DeliveryFailed, Overridden, ReportUnapplied, StepTimed, TurnedBack
from fleet.model.deliveries import Delivery, DeliveryStatus, Move
from fleet.model.reports import MOVES, Filed, Outcome, Report, ReportKind
from fleet.policy import reports as policy
from fleet.state.deliveries import TERMINAL, after
from fleet.store import deliveries as deliveries_store
from fleet.store import reports as store
from infra.db import Tx
from infra.idempotency import fingerprint
from kernel.actors import Role
from kernel.events import Act
from kernel.ids import DeliveryId, ReportId, RiderId
from orders import commands as orders
from orders.messages import ItemProblem
from orders.model import Order

_STEPS = {
    Move.ARRIVE_AT_PICKUP: DeliveryStatus.ARRIVED_AT_PICKUP,
    Move.PICK_UP: DeliveryStatus.PICKED_UP,
    Move.ARRIVE_AT_DROPOFF: DeliveryStatus.ARRIVED_AT_DROPOFF,
}
_HAS_FOOD = frozenset({DeliveryStatus.PICKED_UP, DeliveryStatus.ARRIVED_AT_DROPOFF, DeliveryStatus.RETURNING})


class ReportAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a report. Not applied is an answer, not an error: the report is kept and the desk looks at it."""

    report_id: ReportId
    delivery_id: DeliveryId
    applied: bool
    why: str | None = None


class _Case(msgspec.Struct, frozen=True, kw_only=True):
    """A report with what it is about, locked."""

    tx: Any
    order: Order
    delivery: Delivery
    report: Report
    act: Act


async def file_report(
    tx: Tx, delivery_id: DeliveryId, report: Report, *, problems: list[ItemProblem], act: Act
) -> ReportAnswer | WrongCode:
    """Apply a report once; a repeat gets the first answer.

    A wrong drop-off code is returned, not raised: counting the try must be committed.
    """
    order, delivery = await lock_delivery(tx, delivery_id)
    await _check_theirs(tx, delivery, report, act=act)
    asked = fingerprint(delivery_id, report, problems)
    filed = await store.find_report(tx, act.actor.id, report.report_id)
    if filed is not None:
        if filed.fingerprint != asked:
            raise ReportReused(report.report_id)
        return _answer(delivery, report, filed)
    case = _Case(tx=tx, order=order, delivery=delivery, report=report, act=_timed(delivery, act))
    outcome, why = await _settle(case, problems)
    filed = Filed(fingerprint=asked, outcome=outcome, why=why)
    facts = {"reason": report.reason, "note": report.note, "problems": problems}
    await store.insert_report(tx, case.delivery.id, report, filed, facts=facts, act=act)
    if outcome is Outcome.REFUSED:
        await deliveries_store.count_code_try(tx, delivery_id)
        return WrongCode(delivery_id, tries_left=policy.tries_left(delivery))
    return _answer(delivery, report, filed)


async def confirm_return(tx: Tx, delivery_id: DeliveryId, *, act: Act) -> None:
    """Take the store's (or the desk's) word that the food is back. A repeat changes nothing."""
    order, delivery = await lock_delivery(tx, delivery_id)
    if delivery.status is DeliveryStatus.RETURNED:
        return
    to = after(delivery.status, Move.CONFIRM_RETURN)
    rider = await lock_rider(tx, delivery.rider_id) if delivery.rider_id else None
    if not await deliveries_store.move_delivery(tx, delivery, to, at=act.occurred_at):
        raise DeliveryMoved(delivery_id, status=delivery.status, move=Move.CONFIRM_RETURN)
    await orders.bring_back(tx, order, reason=delivery.end_reason or "", act=act)
    if rider is not None:
        await disengage(tx, rider, act=act)


async def _check_theirs(tx: Tx, delivery: Delivery, report: Report, *, act: Act) -> None:
    if act.actor.role is Role.OPERATOR:
        if not report.reason:
            raise ReasonMissing
        return
    rider_id = RiderId(act.actor.id)
    if delivery.rider_id != rider_id and not await deliveries_store.was_ever_theirs(tx, delivery.id, rider_id):
        raise DeliveryNotFound  # never reveal which deliveries exist


async def _settle(case: _Case, problems: list[ItemProblem]) -> tuple[Outcome, str | None]:
    is_by_hand = case.act.actor.role is Role.OPERATOR
    if not is_by_hand:
        why = policy.why_unapplied(case.delivery, by=RiderId(case.act.actor.id), order_status=case.order.status)
        if why is not None:
            await _set_aside(case, why)
            return Outcome.UNAPPLIED, why
    moves = policy.moves_for(case.delivery, case.report)
    if Move.HAND_OVER in moves and not is_by_hand and not _has_right_code(case):
        return Outcome.REFUSED, "wrong_code"
    if is_by_hand and moves:
        await _tell(case, Overridden, move=moves[-1], reason=case.report.reason)
    is_late_word = not moves
    for move in moves:
        is_implied = move is not moves[-1] or case.report.kind is ReportKind.CHECK_ITEMS
        case = await _make(case, move, is_implied=is_implied)
    if is_late_word and case.report.kind is not ReportKind.CHECK_ITEMS:
        await _time_step(case)
    if problems:
        await orders.dispute_items(case.tx, case.order, problems=problems, act=case.act)
    return Outcome.APPLIED, None


async def _make(case: _Case, move: Move, *, is_implied: bool) -> _Case:
    act = case.act.implied() if is_implied else case.act
    delivery, report = case.delivery, case.report
    if move is Move.UNASSIGN:
        return await _give_back(case)
    to = after(delivery.status, move)
    rider = await lock_rider(case.tx, delivery.rider_id) if to in TERMINAL and delivery.rider_id else None
    reason = report.reason if move in {Move.TURN_BACK, Move.FAIL} else None
    if not await deliveries_store.move_delivery(
        case.tx, delivery, to, at=act.occurred_at, reason=reason, is_implied=is_implied
    ):
        raise DeliveryMoved(delivery.id, status=delivery.status, move=move)
    order = await _tell_order(case, move, act=act)
    if rider is not None:
        await disengage(case.tx, rider, act=act)
    implied = [*delivery.implied, to] if is_implied else delivery.implied
    moved = msgspec.structs.replace(delivery, status=to, implied=implied)
    return msgspec.structs.replace(case, order=order, delivery=moved)


async def _tell_order(case: _Case, move: Move, *, act: Act) -> Order:
    tx, order = case.tx, case.order
    match move:
        case Move.ARRIVE_AT_PICKUP:
            return await orders.rider_arrived_at_pickup(tx, order, act=act)
        case Move.PICK_UP:
            is_next_stop = await begin_carrying(tx, case.delivery)
            return await orders.pick_up(tx, order, is_next_stop=is_next_stop, act=act)
        case Move.ARRIVE_AT_DROPOFF:
            return await orders.rider_arrived_at_dropoff(tx, order, act=act)
        case Move.HAND_OVER:
            return await orders.deliver(tx, order, proof=_proof(case), act=act)
        case Move.TURN_BACK:
            await _tell(
                case, TurnedBack, rider_id=case.delivery.rider_id, store_id=order.store_id, reason=case.report.reason
            )
        case Move.FAIL:
            had_food = case.delivery.status in _HAS_FOOD
            await _tell(
                case, DeliveryFailed, rider_id=case.delivery.rider_id, reason=case.report.reason, had_food=had_food
            )
    return order


async def _give_back(case: _Case) -> _Case:
    assert case.delivery.rider_id is not None  # the table's own check
    rider = await lock_rider(case.tx, case.delivery.rider_id)
    order = await release(case.tx, case.order, case.delivery, rider, reason=case.report.reason, act=case.act)
    return msgspec.structs.replace(case, order=order)


async def _time_step(case: _Case) -> None:
    step = _STEPS.get(MOVES[case.report.kind])
    if step is None or step not in case.delivery.implied:
        return
    await deliveries_store.time_step(case.tx, case.delivery.id, step, at=case.act.occurred_at)
    await _tell(case, StepTimed, step=step, step_at=case.act.occurred_at)


async def _set_aside(case: _Case, why: str) -> None:
    await _tell(
        case,
        ReportUnapplied,
        rider_id=case.act.actor.id,
        report_id=case.report.report_id,
        move=case.report.kind,
        reported_at=case.report.occurred_at,
        why=why,
    )


async def _tell(case: _Case, fact: Any, **facts: Any) -> None:
    event = fact(order_id=case.order.id, delivery_id=case.delivery.id, **facts)
    await orders.tell(case.tx, case.order.id, event, act=case.act)


def _has_right_code(case: _Case) -> bool:
    return policy.is_right_code(case.delivery, expected=case.order.dropoff_code, given=case.report.code)


def _proof(case: _Case) -> str:
    if case.act.actor.role is Role.OPERATOR:
        return "by_hand"
    return "code" if case.order.dropoff_code else "rider"


def _timed(delivery: Delivery, act: Act) -> Act:
    """Return the act no earlier than the assignment: a phone's clock may be wrong by days."""
    earliest = delivery.assigned_at
    if earliest is None or act.occurred_at >= earliest:
        return act
    return msgspec.structs.replace(act, occurred_at=earliest)


def _answer(delivery: Delivery, report: Report, filed: Filed) -> ReportAnswer | WrongCode:
    if filed.outcome is Outcome.REFUSED:
        return WrongCode(delivery.id, tries_left=policy.tries_left(delivery) + 1)
    return ReportAnswer(
        report_id=report.report_id,
        delivery_id=delivery.id,
        applied=filed.outcome is Outcome.APPLIED,
        why=filed.why,
    )
