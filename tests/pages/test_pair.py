"""Pairing a device: scanned or typed, once, and then its page."""

import pytest
from playwright.async_api import expect
from tests.pages.browser import a_tab


def a_pairing(town, **wish):
    return town.operator.must("POST", "/v1/pairings", {"label": "Beto's phone"} | wish)


def for_a_rider(town):
    return a_pairing(town, role="rider", subject_id=town.rider("Beto").id)


async def test_a_scanned_code_pairs_a_phone_and_opens_its_page(town, browser, wire):
    pairing = for_a_rider(town)
    async with a_tab(browser, wire.address) as tab:
        await tab.go("/pair#" + pairing["code"].replace("-", ""))

        await expect(tab.page.locator("#code")).to_have_value(pairing["code"])
        assert "#" not in tab.page.url, "the code stays in no history"
        await tab.is_accessible()
        await tab.shoot("pair-scanned")
        await tab.page.get_by_role("button", name="Pair").click()

        await tab.page.wait_for_url("**/rider")
        (cookie,) = [one for one in await tab.context.cookies() if one["name"] == "recado_rider"]
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
        kept = await tab.page.evaluate("JSON.stringify(localStorage)")
        assert "rdr_" in kept
        assert "eyJ" not in kept, "no token is kept where a script can read it"


async def test_a_code_is_typed_as_it_comes(town, browser, wire):
    pairing = for_a_rider(town)
    async with a_tab(browser, wire.address, locale="pt-BR") as tab:
        await tab.go("/pair?as=rider")
        await expect(tab.page.locator("#hint")).to_contain_text("Entregador")

        await tab.page.locator("#code").press_sequentially(pairing["code"].lower().replace("-", " "))
        await tab.page.keyboard.press("Enter")

        await tab.page.wait_for_url("**/rider")


async def test_a_computer_that_was_sent_to_pair_comes_back_to_where_it_was_going(town, browser, wire):
    pairing = a_pairing(town, role="operator", scopes=["dispatch"])
    async with a_tab(browser, wire.address) as tab:
        await tab.go("/operations")
        await tab.page.wait_for_url("**/pair?as=operations")
        await tab.page.locator("#code").fill(pairing["code"])

        await tab.page.get_by_role("button", name="Pair").click()

        await tab.page.wait_for_url("**/operations")
        await tab.page.locator("#connection[data-state=live]").wait_for()


@pytest.mark.parametrize(
    ("code", "words"),
    [("K7M4", "Ocho letras y números"), ("ZZZZZZZZ", "Ese código no vale")],
    ids=["too-short", "unknown"],
)
async def test_a_wrong_code_is_said_beside_it(town, browser, wire, code, words):
    async with a_tab(browser, wire.address, locale="es-AR") as tab:
        await tab.go("/pair")
        await tab.page.locator("#code").fill(code)

        await tab.page.get_by_role("button", name="Vincular").click()

        await expect(tab.page.get_by_role("alert").filter(has_text="digo")).to_be_visible()
        await expect(tab.page.locator("#code")).to_be_focused()
        await expect(tab.page.locator("#code")).to_have_attribute("aria-invalid", "true")
        assert words in await tab.text_of("main")
        await tab.is_accessible()
        await tab.shoot(f"pair-refused-{len(code)}")


async def test_without_a_network_it_says_that_and_not_that_the_code_is_wrong(town, browser, wire):
    async with a_tab(browser, wire.address) as tab:
        await tab.go("/pair")
        await tab.page.locator("#code").fill("K7M4QX2P")
        await wire.cut()

        await tab.page.get_by_role("button", name="Pair").click()

        await expect(tab.page.locator("#problem")).to_have_text("There is no connection. Try again in a moment.")


async def test_a_page_without_a_session_turns_to_pairing(town, browser, wire):
    async with a_tab(browser, wire.address) as tab:
        await tab.go("/rider")

        await tab.page.wait_for_url("**/pair?as=rider")
        await expect(tab.page.locator("#hint")).to_contain_text("To open “Rider”")


@pytest.mark.parametrize("fragment", ["#%", "#%E0%A4%A", "#<img src=x onerror=alert(1)>"])
async def test_a_fragment_that_is_no_code_breaks_nothing(town, browser, wire, fragment):
    """Because a form whose script died would send the code as part of the next address."""
    pairing = for_a_rider(town)
    async with a_tab(browser, wire.address) as tab:
        await tab.go(f"/pair?as=//elsewhere.example{fragment}")
        await tab.page.locator("#code").fill(pairing["code"])

        await tab.page.get_by_role("button", name="Pair").click()

        await tab.page.wait_for_url("**/rider")
        assert tab.page.url == f"{wire.address}/rider"


async def test_without_its_script_the_form_puts_no_code_into_an_address(town, browser, wire):
    async with a_tab(browser, wire.address, java_script_enabled=False) as tab:
        await tab.go("/pair")
        await tab.page.locator("#code").fill("K7M4-QX2P")

        await tab.page.get_by_role("button").first.click()

        assert "K7M4" not in tab.page.url
