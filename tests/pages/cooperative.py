"""The cooperative of examples/cooperative.yaml: imported into a fresh installation, its people at their own pages."""

import asyncio
import os
import re
from base64 import b64decode
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
from click.testing import CliRunner
from playwright.async_api import Browser
from tests.journeys.house import SECRET, House
from tests.pages.browser import Tab, a_tab
from tests.processes import wait_until

from infra import clock
from infra.db import Database
from kernel.geo import Point
from recado.commands import city

EXAMPLE: Final = Path(__file__).parents[2] / "examples" / "cooperative.yaml"
FRIDAY_SEVEN: Final = datetime(2031, 3, 7, 22, tzinfo=UTC)  # in São Paulo, when both kitchens are open
TABLET: Final = {"width": 1180, "height": 820}
PICTURE_QUALITY: Final = 80


class Cooperative:
    """A running installation, and the commands that its people type beside it."""

    def __init__(self, house: House, environment: Mapping[str, str]) -> None:
        self.address = house.address
        self._environment = environment

    def recado_city(self, *words: str) -> str:
        """Run `recado city` and return what it prints."""
        done = CliRunner().invoke(city.command, words, env=self._environment)
        assert done.exit_code == 0, f"{done.output} {done.exception!r}"
        return done.output

    def pair(self, *names: str) -> dict[str, str]:
        """Print codes for these people, as they are typed."""
        printed = self.recado_city("pair", str(EXAMPLE), *names)
        codes = re.findall(r"^  (\w{4}-\w{4})  once", printed, re.MULTILINE)
        return dict(zip(names, codes, strict=True))


@contextmanager
def a_cooperative(*, database_url: str, redis_url: str, logs: Path) -> Iterator[Cooperative]:
    """Start a fresh installation on a Friday evening; what it needs of a city comes from the file."""
    asyncio.run(_begin(database_url))
    house = House(database_url=database_url, redis_url=redis_url, logs=logs)
    try:
        house.start("api-1", "worker-1")
        with httpx.Client(base_url=house.address, trust_env=False, verify=False) as http:
            wait_until(lambda: _is_ready(http), within_s=40)
        yield Cooperative(house, {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "TOKEN_SECRET": SECRET})
        assert house.bugs() == {}
    finally:
        house.close()


async def _begin(database_url: str) -> None:
    async with Database.connect(database_url, pool_size=1) as database, database.begin() as tx:
        await clock.simulate(tx, start_at=FRIDAY_SEVEN, rate=1)


def _is_ready(http: httpx.Client) -> bool:
    try:
        return http.get("/health/ready").is_success
    except httpx.TransportError:
        return False


@asynccontextmanager
async def a_device(browser: Browser, cooperative: Cooperative, path: str, code: str, **wish: Any) -> AsyncIterator[Tab]:
    """Open a page on a new device, which asks for the code, and type it in."""
    async with a_tab(browser, cooperative.address, **({"timezone_id": "America/Sao_Paulo"} | wish)) as tab:
        await tab.go(path)
        await tab.page.wait_for_url("**/pair*")
        await tab.page.get_by_label("Code").fill(code)
        await tab.page.get_by_role("button", name="Pair").click()
        await tab.page.wait_for_url(f"**{path}")
        yield tab


def screens() -> str | None:
    """Return where pictures are wanted."""
    return os.environ.get("RECADO_SCREENS")


async def moves(phone: Tab, place: Point, *, accuracy_m: float = 8) -> None:
    """Let a phone say that it is there."""
    await phone.context.set_geolocation({"latitude": place.lat, "longitude": place.lon, "accuracy": accuracy_m})


async def rides(phone: Tab, place: Point) -> None:
    """Go a part of the way where somebody looks: no faster than a bicycle, or nobody believes it."""
    if screens():
        await phone.page.wait_for_timeout(12_000)
        await moves(phone, place, accuracy_m=60)


async def picture(tab: Tab, name: str, *, settles_ms: int = 1_000) -> None:
    """Leave a picture for the README in $RECADO_SCREENS, where that is set."""
    directory = screens()
    if not directory:
        return
    await tab.page.bring_to_front()
    await tab.page.wait_for_timeout(settles_ms)  # maps and toasts
    session = await tab.context.new_cdp_session(tab.page)
    shot = await session.send("Page.captureScreenshot", {"format": "webp", "quality": PICTURE_QUALITY})
    path = Path(directory) / f"{name}.webp"
    await asyncio.to_thread(path.write_bytes, b64decode(shot["data"]))
