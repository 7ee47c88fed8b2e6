"""The map that pages put into themselves: our own streets, markers with names, the keyboard, no unwanted movement."""

import json
from contextlib import asynccontextmanager

import pytest
from tests.pages.browser import DESKTOP, a_tab
from tests.pages.town import DOOR, SE

from recado.pages.assets import load_assets

STORE, HOME = {"lat": SE.lat, "lon": SE.lon}, {"lat": DOOR.lat, "lon": DOOR.lon}
HALF_WAY = {"lat": (SE.lat + DOOR.lat) / 2, "lon": (SE.lon + DOOR.lon) / 2}
OPEN = """async ({module, how}) => {
    const {createMap} = await import(module);
    const element = Object.assign(document.createElement("div"), {id: "map"});
    element.style.height = "24rem";
    document.querySelector("#main").replaceChildren(element);
    window.city = await createMap(element, how);
    await window.city.drawn;
}"""
# How many colours the squares that are in view are drawn with: one is an empty ground.
COLOURS = """() => new Set([...document.querySelectorAll("canvas")].flatMap((tile) => {
    const data = new Uint32Array(tile.getContext("2d").getImageData(0, 0, tile.width, tile.height).data.buffer);
    return [...data.filter((_, i) => i % 97 === 0)];
})).size"""

ALL_STREETS = """() => performance.getEntriesByType("resource").some(
    ({name}) => name.endsWith(window.city.described.more_streets_url))"""


@asynccontextmanager
async def a_map(browser, wire, how=None, **wish):
    """Open a page and put a map into it."""
    async with a_tab(browser, wire.address, **wish) as tab:
        await tab.go("/pair")
        await tab.page.evaluate(OPEN, {"module": load_assets().url("js/core/map.js"), "how": how or {}})
        await tab.page.wait_for_function(f"({COLOURS})() > 3")
        yield tab


def call(tab, method, *arguments):
    return tab.page.evaluate(f"window.city.{method}({', '.join(map(json.dumps, arguments))})")


@pytest.mark.parametrize("size", [None, DESKTOP], ids=["phone", "desktop"])
async def test_the_city_is_drawn_with_everything_on_it_named(browser, wire, size):
    async with a_map(browser, wire, {"centre": STORE}, **({"viewport": size} if size else {})) as tab:
        await call(tab, "mark", "store", {"kind": "store", "label": "Cantina da Praça", "place": STORE})
        await call(tab, "mark", "door", {"kind": "door", "label": "Ana's door", "place": HOME, "caption": "Ana"})
        await call(tab, "mark", "rider", {"kind": "rider", "icon": "bicycle", "label": "Beto", "place": HALF_WAY})
        await call(tab, "line", "way", [STORE, HALF_WAY, HOME])
        await call(tab, "fit", [STORE, HOME])

        named = await tab.page.locator(".map-marker[role=img]").evaluate_all("all => all.map((one) => one.ariaLabel)")
        assert sorted(named) == ["Ana's door", "Beto", "Cantina da Praça"]
        assert await tab.page.get_by_role("region", name="Map of the city").count() == 1
        assert await tab.text_of(".map-attribution") == "© OpenStreetMap contributors, ODbL"
        assert await call(tab, "sees", STORE)
        assert await call(tab, "sees", HOME)
        await tab.is_accessible()
        await tab.shoot(f"map-{'desktop' if size else 'phone'}")


async def test_a_first_view_is_light_and_what_is_kept_costs_nothing(browser, wire):
    async with a_map(browser, wire) as tab:
        await tab.page.wait_for_function(ALL_STREETS)
        await tab.page.wait_for_load_state("networkidle")
        first_bytes = wire.bytes_down
        await tab.page.reload()
        await tab.page.evaluate(OPEN, {"module": load_assets().url("js/core/map.js"), "how": {}})
        await tab.page.wait_for_load_state("networkidle")

        assert first_bytes < 200_000
        assert wire.bytes_down - first_bytes < 30_000


