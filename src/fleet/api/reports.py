"""What phones report of a delivery. The app makes `report_id`, so that a report sent twice counts once."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from accounts.guards import allow
from accounts.model import Caller, Scope
from fleet.commands import reports as commands
from fleet.commands.reports import ReportAnswer
from fleet.errors import WrongCode
from fleet.model.reports import FailReason, Report, ReportKind, TurnBackReason
from infra.db import Begin
from kernel.actors import Role
from kernel.ids import DeliveryId, ItemId, ReportId
from kernel.instants import Dated, Instant
from kernel.text import GIVEN_ID, Text
from orders.messages import ItemProblem

Note = Annotated[Text, msgspec.Meta(max_length=500)]
_CARRIES: Final = [allow(Role.RIDER, Role.OPERATOR, scopes=[Scope.DISPATCH, Scope.SUPPORT])]


class Step(Dated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A step made at `occurred_at` by the phone's clock. An operator who reports for the rider gives a reason."""

    report_id: Annotated[ReportId, GIVEN_ID]
    occurred_at: Instant
    reason: Note = ""


class CountedItem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is missing or wrong with one item."""

    item_id: Annotated[ItemId, GIVEN_ID]
    problem: Literal["missing", "wrong", "damaged"]
    missing_quantity: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0
    note: Note = ""


class ItemCheck(Step, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rider counted at pickup; no problems means that all is there."""

    problems: Annotated[list[CountedItem], msgspec.Meta(max_length=100)] = msgspec.field(default_factory=list)


class HandOver(Step, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The food is handed over, with the customer's code where the order has one."""

    code: Annotated[Text, msgspec.Meta(max_length=16)] = ""


class TurnBack(Dated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The food goes back to the store, and why."""

    report_id: Annotated[ReportId, GIVEN_ID]
    occurred_at: Instant
    reason: TurnBackReason
    note: Note = ""


class Failure(Dated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rider cannot go on, and why."""

    report_id: Annotated[ReportId, GIVEN_ID]
    occurred_at: Instant
    reason: FailReason
    note: Note = ""


class Desk(msgspec.Struct, frozen=True):
    """One request: where its transaction begins, when, by whom."""

    begin: Begin
    now: datetime
    caller: Caller

    async def file(self, delivery_id: DeliveryId, kind: ReportKind, data: Any) -> ReportAnswer:
        """Hand a report in; a wrong code is raised only after counting it was committed."""
        said = msgspec.structs.asdict(data)
        problems = [ItemProblem(**msgspec.structs.asdict(problem)) for problem in said.pop("problems", [])]
        act = self.caller.act(self.now, occurred_at=data.occurred_at)
        async with self.begin() as tx:
            answer = await commands.file_report(tx, delivery_id, Report(kind=kind, **said), problems=problems, act=act)
        if isinstance(answer, WrongCode):
            raise answer
        return answer


@post("/v1/deliveries/{delivery_id:str}/arrive-at-pickup", status_code=200, guards=_CARRIES)
async def arrive_at_pickup(
    delivery_id: FromPath[DeliveryId],
    data: JSONBody[Step],
    caller: NamedDependency[Caller],
    begin: NamedDependency[Begin],
    now: NamedDependency[datetime],
) -> ReportAnswer:
    """Say that the rider is at the store. Safe to repeat."""
    return await Desk(begin, now, caller).file(delivery_id, ReportKind.ARRIVE_AT_PICKUP, data)


@post("/v1/deliveries/{delivery_id:str}/check-items", status_code=200, guards=_CARRIES)
async def check_items(
    delivery_id: FromPath[DeliveryId],
    data: JSONBody[ItemCheck],
    caller: NamedDependency[Caller],
    begin: NamedDependency[Begin],
    now: NamedDependency[datetime],
) -> ReportAnswer:
    """Say what the rider counted at pickup. The rider is at the store, which needs no own report. Safe to repeat."""
    return await Desk(begin, now, caller).file(delivery_id, ReportKind.CHECK_ITEMS, data)


@post("/v1/deliveries/{delivery_id:str}/pick-up", status_code=200, guards=_CARRIES)
async def pick_up(
    delivery_id: FromPath[DeliveryId],
    data: JSONBody[Step],
    caller: NamedDependency[Caller],
    begin: NamedDependency[Begin],
    now: NamedDependency[datetime],
) -> ReportAnswer:
    """Say that the rider has the food. Safe to repeat."""
    return await Desk(begin, now, caller).file(delivery_id, ReportKind.PICK_UP, data)


@post("/v1/deliveries/{delivery_id:str}/arrive-at-dropoff", status_code=200, guards=_CARRIES)
async def arrive_at_dropoff(
    delivery_id: FromPath[DeliveryId],
    data: JSONBody[Step],
    caller: NamedDependency[Caller],
    begin: NamedDependency[Begin],
    now: NamedDependency[datetime],
) -> ReportAnswer:
    """Say that the rider is at the customer's door. Safe to repeat."""
    return await Desk(begin, now, caller).file(delivery_id, ReportKind.ARRIVE_AT_DROPOFF, data)


@post("/v1/deliveries/{delivery_id:str}/deliver", status_code=200, guards=_CARRIES)
async def deliver(
    delivery_id: FromPath[DeliveryId],
    data: JSONBody[HandOver],
    caller: NamedDependency[Caller],
    begin: NamedDependency[Begin],
    now: NamedDependency[datetime],
) -> ReportAnswer:
    """Say that the customer has the food. Safe to repeat."""
    return await Desk(begin, now, caller).file(delivery_id, ReportKind.DELIVER, data)


@post("/v1/deliveries/{delivery_id:str}/turn-back", status_code=200, guards=_CARRIES)
async def turn_back(
    delivery_id: FromPath[DeliveryId],
    data: JSONBody[TurnBack],
    caller: NamedDependency[Caller],
    begin: NamedDependency[Begin],
    now: NamedDependency[datetime],
) -> ReportAnswer:
    """Say that the food goes back to the store. Safe to repeat."""
    return await Desk(begin, now, caller).file(delivery_id, ReportKind.TURN_BACK, data)


@post("/v1/deliveries/{delivery_id:str}/fail", status_code=200, guards=_CARRIES)
async def fail(
    delivery_id: FromPath[DeliveryId],
    data: JSONBody[Failure],
    caller: NamedDependency[Caller],
    begin: NamedDependency[Begin],
    now: NamedDependency[datetime],
) -> ReportAnswer:
    """Say that the rider cannot go on; before pickup another one may be looked for. Safe to repeat."""
    return await Desk(begin, now, caller).file(delivery_id, ReportKind.FAIL, data)


ROUTES: Final = [arrive_at_pickup, check_items, pick_up, arrive_at_dropoff, deliver, turn_back, fail]
