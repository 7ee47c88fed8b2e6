"""The example file becomes a city that takes orders, twice the same, and everybody in it gets a device."""

import asyncio
import contextlib
import re
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from anyio import to_thread
from click.testing import CliRunner
from tests.journeys.house import SECRET
from tests.processes import run_recado

from accounts.model import Caller
from accounts.tokens import Tokens
from infra import clock
from infra.db import Database
from kernel.actors import Role
from recado.commands import city

EXAMPLE = Path(__file__).parents[2] / "examples" / "cooperative.yaml"
FRIDAY_SEVEN = datetime(2031, 3, 7, 22, tzinfo=UTC)  # in São Paulo
# fmt: off
OPEN = [  # local time, whether the cantina and the pastelaria are open
    (datetime(2031, 3, 7, 22, tzinfo=UTC), True, True),            # Friday 19:00
    (datetime(2031, 3, 8, 2, 15, tzinfo=UTC), True, False),        # Friday 23:15
    (datetime(2031, 3, 9, 3, 15, tzinfo=UTC), True, False),        # Sunday 00:15, still Saturday's evening
    (datetime(2031, 3, 9, 3, 30, tzinfo=UTC), False, False),       # Sunday 00:30
    (datetime(2031, 3, 10, 15, tzinfo=UTC), False, True),          # Monday noon
    (datetime(2031, 3, 11, 18, 30, tzinfo=UTC), False, True),      # Tuesday 15:30, the cantina's break
]
# fmt: on


@pytest.fixture
async def opened(house, database_url):
    """A running house with nothing in it, on a Friday evening."""
    async with Database.connect(database_url, pool_size=2) as database:
        async with database.begin() as tx:
            await clock.simulate(tx, start_at=FRIDAY_SEVEN, rate=0)
        house.start("api-1")
        async with httpx.AsyncClient(base_url=house.address, timeout=60) as http:
            await until_ready(http)
            yield database, http


async def until_ready(http):
    for _ in range(600):
        with contextlib.suppress(httpx.TransportError):
            if (await http.get("/health/ready")).status_code == 200:
                return
        await asyncio.sleep(0.1)
    pytest.fail("the API did not get ready")


@pytest.fixture
def deployment(database_url, redis_url):
    return {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "TOKEN_SECRET": SECRET}


async def recado_city(deployment, *words):
    """Run `recado city` here: a process of its own takes a second to begin."""
    return await to_thread.run_sync(lambda: CliRunner().invoke(city.command, words, env=deployment))


async def get(http, path, token):
    answer = await http.get(path, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_city_from_the_example_takes_orders_at_both_stores(house, opened, deployment, tmp_path):
    database, http = opened

    first = run_recado("city", "import", str(EXAMPLE), cwd=tmp_path, env=deployment)
    second = await recado_city(deployment, "import", str(EXAMPLE))

    assert (first.returncode, second.exit_code) == (0, 0), first.stderr + second.output
    assert "São Paulo: 41 made, 0 changed, 0 as they were" in first.stdout
    assert "São Paulo: 0 made, 0 changed, 41 as they were" in second.output
    async with database.read() as tx:
        rows = await tx.fetch("SELECT key, object_id FROM import_keys WHERE kind = 'store' ORDER BY key")
    cantina, pastelaria = (row["object_id"] for row in rows)
    menus = {
        store: {
            item["external_ref"]: item for item in (await get(http, f"/v1/stores/{store}/menu", desk(house)))["items"]
        }
        for store in (cantina, pastelaria)
    }
    assert menus[cantina]["nhoque-ao-sugo"]["price_minor"] == 4290
    assert menus[cantina]["cannoli"]["is_available"] is False
    assert menus[pastelaria]["pastel-de-camarao"]["stock_count"] == 30
    for store, dish, total_minor in (
        (cantina, "lasanha-a-bolonhesa", 2 * 4800 + 790),
        (pastelaria, "guarana", 2 * 700 + 790),
    ):
        order = await place(http, store, menus[store][dish]["id"])
        assert (order["status"], order["total_minor"], order["currency"]) == ("placed", total_minor, "BRL")
    for at, *is_open in OPEN:
        async with database.begin() as tx:
            await clock.move(tx, to=at, rate=0)
        seen = [(await get(http, f"/v1/stores/{store}", desk(house)))["is_open"] for store in (cantina, pastelaria)]
        assert seen == is_open, at


async def test_the_people_of_the_file_are_paired_with_what_they_may_do(opened, deployment):
    _, http = opened
    before = await recado_city(deployment, "pair", str(EXAMPLE), "--all")
    assert (await recado_city(deployment, "import", str(EXAMPLE))).exit_code == 0

    named = ("marina", "rosa", "Beto Alves", "--origin", "https://recado.example/")
    printed = await recado_city(deployment, "pair", str(EXAMPLE), *named)
    unknown = await recado_city(deployment, "pair", str(EXAMPLE), "zeca")
    drawn = await recado_city(deployment, "pair", str(EXAMPLE), "luana", "--qr")

    assert str(before.exception) == "the city sao-paulo-centro is not there yet: `recado city import` makes it"
    assert str(unknown.exception).startswith("there is no zeca: known are marina, otavio, ")
    assert "█" in drawn.output or "▀" in drawn.output
    codes = re.findall(r"^  (\w{4}-\w{4})  .*https://recado\.example/pair#(\w{8})$", printed.output, re.MULTILINE)
    assert [code.replace("-", "") for code, _ in codes] == [link for _, link in codes]
    paired = []
    for code, _ in codes:
        claim = {"code": code, "device_name": "Firefox", "keep": "body"}
        paired.append((await http.post("/v1/pairings/claim", json=claim)).raise_for_status().json())
    assert [one["role"] for one in paired] == ["operator", "merchant", "rider"]
    assert "administration" in paired[0]["scopes"]
    assert len(paired[1]["store_ids"]) == 1
    assert (await get(http, "/v1/rider/shift", paired[2]["access_token"]))["vehicle"] == "bicycle"


def desk(house):
    return house.administration_token


async def place(http, store, item):
    ana = Tokens(SECRET).issue(Caller(role=Role.CUSTOMER, id=f"cus_{1:026}"))
    wish = {
        "store_id": store,
        "lines": [{"item_id": item, "quantity": 2}],
        "dropoff": {"lat": -23.5430, "lon": -46.6425, "address": "Av. Ipiranga, 200"},
        "customer": {"name": "Ana", "phone": "+5511988887777"},
        "payment": {"method": "cash"},
    }
    headers = {"Authorization": f"Bearer {ana}", "Idempotency-Key": f"dinner-{store}"}
    answer = await http.post("/v1/orders", json=wish, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()
