"""What the pages are held to is noticed, also where most of a page was judged before."""

import pytest
from tests.pages.browser import a_tab

GREY_ON_GREY = """() => {
    const said = Object.assign(document.createElement("p"), {className: "hardly", textContent: "Who can read it?"});
    said.style = "color: #888; background: #999";
    document.querySelector("main").append(said);
}"""


async def test_what_cannot_be_read_is_noticed_on_a_page_that_was_judged_before(browser, wire):
    async with a_tab(browser, wire.address) as tab:
        await tab.go("/")
        await tab.is_accessible()
        await tab.page.evaluate(GREY_ON_GREY)

        for _ in range(2):
            with pytest.raises(AssertionError, match="color-contrast"):
                await tab.is_accessible()


async def test_what_is_too_small_for_a_thumb_is_noticed(browser, wire):
    async with a_tab(browser, wire.address) as tab:
        await tab.go("/")
        await tab.page.evaluate("document.querySelector('.door').style = 'min-height: 0; padding: 0; height: 20px'")

        with pytest.raises(AssertionError, match=r"x2\d"):
            await tab.is_accessible()
