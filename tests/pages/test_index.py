import pytest
from tests.pages.browser import a_tab

from recado.pages.table import PAGES

TITLES = {"es-CO": "¿Cuál es tu página?", "pt-BR": "Qual é a sua página?", "en-US": "Which page is yours?"}


@pytest.mark.parametrize(("locale", "title"), TITLES.items())
async def test_the_index_leads_to_every_page_in_one_s_own_language(browser, wire, locale, title):
    async with a_tab(browser, wire.address, locale=locale) as tab:
        await tab.go("/")

        assert await tab.text_of("h1") == title
        doors = await tab.page.locator(".door").evaluate_all("all => all.map(one => one.getAttribute('href'))")
        assert doors == [*[page.path for page in PAGES if page.role], "/pair"]
        await tab.is_accessible()
        await tab.shoot(f"index-{locale[:2]}")


async def test_a_page_is_walked_through_with_the_keyboard(browser, wire):
    async with a_tab(browser, wire.address) as tab:
        await tab.go("/")
        await tab.page.keyboard.press("Tab")
        assert await tab.page.evaluate("document.activeElement.textContent") == "Skip to content"

        await tab.page.keyboard.press("Enter")

        assert await tab.page.evaluate("document.activeElement.id") == "main"


async def test_an_address_without_a_page_says_so_to_a_person(browser, wire):
    async with a_tab(browser, wire.address) as tab:
        await tab.go("/nothing/here")

        assert await tab.text_of("h1") == "There is nothing here"
        await tab.is_accessible()
        await tab.shoot("missing")


async def test_the_index_opens_on_a_few_kilobytes(browser, wire):
    async with a_tab(browser, wire.address) as tab:
        await tab.go("/")

        assert wire.bytes_down < 20_000
