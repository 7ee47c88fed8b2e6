"""One Chromium, and what tests look for in it."""

import os
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

NAMES: Final = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HOW_TO_GET_IT: Final = (
    "there is no Chromium: install it (Debian, Ubuntu: apt-get install chromium) or name it in CHROMIUM"
)
# The last list that is given counts, so Playwright's own is in it. The first line is what each new window draws for the
# suggestions of an address bar that nobody sees: two pages of its own, which took longer than most of ours. The last is
# a process for what a new window shows first and another for our page, which says that it is nobody's opener.
NOT_WANTED: Final = (
    "WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "SpareRendererForSitePerProcess",
    "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter", "PaintHolding", "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect", "OptimizationHints", "NetworkTimeServiceQuerying", "AimEnabled",
    "PreconnectToSearch", "ProactivelySwapBrowsingInstance", "RenderDocument",
    "CrossOriginOpenerPolicy",
)  # fmt: skip
# Processes and compilers that pay on a day's use and not in a second's: a seventh of what a page test takes.
CHEAPER: Final = ("--in-process-gpu", "--enable-features=NetworkServiceInProcess2", "--js-flags=--no-opt,--no-maglev")
ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-extensions",
    "--disable-component-update",
    "--no-first-run",
    "--mute-audio",
    "--autoplay-policy=no-user-gesture-required",
    "--force-color-profile=srgb",
    f"--disable-features={','.join(NOT_WANTED)}",
    *CHEAPER,
)
PHONE: Final = {"width": 390, "height": 844}
DESKTOP: Final = {"width": 1280, "height": 800}
SIZES: Final = {"phone": PHONE, "desktop": DESKTOP}
RULES: Final = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
COLOURS: Final = {"type": "rule", "values": ["color-contrast"]}
FIND_UNJUDGED: Final = Path(__file__).with_name("judged.js").read_text()
RUN: Final = """async ([isWhole, how, settlesMs]) => {
    await new Promise((seen) => requestAnimationFrame(() => setTimeout(seen, settlesMs)));
    const parts = window.unjudged.filter(one => one.isConnected);
    if (!isWhole && !parts.length) return [];
    return (await axe.run(isWhole ? document : {include: parts}, how)).violations;
}"""
IS_SOAK: Final = int(os.environ.get("RECADO_SOAK_FACTOR", "1")) > 1
TARGET_PX: Final = 44
expect.set_options(timeout=15_000)  # a busy machine is slow, not wrong
SETTLES_MS: Final = {"light": 0, "dark": 60}  # another colour scheme, on a busy machine


def find_chromium() -> str | None:
    """Return the browser that CHROMIUM names, or the system's."""
    named = os.environ.get("CHROMIUM")
    return named or next((found for name in NAMES if (found := shutil.which(name))), None)


@asynccontextmanager
async def a_browser() -> AsyncIterator[Browser]:
    """Start Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            await browser.close()


class Tab:
    """One page of one person's browser, and everything that went wrong in it."""

    def __init__(self, context: BrowserContext, page: Page) -> None:
        self.context, self.page = context, page
        self.faults: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda said: self.faults.append(said.text) if _is_fault(said) else None)

    async def go(self, path: str) -> None:
        await self.page.goto(path, wait_until="load")

    async def claims(self, code: str, *, device_name: str, keep: str = "cookie") -> Any:
        """Pair with a code."""
        claim = {"code": code, "device_name": device_name, "keep": keep}
        answer = await self.context.request.post("/v1/pairings/claim", data=claim)
        assert answer.ok, await answer.text()
        return await answer.json()

    async def text_of(self, selector: str) -> str:
        return (await self.page.locator(selector).inner_text()).strip()

    async def is_accessible(self) -> None:
        await assert_accessible(self.page)
        small = await too_small(self.page)
        assert small == [], "\n".join(small)

    async def shoot(self, name: str) -> None:
        """Take a picture at both widths in light and dark, where RECADO_SCREENS says where to put it."""
        await shoot(self.page, name)


