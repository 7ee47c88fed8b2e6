"""Riders on the operations map, few or many: what they do, how old it is, what speaks against it, one's last hour."""

import asyncio
import re
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.async_api import expect
from tests.pages.browser import PHONE, Tab, a_tab, shoot
from tests.pages.crowd import Crowd, a_crowd
from tests.pages.test_operations import a_desk
from tests.pages.town import SE

from kernel.actors import Role
from kernel.geo import offset
from recado.pages.assets import load_assets

MANY = 130
GROUPS = ".map-marker:has([data-kind=group])"
MOCK = {"code": "mock_flag", "reason": "the phone says so", "at": "2026-03-02T15:00:00Z"}
RELAYED = {"code": "relayed", "reason": "told by a phone that is elsewhere", "at": "2026-03-02T15:01:00Z"}


@asynccontextmanager
async def a_map_of(crowd: Crowd, browser: Any, wire: Any, *, says: dict[str, Any] | None = None, **wish: Any) -> Any:
    """Open the page on the crowd's city; `says` is put into lines by rider, until the server knows it by itself."""
    async with a_desk(crowd.town, browser, wire.address, **wish) as tab:
        if says:
            await tab.page.route("**/v1/operations/riders?*", lambda route: put_in(route, says))
        await tab.page.locator("#city").select_option(crowd.city.id)
        await expect(tab.page.locator("#riders-count")).to_have_text(f"{len(crowd.where):,}")
        yield tab


async def put_in(route: Any, says: dict[str, Any]) -> None:
    answer = await route.fetch()
    body = await answer.json()
    lines = [line | says.get(line["rider_id"], {}) for line in body["riders"]]
    await route.fulfill(response=answer, json=body | {"riders": lines})


async def open_list(tab: Tab) -> Any:
    await tab.page.get_by_role("tab", name="Riders").click()
    return tab.page.locator("#rider-list .line")


def said(label: str | None) -> dict[str, int]:
    """Return the numbers in a group's label, by what they count."""
    assert label is not None
    return {what: int(count) for count, what in re.findall(r"(\d+) ([^,:]+)", label)}


def shown(first: int, last: int, count: int) -> str:
    return f"{first}\N{EN DASH}{last} of {count}"


async def labels(tab: Tab) -> list[dict[str, int]]:
    return [said(one) for one in await tab.page.locator(GROUPS).evaluate_all("all => all.map(one => one.ariaLabel)")]


async def in_one_look(tab: Tab) -> int:
    """Return how many riders the map shows, in groups and alone, at one moment: it may be drawn again in the next."""
    look = "shown => [...document.querySelectorAll(shown)].map(one => one.dataset.kind ? '1 rider' : one.ariaLabel)"
    told = [said(one) for one in await tab.page.evaluate(look, f"{GROUPS}, .map-pin[data-kind=rider]")]
    return sum(one.get("riders", 0) + one.get("rider", 0) for one in told)


async def test_many_riders_are_groups_that_say_what_is_in_them_and_fall_apart_nearer(town, browser, wire):
    async with a_crowd(town, "Cidade Cheia") as crowd:
        await crowd.enter(MANY, within_m=1_500)
        quiet = list(crowd.where)[:20]
        await crowd.are_seen(*list(crowd.where)[20:])
        await crowd.are_seen(*quiet, seconds_ago=700)
        doubted = {rider_id: {"is_suspected": True} for rider_id in quiet[:3]}

        async with a_map_of(crowd, browser, wire, says=doubted) as tab:
            await expect(tab.page.locator(GROUPS).first).to_be_visible()
            assert await in_one_look(tab) == MANY
            legend = await tab.text_of("#legend")
            assert re.sub(r"\s+", " ", legend) == "Free 110 Silent 20 Suspected 3"
            await tab.is_accessible()
            await shoot(tab.page, "riders-many")

            told = await labels(tab)
            biggest = max(range(len(told)), key=lambda place: told[place]["riders"])
            group = tab.page.locator(GROUPS).nth(biggest)
            await group.focus()
            await tab.page.keyboard.press("Enter")
            await expect(tab.page.locator(".map-marker:focus")).to_have_count(1)
            nearer = await labels(tab)
            assert max([one["riders"] for one in nearer], default=0) < told[biggest]["riders"]