async def test_the_map_is_moved_and_zoomed_by_the_keyboard(browser, wire):
    async with a_map(browser, wire, {"centre": STORE, "zoom": 15}) as tab:
        before = await tab.page.evaluate("window.city.leaflet.getCenter()")
        await tab.page.locator("#map").focus()
        await tab.page.keyboard.press("ArrowRight")
        await tab.page.keyboard.press("Equal")

        await tab.page.wait_for_function("window.city.leaflet.getZoom() === 16")
        after = await tab.page.evaluate("window.city.leaflet.getCenter()")
        assert after["lng"] > before["lng"]
        await tab.page.get_by_role("button", name="Zoom out").press("Enter")
        await tab.page.wait_for_function("window.city.leaflet.getZoom() === 15")


async def test_a_rider_glides_to_the_next_place_and_jumps_for_who_wants_no_movement(browser, wire):
    rider = {"kind": "rider", "label": "Beto", "place": STORE, "glide_ms": 600}
    seen = {}
    for wish in ("no-preference", "reduce"):
        async with a_map(browser, wire, {"centre": STORE}, reduced_motion=wish) as tab:
            await call(tab, "mark", "rider", rider)
            await call(tab, "mark", "rider", rider | {"place": HALF_WAY})
            seen[wish] = await tab.page.evaluate("window.city.markers.get('rider').place.lon")
            await tab.page.wait_for_function(
                "lon => window.city.markers.get('rider').marker.getLatLng().lng === lon", arg=HALF_WAY["lon"]
            )

    assert seen["reduce"] == HALF_WAY["lon"]
    assert seen["no-preference"] < HALF_WAY["lon"]


async def test_a_marker_that_can_be_chosen_is_a_button(browser, wire):
    async with a_map(browser, wire, {"centre": STORE}) as tab:
        await tab.page.evaluate(
            """place => window.city.mark("r1", {kind: "rider", label: "Carla, free", place,
                                               onSelect: (id) => (window.chosen = id)})""",
            STORE,
        )
        await tab.page.get_by_role("button", name="Carla, free").press("Enter")

        assert await tab.page.evaluate("window.chosen") == "r1"
        await call(tab, "keep", [])
        assert await tab.page.get_by_role("button", name="Carla, free").count() == 0


async def test_in_the_dark_the_streets_are_drawn_dark(browser, wire):
    async with a_map(browser, wire, {"centre": STORE}) as tab:
        light = await tab.page.evaluate("getComputedStyle(window.city.element).backgroundColor")
        await tab.page.emulate_media(color_scheme="dark")
        await tab.page.wait_for_function(
            "before => getComputedStyle(window.city.element).backgroundColor !== before", arg=light
        )
        await tab.shoot("map-close")


async def test_a_map_that_was_seen_before_opens_without_a_network(browser, wire):
    async with a_map(browser, wire, {"centre": STORE}) as tab:
        await tab.page.route("**/v1/map", lambda route: route.abort())
        await tab.page.evaluate("window.city.remove()")
        await tab.page.evaluate(OPEN, {"module": load_assets().url("js/core/map.js"), "how": {}})

        assert await tab.text_of(".map-attribution") == "© OpenStreetMap contributors, ODbL"


async def test_a_city_without_streets_of_its_own_still_has_a_map(browser, wire):
    """Because an installation may be elsewhere and show a tile server's pictures, or markers alone."""
    bahia = {"lat": -12.97, "lon": -38.51}
    async with a_tab(browser, wire.address) as tab:
        await tab.go("/pair")
        await tab.page.evaluate(OPEN, {"module": load_assets().url("js/core/map.js"), "how": {"centre": bahia}})
        await call(tab, "mark", "store", {"kind": "store", "label": "Acarajé da Dinha", "place": bahia})
        await call(tab, "fit", [bahia])

        assert await call(tab, "sees", bahia)
