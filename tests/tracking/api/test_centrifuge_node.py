"""The npm package `centrifuge` as it is published, driven by node, follows an order of the real application."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.tracking.api.links import a_link
from tests.tracking.evening import RIDERS

from kernel.actors import Role
from kernel.ids import CustomerId

ROOT = Path(__file__).parents[3]
MODULES = ROOT / ".node/node_modules"
SCRIPT = Path(__file__).with_name("follow.mjs")
pytestmark = [
    pytest.mark.skipif(shutil.which("node") is None, reason="there is no node: install Node.js 18 or newer"),
    pytest.mark.skipif(
        not (MODULES / "centrifuge").is_dir(),
        reason="the package is not there: npm install --no-save --prefix .node centrifuge@5 ws@8",
    ),
]


class Follower:
    """What the client told, line by line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.told: list[dict[str, Any]] = []

    async def until(self, what: str, *, count: int = 1, within_s: float = 15, **members: Any) -> dict[str, Any]:
        """Read on until it was told so often; returns the last of them."""
        async with asyncio.timeout(within_s):
            while len(found := self.all(what, **members)) < count:
                assert self._process.stdout
                line = await self._process.stdout.readline()
                assert line, self.told
                self.told.append(msgspec.json.decode(line))
        return found[-1]

    def all(self, what: str, **members: Any) -> list[dict[str, Any]]:
        return [
            line
            for line in self.told
            if line["what"] == what and all(line.get(name) == one for name, one in members.items())
        ]


@asynccontextmanager
async def node(port: int, token: str, *channels: str, protocol: str = "json") -> AsyncIterator[Follower]:
    url = f"ws://127.0.0.1:{port}/v1/connection/websocket"
    process = await asyncio.create_subprocess_exec(
        "node", str(SCRIPT), str(MODULES), protocol, url, token, *channels,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 20,
    )  # fmt: skip
    try:
        yield Follower(process)
    finally:
        assert process.stdin
        process.stdin.close()
        try:
            async with asyncio.timeout(3):
                await process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


@pytest.mark.parametrize("protocol", ["json", "protobuf"])
async def test_an_order_is_followed_and_what_a_cut_connection_missed_is_recovered(house, protocol):
    evening = house.evening
    order_id = await evening.place()
    channel, token = f"customer:{order_id}", house.token(Role.CUSTOMER)
    async with a_link(house.port) as link, node(link.port, token, channel, protocol=protocol) as told:
        first = await told.until("subscribed")
        await evening.accept(order_id, ready_in=30)
        link.is_down = True
        link.cut()
        await evening.assign(order_id)
        await evening.step(order_id, "mark_ready")
        link.is_down = False
        again = await told.until("subscribed", count=2)
        await evening.step(order_id, "pick_up", is_next_stop=True)
        await house.heard(RIDERS["Ana"], by_somebody=True)
        await house.ping(RIDERS["Ana"], -23.551, second=1)
        await told.until("publication", offset=None)
        await evening.step(order_id, "deliver", proof="code")
        (row,) = await evening.rows("SELECT seq FROM orders")
        await told.until("publication", offset=row["seq"])

    publications = told.all("publication")
    assert (first["data"]["type"], first["data"]["body"]["stage"], first["recovered"]) == ("snapshot", "waiting", False)
    assert (again["wasRecovering"], again["recovered"], again.get("data")) == (True, True, None)
    numbered = [line for line in publications if "offset" in line]
    assert [line["offset"] for line in numbered] == list(range(first["streamPosition"]["offset"] + 1, row["seq"] + 1))
    (place,) = [line["data"]["position"] for line in publications if "offset" not in line]
    assert place["lat"] == pytest.approx(-23.551, abs=0.002)
    stages = [line["data"]["stage"] for line in numbered if "stage" in line["data"]]
    assert stages == ["accepted", "preparing", "on_the_way", "delivered"]


async def test_somebody_else_s_order_is_refused_and_one_s_own_store_goes_on(house):
    evening = house.evening
    order_id = await evening.place()
    token = house.token(Role.MERCHANT, "per_2", store=True)
    others = f"merchant:ord_{'Z' * 26}"
    async with node(house.port, token, f"merchant:{evening.store_id}", others, f"customer:{order_id}") as told:
        refused = [await told.until("unsubscribed", channel=one) for one in (others, f"customer:{order_id}")]
        await told.until("subscribed", channel=f"merchant:{evening.store_id}")
        await evening.accept(order_id)
        await told.until("publication", channel=f"merchant:{evening.store_id}")

    assert [(one["code"], one["reason"]) for one in refused] == [(103, "permission denied")] * 2


async def test_after_a_restored_backup_the_client_starts_over_by_itself(house):
    order_id = await house.evening.place()
    async with node(house.port, house.token(Role.CUSTOMER), f"customer:{order_id}") as told:
        await told.until("subscribed")
        await house.evening.rows("UPDATE orders SET epoch = 'restored'")
        await told.until("subscribing", code=2500)
        again = await told.until("subscribed", count=2)

    assert (again["wasRecovering"], again["recovered"], again["data"]["epoch"]) == (True, False, "restored")


async def test_a_forged_token_stops_the_client_for_good(house):
    forged = house.token(Role.CUSTOMER, CustomerId("cus_x"))[:-3] + "AAA"
    async with node(house.port, forged, "customer:ord_x") as told:
        ended = await told.until("disconnected")

    assert (ended["code"], ended["reason"]) == (3500, "invalid token")