async def test_who_moves_is_counted_where_they_are_without_another_question(town, browser, wire):
    async with a_crowd(town, "Cidade Viva") as crowd:
        await crowd.enter(3, within_m=200)
        await crowd.are_seen()
        async with a_map_of(crowd, browser, wire) as tab:
            asked: list[str] = []
            pins = tab.page.locator(".map-pin[data-kind=rider]")
            await expect(pins).to_have_count(3)
            tab.page.on("request", lambda request: asked.append(request.url))
            rider_id = next(iter(crowd.where))
            crowd.where[rider_id] = offset(SE, east_m=400, north_m=400)
            before = await pins.evaluate_all(WHERE)
            await crowd.move([rider_id])
            await tab.page.wait_for_function(
                f"before => ({WHERE})(document.querySelectorAll('.map-pin[data-kind=rider]')) !== before", arg=before
            )
            assert [url for url in asked if "/v1/" in url] == []

            crowd.town.person(Role.RIDER, rider_id).must("POST", "/v1/rider/shift/break")
            await expect(tab.page.locator(".map-pin[data-kind=rider][data-state=break]")).to_have_count(1)
            lines = [url for url in asked if "/v1/operations/riders" in url]
            assert len(lines) == 1
            assert f"rider_ids={rider_id}" in lines[0]


WHERE = "all => [...all].map(one => one.closest('.map-marker').style.transform).sort().join()"


async def test_a_silent_rider_is_never_shown_as_live_and_says_since_when_and_why(town, browser, wire):
    async with a_crowd(town, "Cidade Calada") as crowd:
        await crowd.enter(2, within_m=300)
        silent, live = crowd.where
        await crowd.are_seen(silent, seconds_ago=725)
        await crowd.are_seen(live)
        await crowd.phone_says(silent, battery=0.01, is_charging=False)
        async with a_map_of(crowd, browser, wire) as tab:
            name = "Ana Alves 1"
            label = f"{name}: free, silent, seen 12 min ago: The battery is empty."
            pin = tab.page.get_by_role("button", name=label)
            await expect(pin).to_have_text("12 min")
            await expect(pin.locator(".map-pin")).to_have_attribute("data-state", "stale")
            await expect(tab.page.get_by_role("button", name="Beto Alves 2: free", exact=True)).to_be_visible()

            await pin.press("Enter")
            panel = tab.page.locator("#rider")
            await expect(panel).to_be_focused()
            await expect(panel.locator(".notice-warn")).to_contain_text("The battery is empty")
            await expect(panel).not_to_contain_text("Live")
            await expect(panel).to_contain_text("nothing against them")
            await tab.page.keyboard.press("Escape")
            await expect(panel).to_be_hidden()


async def test_a_rider_turns_silent_by_the_passing_of_time_alone(town, browser, wire):
    async with a_crowd(town, "Cidade do Minuto") as crowd:
        await crowd.enter(1)
        (rider_id,) = crowd.where
        await crowd.are_seen(rider_id, seconds_ago=55)
        async with a_map_of(crowd, browser, wire) as tab:
            await expect(tab.page.locator(".map-pin[data-kind=rider]")).to_have_attribute("data-state", "stale")


async def test_another_city_that_is_chosen_while_the_map_comes_is_drawn_on_it(town, browser, wire):
    """Because two maps were put into one element, and the second emptied it."""
    async with a_crowd(town, "Cidade Apressada") as crowd:
        await crowd.enter(1)
        await crowd.are_seen()
        async with a_desk(town, browser, wire.address) as tab:
            may_come = asyncio.Event()

            async def wait(route: Any) -> None:
                await may_come.wait()
                await route.continue_()

            await tab.page.route("**/v1/map", wait)
            await tab.page.reload()
            await tab.page.locator("#city").select_option(crowd.city.id)
            await expect(tab.page.locator("#riders-count")).to_have_text("1")
            may_come.set()

            await expect(tab.page.locator(".map-pin[data-kind=rider]")).to_have_count(1)


async def test_what_speaks_against_a_rider_is_told_behind_a_click(town, browser, wire):
    async with a_crowd(town, "Cidade Suspeita") as crowd:
        await crowd.enter(2, within_m=300)
        await crowd.are_seen()
        doubted = next(iter(crowd.where))
        truth = {
            "suspicion_bp": 7_200,
            "is_suspected": True,
            "evidence": [MOCK, RELAYED],
            "motion": "stopped",
            "silence": None,
        }
        async with a_map_of(crowd, browser, wire, says={doubted: {"is_suspected": True}}) as tab:
            await tab.page.route(f"**/v1/riders/{doubted}/truth", lambda route: route.fulfill(json=truth))
            await tab.page.get_by_role("button", name="Ana Alves 1: free, suspected").press("Enter")
            panel = tab.page.locator("#rider")
            evidence = panel.get_by_text("The phone says that the place is a mock")
            await expect(panel.locator("summary", has_text="Suspicion: 72%")).to_be_visible()
            await expect(evidence).to_be_hidden()

            await panel.locator("summary", has_text="Suspicion: 72%").press("Enter")

            await expect(evidence).to_be_visible()
            await expect(panel).to_contain_text(
                "told by a phone that is elsewhere"
            )  # a code that is newer than the page
            await tab.is_accessible()
            await shoot(tab.page, "rider-suspected")
            lines = await open_list(tab)
            await tab.page.locator(".chip[data-kind=suspected]").click()
            await expect(lines).to_have_count(1)


