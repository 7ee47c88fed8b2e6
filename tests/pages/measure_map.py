"""What the operations map costs from ten riders to ten thousand: the browser's main thread, the API, and the socket.

Not a test: `.venv/bin/pytest tests/pages/measure_map.py -s -p no:randomly`, with nothing else running. The API process,
PostgreSQL, Redis and Chromium are real. Riders tell where they are every five seconds, by the call that ingestion tells
it with; their pings are not sent: taking those would cost the API more than all that is measured here.
"""

import asyncio
import sys
import time
from typing import Any

import pytest
from playwright.async_api import expect
from tests.pages.browser import PHONE
from tests.pages.crowd import a_crowd
from tests.pages.test_operations import a_desk

from recado.cpu import cpu_seconds

WHOLE = "TaskDuration"
DURATIONS = (WHOLE, "ScriptDuration", "LayoutDuration", "RecalcStyleDuration")
SECONDS, EVERY_S, STEP_S = 12, 5, 0.1
HEAR = """() => {
    window.heard = {frames: 0, bytes: 0, kinds: {}};
    const Plain = window.WebSocket;
    window.WebSocket = class extends Plain {
        constructor(...how) {
            super(...how);
            this.addEventListener("message", ({data}) => {
                heard.frames += 1;
                heard.bytes += data.length;
            });
        }
    };
}"""
SLOWEST = """() => {
    window.slowest = 0;
    new PerformanceObserver(list => list.getEntries().forEach(one => (slowest = Math.max(slowest, one.duration))))
        .observe({type: "longtask"});
}"""


async def spent(cdp: Any) -> dict[str, float]:
    got = await cdp.send("Performance.getMetrics")
    return {one["name"]: one["value"] for one in got["metrics"]}


async def walk(crowd: Any, seconds: float) -> int:
    """Let everybody tell where they are once in five seconds, evenly; returns how many did."""
    riders = list(crowd.where)
    began, told = time.monotonic(), 0
    step = 0
    while (passed := time.monotonic() - began) < seconds:
        due = int(passed / EVERY_S * len(riders))
        some = [riders[n % len(riders)] for n in range(told, due)]
        await crowd.move(some)
        told, step = due, step + 1
        await asyncio.sleep(max(0.0, began + step * STEP_S - time.monotonic()))
    return told


@pytest.mark.parametrize("riders", [10, 100, 1_000, 10_000])
@pytest.mark.parametrize("slow", [1, 4], ids=["as it is", "four times slower"])
async def test_what_it_costs(town, browser, wire, riders, slow):
    async with a_crowd(town, f"Cidade {riders} {slow}") as crowd:
        await crowd.enter(riders)
        await crowd.are_seen()
        viewport = {"viewport": PHONE} if slow > 1 else {}
        async with a_desk(town, browser, wire.address, reduced_motion="no-preference", **viewport) as tab:
            await tab.page.add_init_script(f"({HEAR})()")
            await tab.page.evaluate(f"localStorage.setItem('recado.operations.city', '{crowd.city.id}')")
            bytes_before = wire.bytes_down
            began = time.monotonic()
            await tab.page.reload()
            count = f"{riders:,}"
            await expect(tab.page.locator("#riders-count")).to_have_text(count, timeout=120_000)
            opened_s, opened_bytes = time.monotonic() - began, wire.bytes_down - bytes_before
            if slow > 1:
                await tab.page.locator("#tab-map").click()
            cdp = await tab.context.new_cdp_session(tab.page)
            await cdp.send("Performance.enable", {"timeDomain": "threadTicks"})
            await cdp.send("Emulation.setCPUThrottlingRate", {"rate": slow})
            await tab.page.wait_for_timeout(6_000)
            await tab.page.evaluate(f"({SLOWEST})()")
            api = town.house.processes["api-1"].pid
            before, cpu_before = await spent(cdp), cpu_seconds(api)
            heard_before = await tab.page.evaluate("({...heard})")
            began = time.monotonic()
            told = await walk(crowd, SECONDS)
            lasted = time.monotonic() - began
            after, cpu_after = await spent(cdp), cpu_seconds(api)
            heard = await tab.page.evaluate("({...heard, slowest, nodes: document.querySelectorAll('#map *').length})")
            spent_ms = {name: (after[name] - before[name]) / lasted * 1000 for name in DURATIONS}
            sys.stdout.write(
                f"\n{riders} riders, {told / lasted:.0f} told/s, browser x{slow}: main thread {spent_ms[WHOLE]:.0f}"
                f" ms/s (script {spent_ms['ScriptDuration']:.0f}, style {spent_ms['RecalcStyleDuration']:.0f}, layout"
                f" {spent_ms['LayoutDuration']:.0f}), longest task {heard['slowest']:.0f} ms, {heard['nodes']}"
                f" elements; {(heard['frames'] - heard_before['frames']) / lasted:.1f} frames/s,"
                f" {(heard['bytes'] - heard_before['bytes']) / lasted / 1000:.1f} kB/s;"
                f" API {(cpu_after - cpu_before) / lasted * 1000:.0f} ms CPU/s;"
                f" opened in {opened_s:.1f} s with {opened_bytes / 1e6:.1f} MB\n"
            )