def _is_fault(said: Any) -> bool:
    # A refused request is what a test may want; what the policy blocks or a script throws never is.
    refused = ("Failed to load resource", "WebSocket", "fetching the script")
    return said.type == "error" and not any(text in said.text for text in refused)


@asynccontextmanager
async def a_tab(browser: Browser, address: str, **wish: Any) -> AsyncIterator[Tab]:
    """Open a browser of somebody's own: `locale`, `viewport`, `color_scheme`, `permissions`, …"""
    wish = {"locale": "en-US", "viewport": PHONE, "timezone_id": "America/Bogota", "reduced_motion": "reduce"} | wish
    context = await browser.new_context(base_url=address, **wish)
    context.set_default_timeout(15_000)  # as above
    context.set_default_navigation_timeout(30_000)
    try:
        tab = Tab(context, await context.new_page())
        yield tab
        assert tab.faults == [], tab.faults
    finally:
        await context.close()


async def shoot(page: Page, name: str, *, sizes: Sequence[str] = tuple(SIZES), is_whole: bool = False) -> None:
    """Take a picture at these widths, in light and dark, into $RECADO_SCREENS."""
    directory = os.environ.get("RECADO_SCREENS")
    if not directory:
        return
    os.makedirs(directory, exist_ok=True)  # noqa: PTH103  for ruff a Path would block where this does not
    before = page.viewport_size
    for size in sizes:
        await page.set_viewport_size(SIZES[size])  # type: ignore[arg-type]
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            await page.wait_for_timeout(250)  # maps and fonts settle
            await page.screenshot(path=Path(directory) / f"{name}-{size}-{scheme}.png", full_page=is_whole)
    await page.emulate_media(color_scheme="light")
    if before:
        await page.set_viewport_size(before)


_judged: dict[int, set[int]] = {}  # by the window's width


async def assert_accessible(page: Page) -> None:
    """Hold the page to WCAG 2.2 AA as far as axe-core can tell; in dark only its colours are another matter.

    What looks and is built as something that was judged in this process is not judged again, except in `make soak`.
    """
    assert page.viewport_size is not None
    judged = _judged.setdefault(page.viewport_size["width"], set())
    here, is_whole, has_axe = await page.evaluate(FIND_UNJUDGED, [] if IS_SOAK else list(judged))
    if judged.issuperset(here) and not IS_SOAK:
        return
    if not has_axe:
        await page.evaluate(AXE_SCRIPT)  # by the debugger, which no policy of the page's concerns
    for scheme, rules in (("light", RULES), ("dark", COLOURS)):
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        how = {"runOnly": rules, "resultTypes": ["violations"]}
        found = await page.evaluate(RUN, [is_whole, how, SETTLES_MS[scheme]])
        faults = [
            f"{scheme}: {fault['id']}: {node['html']} ({node['failureSummary']})"
            for fault in found
            for node in fault["nodes"]
            # Pins overlap; the lists have the same.
            if not (fault["id"] == "target-size" and "map-marker" in node["html"])
        ]
        assert faults == [], "\n".join(faults)
    await page.emulate_media(color_scheme="light")
    judged.update(here)


async def too_small(page: Page) -> list[str]:
    """Return what can be touched and is smaller than a thumb; links inside sentences may be."""
    return await page.evaluate(
        """target => [...document.querySelectorAll(
            "button, input, select, textarea, summary, a[href]")]
            .filter(one => one.checkVisibility() && !one.closest("p, .leaflet-control-attribution, .skip"))
            .map(one => [one, (one.closest("label") ?? one).getBoundingClientRect()])
            .filter(([, box]) => box.width > 0 && (box.height < target - 0.5 || box.width < target - 0.5))
            .map(([one, box]) => `${one.outerHTML.slice(0, 80)}: ${box.width}x${box.height}`)""",
        TARGET_PX,
    )