async def test_one_s_way_is_drawn_with_its_stops_and_nothing_where_nothing_is_known(town, browser, wire):
    async with a_crowd(town, "Cidade do Trajeto") as crowd:
        await crowd.enter(1)
        (rider_id,) = crowd.where
        ride = [(3000 - 20 * n, offset(SE, east_m=40 * n, north_m=0)) for n in range(20)]
        stand = [(2600 - 20 * n, offset(SE, east_m=800, north_m=0)) for n in range(15)]
        after_gap = [(1500 - 20 * n, offset(SE, east_m=1500, north_m=40 * n)) for n in range(20)]
        late = [(1100 - 20 * n, offset(SE, east_m=1500 - 40 * n, north_m=800)) for n in range(20)]
        await crowd.walk(rider_id, [*ride, *stand, *after_gap, *late], told_late={at for at, _ in late})
        async with a_map_of(crowd, browser, wire) as tab:
            await tab.page.locator(".map-marker:has([data-kind=rider])").press("Enter")
            way = tab.page.locator("#rider .way li")

            await expect(way).to_have_count(5)
            kinds = [
                re.sub(r".*?(moving|stood still|no position).*?(told late)?$", r"\1 \2", one, flags=re.DOTALL).strip()
                for one in await way.all_inner_texts()
            ]
            assert kinds == ["moving told late", "moving", "no position", "stood still", "moving"]
            await expect(tab.page.locator("path.map-line-trail")).to_have_count(2)  # none over the gap
            await expect(tab.page.locator("path.map-line-late")).to_have_count(1)
            dots = await tab.page.locator(".map-pin[data-kind=dot]").evaluate_all(
                "all => all.map(one => one.dataset.state)"
            )
            assert (dots.count("stop"), dots.count("gap")) == (1, 2)
            await tab.is_accessible()
            await shoot(tab.page, "rider-way")

            here = offset(SE, east_m=900, north_m=700)
            now = datetime.now(tz=UTC).isoformat()
            ping = {"device_at": now, "lat": here.lat, "lon": here.lon, "accuracy_m": 6}
            town.person(Role.RIDER, rider_id).must("POST", "/v1/rider/positions", ping)
            await expect(way).to_have_count(7)  # a gap, and where they are now
            await tab.page.keyboard.press("Escape")
            await expect(tab.page.locator("path.map-line")).to_have_count(0)
            await expect(tab.page.locator(".map-pin[data-kind=dot]")).to_have_count(0)


async def test_the_list_shows_fifty_at_a_time_by_kind_and_by_name(town, browser, wire):
    async with a_crowd(town, "Cidade Listada") as crowd:
        await crowd.enter(MANY, within_m=1_500)
        await crowd.are_seen(*list(crowd.where)[:60])
        wish = {"city_id": crowd.city.id, "name": "Zilda", "phone": "+5511988776655", "vehicle": "foot"}
        town.add("/v1/riders", **wish)
        async with a_map_of(crowd, browser, wire) as tab:
            lines = await open_list(tab)
            await expect(lines).to_have_count(50)
            await expect(tab.page.locator("#riders-shown")).to_have_text(shown(1, 50, MANY))
            await tab.page.get_by_role("button", name="Next").click()
            await expect(tab.page.locator("#riders-shown")).to_have_text(shown(51, 100, MANY))
            await tab.page.locator(".chip[data-kind=stale]").click()
            await expect(tab.page.locator("#riders-shown")).to_have_text(shown(1, 50, MANY - 60))
            await expect(lines.first).to_contain_text("no position yet")
            await tab.page.locator(".chip[data-kind=all]").click()
            await tab.page.locator("#find-rider").fill("barros 15")
            await expect(lines).to_have_count(1)
            await expect(lines).to_contain_text("Ana Barros 15")
            await tab.page.locator("#find-rider").fill("")
            await tab.page.locator(".chip[data-kind=off]").click()
            await expect(lines).to_have_count(1)
            await expect(lines).to_contain_text("Zilda")
            await tab.is_accessible()
            await lines.click()
            await expect(tab.page.locator("#rider")).to_contain_text("off shift")
            await expect(tab.page.locator("#rider")).to_contain_text("There are no positions of the last hour.")


