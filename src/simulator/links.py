"""The pages of a running day, each as a link that signs a browser in."""

import asyncio
import time
from typing import Final

from simulator.city import Cast
from simulator.scene import Json, OrderRecord, Scene

LOOK_EVERY_S: Final = 2.0
RENEW_AFTER_S: Final = 600.0  # codes are good for a quarter of an hour
CUSTOMER: Final = "customer"
SCOPES: Final = ("intake", "dispatch", "support", "administration")
ON_THE_ROAD: Final = "picked_up"


class Links:
    """One link for each page. A customer's is renewed as orders end; `found` is what there is now."""

    def __init__(self, scene: Scene, cast: Cast) -> None:
        self._scene, self._cast = scene, cast
        self._paired_at_s: float | None = None
        self._followed: OrderRecord | None = None
        self.found: dict[str, str] = {}

    async def keep_up(self) -> None:
        """Keep the links fresh until cancelled."""
        while True:
            if self._paired_at_s is None or time.monotonic() - self._paired_at_s > RENEW_AFTER_S:
                self._paired_at_s = time.monotonic()
                await self._pair()
            if self._followed is None or self._followed.is_over:
                await self._share()
            await asyncio.sleep(LOOK_EVERY_S)

    async def _pair(self) -> None:
        for page, wish in self._wishes().items():
            wish["label"] = f"demo, {page}"
            answer = await self._scene.api.administrator.ask("POST", "/v1/pairings", wish)
            if answer.is_good:
                self.found[page] = str(answer.json()["url"])

    def _wishes(self) -> dict[str, Json]:
        wishes: dict[str, Json] = {
            "operations and desk": {
                "role": "operator",
                "subject_id": self._scene.new_id("per"),
                "scopes": list(SCOPES),
            }
        }
        for kitchen in self._cast.kitchens[:1]:
            wishes[f"store {self._scene.day.stores[0].title or kitchen.name}"] = {
                "role": "merchant",
                "subject_id": self._scene.new_id("per"),
                "store_ids": [kitchen.store_id],
                "is_manager": True,
            }
        for rider in sorted(self._cast.riders, key=lambda one: (one.plan.on_at, one.plan.name))[:1]:
            wishes[f"rider {rider.plan.title or rider.plan.name}"] = {"role": "rider", "subject_id": rider.id}
        return wishes

    async def _share(self) -> None:
        self._followed = next((record for record in self._scene.book if _is_on_the_road(record)), None)
        self.found.pop(CUSTOMER, None)
        if self._followed is not None:
            path = f"/v1/orders/{self._followed.order_id}/share-links"
            answer = await self._scene.api.administrator.ask("POST", path, {})
            if answer.is_good:
                self.found[CUSTOMER] = str(answer.json()["url"])


def _is_on_the_road(record: OrderRecord) -> bool:
    return record.state == ON_THE_ROAD and not record.is_over
