"""The desk's telephone: rings up kitchens that do not answer, and helps customers whose order is stuck."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from simulator.agenda import Kind
from simulator.scene import Json, OrderRecord, Scene

CALLS_AFTER: Final = timedelta(seconds=40)  # from the escalation
IS_REACHED: Final = 0.6  # of the kitchens that do not answer their tablet
USUAL_MINUTES: Final = 20
ESCALATIONS: Final = 200  # as many as a page of them holds
WAITS_FOR: Final = timedelta(minutes=2)  # a customer who rings up


class Desk:
    """One operator, who does what the domain contract has the desk do when it is called."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        scene.on_escalation = self._call_kitchen
        for record in scene.book:
            record.when_in_need = self.take_call

    def _plan(self, after: timedelta, name: str, do: Callable[[], Awaitable[None]]) -> None:
        self._scene.stage.plan(self._scene.stage.now + after, Kind.DESK, f"desk/{name}", do)

    def _call_kitchen(self, record: OrderRecord, ticket_id: str, kind: str) -> None:
        is_reached = self._scene.chance_of(f"desk/{record.plan.name}").random() < IS_REACHED

        async def call() -> None:
            operator = self._scene.api.administrator
            waiting = (await operator.get(f"/v1/escalations?limit={ESCALATIONS}"))["escalations"]
            for escalation_id in [one["id"] for one in waiting if one["ticket_id"] == ticket_id]:
                help_given = _help(kind, is_reached=is_reached)
                await operator.ask("POST", f"/v1/escalations/{escalation_id}/resolve", help_given)

        self._plan(CALLS_AFTER, record.plan.name, call)

    def take_call(self, record: OrderRecord, kind: str) -> None:
        """Help a customer: what is held is called off, what nobody carries as well if it is still so after a while."""

        async def call_off() -> None:
            if record.is_over:
                return
            order, operator = f"/v1/orders/{record.order_id}", self._scene.api.administrator
            if kind == "order.held_for_review":
                await operator.ask("POST", f"{order}/review", {"is_placed": False, "reason": "chose something else"})
                return
            quote = await operator.ask("GET", f"{order}/cancellation")
            if quote.is_good and (await operator.get(order)).get("rider_id") is None:
                wish = {"version": quote.json()["version"], "reason": "nobody is there to carry it"}
                await operator.ask("POST", f"{order}/cancellation", wish)

        self._plan(WAITS_FOR, record.plan.name, call_off)


def _help(kind: str, *, is_reached: bool) -> Json:
    if not is_reached:
        return {"reached": "nobody", "reason": "nobody picks up", "outcome": "no_help"}
    if kind == "not_accepted":
        accepted = {"outcome": "accepted_on_behalf", "minutes": USUAL_MINUTES}
        return {"reached": "the cook", "reason": "the tablet had no power", **accepted}
    return {"reached": "the cook", "reason": "the oven is full", "outcome": "no_help"}
