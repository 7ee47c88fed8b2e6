"""The desk's page: a rider's own tracking app gets its link, is heard, and loses it again."""

import time
from urllib.parse import urlsplit

import pytest
from playwright.async_api import expect
from tests.pages.desks import City, DeskTab, a_desk
from tests.pages.town import SE

CLIPBOARD = ["clipboard-read", "clipboard-write"]
APPS = ["traccar", "owntracks", "overland", "gpslogger", "osmand", "transistorsoft"]


def a_rider(city: City, number: int, name: str = "Beto") -> str:
    wish = {"city_id": city.id, "name": name, "phone": f"+55117{number:08}", "vehicle": "bicycle"}
    rider_id: str = city.town.add("/v1/riders", **wish)["id"]
    return rider_id


def links(city: City, rider_id: str) -> list[dict[str, object]]:
    phones: list[dict[str, object]] = city.town.operator.must("GET", f"/v1/riders/{rider_id}/phones")["phones"]
    return phones


async def makes_link(tab: DeskTab, label: str) -> str:
    """Make a link, and return it as it is shown."""
    await tab.press("Their own app")
    await tab.page.locator("#phone-label").fill(label)
    await tab.press("Make a link")
    await expect(tab.page.locator(".qr img")).to_be_visible()
    return await tab.page.locator(".values code").first.inner_text()


async def test_a_link_is_made_shown_once_heard_and_revoked(town, browser, wire):
    city = City(town, "Enlaces")
    rider_id = a_rider(city, 1)

    async with a_desk(town, browser, wire.address, part="riders", permissions=CLIPBOARD) as tab:
        await city.is_chosen(tab)
        await tab.press("Their own app")
        await expect(tab.page.locator("#phone-label")).to_be_visible()
        await tab.is_good("own-app-none")
        await tab.page.keyboard.press("Escape")
        url = await makes_link(tab, "Moto G")
        await tab.sees("This link is shown this once.", within="#dialog")
        await tab.sees("No position yet.", within="#dialog")
        await tab.is_good("own-app-link")

        path = urlsplit(url).path
        ping = {"lat": SE.lat, "lon": SE.lon, "timestamp": int(time.time())}
        assert town.http.get(path, params=ping).is_success
        await tab.sees("The first position came in at", within="#dialog")
        await tab.is_good("own-app-heard")
        await tab.press("Done")

        line = tab.page.locator("#dialog li", has_text="Moto G")
        await expect(line).to_contain_text("last position")
        await expect(tab.page.locator("#dialog")).not_to_contain_text(url)
        await tab.is_good("own-app-list")
        await line.get_by_role("button", name="Revoke Moto G").click()
        await tab.sees("Within a second nothing that this app sends is taken any more.", within="#dialog")
        await tab.is_good("own-app-revoke")
        await tab.press("Revoke", within="#dialog")
        await tab.is_told("Moto G sends positions no more")
        await tab.sees("1 revoked link", within="#dialog")

    (link,) = links(city, rider_id)
    assert link["revoked_at"] is not None
    assert town.http.get(path, params=ping).status_code == 404


async def test_each_app_is_told_its_own_settings_and_each_is_copied(town, browser, wire):
    city = City(town, "Ajustes")
    a_rider(city, 2)

    async with a_desk(town, browser, wire.address, part="riders", permissions=CLIPBOARD) as tab:
        await city.is_chosen(tab)
        url = await makes_link(tab, "Moto G")
        token = url.rpartition("/")[2]
        chosen = tab.page.get_by_label("Which app do they have?")
        assert await chosen.locator("option").evaluate_all("all => all.map(one => one.value)") == APPS

        await chosen.select_option("owntracks")
        await tab.sees("Open: Preferences", within="#dialog")
        await tab.sees("leave it empty", within="#dialog")
        await tab.is_good("own-app-owntracks")
        await chosen.select_option("overland")
        await tab.page.get_by_role("button", name="Copy Access token").click()
        await expect(tab.page.get_by_role("button", name="Copied Access token")).to_be_visible()
        assert await tab.page.evaluate("navigator.clipboard.readText()") == token
        await chosen.select_option("gpslogger")
        await tab.is_good("own-app-gpslogger")
        await tab.page.get_by_role("button", name="Copy URL").click()
        await expect(tab.page.get_by_role("button", name="Copied URL")).to_be_visible()
        assert (await tab.page.evaluate("navigator.clipboard.readText()")).startswith(f"{url}/gpslogger?lat=%LAT")


@pytest.mark.parametrize(
    ("locale", "own", "make", "where"),
    [
        ("es-MX", "Su propia app", "Crear enlace", "Seguimiento en línea"),
        ("pt-BR", "App próprio", "Criar link", "Rastreamento on-line"),
    ],
)
async def test_where_settings_are_is_told_in_the_desk_s_language(town, browser, wire, locale, own, make, where):
    city = City(town, f"Palabras {locale}")
    a_rider(city, 3 if locale == "es-MX" else 4, name="Maximiliano Wenceslao Figueroa")

    async with a_desk(town, browser, wire.address, part="riders", locale=locale) as tab:
        await city.is_chosen(tab)
        await tab.is_good(f"riders-{locale}")
        await tab.press(own)
        await tab.press(make)
        await tab.page.locator("#phone-app").select_option("osmand")
        await tab.sees(where, within="#dialog")
        await tab.is_good(f"own-app-{locale}")


async def test_who_only_dispatches_gives_links_too_and_one_too_many_is_refused_in_words(town, browser, wire):
    city = City(town, "Muchos")
    rider_id = a_rider(city, 5)
    for number in range(10):
        town.operator.must("POST", f"/v1/riders/{rider_id}/phones", {"label": f"Phone {number}"})

    async with a_desk(town, browser, wire.address, part="riders", scopes=("dispatch",)) as tab:
        await city.is_chosen(tab)
        await expect(tab.page.get_by_role("button", name="Pair the phone")).to_have_count(0)
        await tab.press("Their own app")
        await tab.press("Make a link")

        await tab.sees("There are too many links already", within="#dialog")
        await tab.is_good("own-app-many")