async def test_on_a_phone_the_way_is_above_what_is_said_of_it(town, browser, wire):
    async with a_crowd(town, "Cidade de Bolso") as crowd:
        await crowd.enter(MANY, within_m=1_500)
        await crowd.are_seen()
        rider_id = next(iter(crowd.where))
        async with a_map_of(crowd, browser, wire, viewport=PHONE, locale="es-MX") as tab:
            await tab.page.locator("#tab-map").click()
            await expect(tab.page.locator(GROUPS).first).to_be_visible()
            await tab.is_accessible()
            await shoot(tab.page, "riders-many-es", sizes=["phone"])
            await tab.page.locator("#tab-riders").click()
            await tab.is_accessible()
            await shoot(tab.page, "riders-list-es", sizes=["phone"])
            await tab.page.locator(f"#rider-list [data-key={rider_id}] .line").click()
            await expect(tab.page.locator("#rider")).to_be_focused()
            await expect(tab.page.locator("#rider .way li")).to_have_count(1)
            await tab.is_accessible()
            await shoot(tab.page, "rider-way-es", sizes=["phone"])


GRID = """async ({module, riders}) => {
    const {Grid} = await import(module);
    const grid = new Grid();
    const world = {west: 0, north: 0, east: 2 ** 17, south: 2 ** 17};
    const counts = () => grid.within(world).map(({ids, free, stale, suspected}) => [ids.size, free, stale, suspected]);
    grid.zoomTo(9);
    for (const [id, place, group, isSuspected] of riders) grid.put(id, place, group, isSuspected);
    const far = counts();
    grid.put("ana", riders[1][1], "stale", true);
    const moved = counts();
    grid.zoomTo(0);
    const near = counts();
    grid.drop("ana");
    return {far, moved, near, dropped: counts()};
}"""


async def test_a_group_s_numbers_stay_right_as_riders_move_and_the_map_is_zoomed(browser, wire):
    bahia = {"lat": -12.97, "lon": -38.51}
    centre = {"lat": SE.lat, "lon": SE.lon}
    riders = [["ana", centre, "free", False], ["beto", bahia, "free", False], ["carla", centre, "carrying", True]]
    async with a_tab(browser, wire.address) as tab:
        await tab.go("/pair")
        found = await tab.page.evaluate(GRID, {"module": load_assets().url("js/operations/grid.js"), "riders": riders})

    assert sorted(found["far"]) == [[1, 1, 0, 0], [2, 1, 0, 1]]
    assert sorted(found["moved"]) == [[1, 0, 0, 1], [2, 1, 1, 1]]
    assert found["near"] == [[3, 1, 1, 2]]
    assert found["dropped"] == [[2, 1, 0, 1]]


WAY = """async ({module, spots}) => {
    const {readWay} = await import(module);
    const apart = (a, b) => Math.hypot(a.lat - b.lat, a.lon - b.lon) * 100_000;
    return readWay(spots, apart).map(({kind, from_ms, to_ms}) => [kind, from_ms / 1000, to_ms / 1000]);
}"""


@pytest.mark.parametrize(
    ("spots", "way"),
    [
        ([], []),
        ([(0, 0)], [["ride", 0, 0]]),
        ([(0, 0), (5, 1), (10, 2)], [["ride", 0, 10]]),
        ([(0, 0), (5, 1), (66, 2)], [["ride", 0, 5], ["gap", 5, 66], ["ride", 66, 66]]),
        ([(0, 0), (100, 5), (200, 10), (400, 15)], [["ride", 0, 400]]),
        ([(0, 0), (60, 0), (120, 0), (180, 0)], [["stop", 0, 180]]),
        (
            [(0, 0), (60, 9), (120, 9), (180, 9), (240, 9), (300, 20)],
            [["ride", 0, 60], ["stop", 60, 240], ["ride", 240, 300]],
        ),
    ],
    ids=["nowhere", "one place", "a ride", "a gap", "a phone that tells seldom", "a stop", "a stop on the way"],
)
async def test_a_way_is_read_from_its_places(browser, wire, spots, way):
    places = [{"at_ms": at * 1000, "lat": 0, "lon": east / 1000, "isLate": False} for at, east in spots]
    async with a_tab(browser, wire.address) as tab:
        await tab.go("/pair")
        assert (
            await tab.page.evaluate(WAY, {"module": load_assets().url("js/operations/way.js"), "spots": places}) == way
        )
