"""What happens on the way: recorded once, planned once, told to the rider."""

import asyncio

import msgspec
import pytest
from tests.fleet.town import SQUARE, minutes

from fleet.commands.incidents import report_incident, resolve_incident
from fleet.errors import DeliveryNotFound, IncidentClosed, IncidentNotFound, ReportReused
from fleet.model.incidents import IncidentKind, IncidentPlan, IncidentReport
from fleet.queries import incidents as queries
from kernel.actors import Actor, Role


async def met(town, rider_id, delivery_id, kind="traffic", *, report_id="r-1", at=None, **said):
    report = IncidentReport(
        report_id=report_id, occurred_at=at or town.now, kind=IncidentKind(kind), note=said.get("note", ""),
        place=said.get("place"),
    )  # fmt: skip
    async with town.database.begin() as tx:
        return await report_incident(tx, delivery_id, report, act=town.by(rider_id, at=at))


async def plan(town, incident_id, what="wait", note="ten minutes", *, by=1):
    act = msgspec.structs.replace(town.by_hand(), actor=Actor(Role.OPERATOR, f"per_{by:026}"))
    async with town.database.begin() as tx:
        return await resolve_incident(tx, incident_id, plan=IncidentPlan(what), note=note, act=act)


async def open_ones(town, **asked):
    async with town.database.read() as tx:
        return await queries.list_open(tx, **({"city_id": town.city_id, "cursor": None, "limit": 50} | asked))


async def carrying(town, name="Ana"):
    ana, order = await town.rider(name), await town.order()
    (delivery,) = await town.carry(ana, order)
    return ana, order, delivery


async def test_an_incident_is_a_record_of_what_when_who_and_where(town):
    ana, order, delivery = await carrying(town)
    left = town.now
    town.now += minutes(30)

    incident = await met(town, ana, delivery, "vehicle", at=left + minutes(2), note="flat tyre", place=SQUARE)

    assert (incident.order_id, incident.rider_id, incident.place) == (order, ana, SQUARE)
    assert (incident.delivery_status, incident.is_urgent) == ("assigned", False)
    assert (incident.occurred_at, incident.reported_at) == (left + minutes(2), town.now)
    fact = await town.last(order, "incident.reported")
    assert (fact["kind"], fact["rider_id"], fact["occurred_at"]) == ("vehicle", ana, left + minutes(2))
    assert "note" not in fact


async def test_a_report_sent_twice_opens_one_incident(town):
    ana, order, delivery = await carrying(town)

    first, again = [await met(town, ana, delivery) for _ in range(2)]

    assert again == first
    assert (await town.told(order)).count("incident.reported") == 1
    with pytest.raises(ReportReused):
        await met(town, ana, delivery, "weather")


async def test_a_rider_reports_what_happened_while_it_was_theirs_and_nothing_else(town):
    ana, _, delivery = await carrying(town)
    beto = await town.rider("Beto")
    await town.unassign(delivery)

    assert (await met(town, ana, delivery)).delivery_status == "unassigned"
    with pytest.raises(DeliveryNotFound):
        await met(town, beto, delivery)


async def test_danger_comes_first_and_pages_follow_one_another(town):
    ana, _, delivery = await carrying(town)
    kinds = ("traffic", "sos", "weather", "accident")
    found = {kind: (await met(town, ana, delivery, kind, report_id=kind)).id for kind in kinds}

    whole = await open_ones(town)
    first = await open_ones(town, limit=3)
    second = await open_ones(town, cursor=first.next_cursor)

    assert [each.id for each in whole.incidents] == [found[kind] for kind in ("sos", "accident", "traffic", "weather")]
    assert first.incidents + second.incidents == whole.incidents
    assert whole.incidents[0].rider_name == "Ana"


async def test_a_plan_is_told_to_the_rider_and_closes_the_item(town):
    ana, order, delivery = await carrying(town)
    incident = await met(town, ana, delivery)

    planned, again = [await plan(town, incident.id, "hand_over", "Beto comes to you") for _ in range(2)]

    assert again == planned
    assert (planned.plan, planned.plan_note, planned.resolved_at) == ("hand_over", "Beto comes to you", town.now)
    rows = await town.rows("SELECT feeds FROM events WHERE type = 'incident.resolved'")
    assert [list(row["feeds"]) for row in rows] == [[ana]]
    assert (await town.last(order, "incident.resolved"))["note"] == "Beto comes to you"
    assert (await open_ones(town)).incidents == []


async def test_of_two_operators_who_resolve_at_once_one_plan_stands(town):
    ana, order, delivery = await carrying(town)
    incident = await met(town, ana, delivery)

    answers = await asyncio.gather(
        plan(town, incident.id, "wait", by=1), plan(town, incident.id, "return", by=2), return_exceptions=True
    )

    refused = [answer for answer in answers if isinstance(answer, IncidentClosed)]
    stands = [answer for answer in answers if not isinstance(answer, Exception)]
    assert (len(refused), len(stands)) == (1, 1)
    assert refused[0].facts["plan"] == stands[0].plan
    assert (await town.told(order)).count("incident.resolved") == 1


async def test_what_nobody_reported_has_no_plan(town):
    with pytest.raises(IncidentNotFound):
        await plan(town, "inc_nothing")


async def test_all_incidents_are_listed_newest_first(town):
    ana, _, delivery = await carrying(town)
    ids = [(await met(town, ana, delivery, report_id=f"r-{n}")).id for n in range(3)]
    await plan(town, ids[0])

    async with town.database.read() as tx:
        first = await queries.list_all(tx, city_id=None, before=None, limit=2)
        second = await queries.list_all(tx, city_id=town.city_id, before=first.next_cursor, limit=2)

    assert [each.id for each in (*first.incidents, *second.incidents)] == ids[::-1]


async def test_one_report_about_two_deliveries_at_once_opens_one_incident(town):
    ana = await town.rider("Ana", capacity=2)
    deliveries = await town.carry(ana, await town.order(), await town.order())

    outcomes = await asyncio.gather(*(met(town, ana, one) for one in deliveries), return_exceptions=True)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Incident", "ReportReused"]
    assert len((await open_ones(town)).incidents) == 1
