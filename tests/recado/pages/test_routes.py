"""What a browser gets, without a browser. The application answers pages without any of its stores."""

import gzip
import json
import re

import httpx
import pytest
from tests.apps import NOWHERE, an_app

from recado.pages.assets import load_assets
from recado.pages.table import PAGES

APP = an_app(NOWHERE)
PATHS = [re.sub(r"\{.*?\}", "abc", page.path) for page in PAGES]
URL = re.compile(r"""(?:src|href)="(/[^"]*)\"""")


async def get(path: str, **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(APP)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with httpx.AsyncClient(transport=transport, base_url="http://recado.example") as client:
        return await client.get(path, headers={"Accept-Language": "en"} | named)


@pytest.mark.parametrize("path", PATHS)
async def test_everything_that_a_page_names_is_there(path):
    page = await get(path)

    assert page.status_code == 200
    for url in URL.findall(page.text):
        named = re.sub(r"\?.*", "", url)
        if named not in {page.path for page in PAGES}:
            assert (await get(named)).status_code == 200, url


async def test_what_the_rider_s_page_needs_later_is_fetched_last_and_kept():
    html = (await get("/rider")).text
    asked = re.findall(r'<link rel="(\w+)" href="[^"]*/js/core/(api|map|streets)\.js"', html)

    assert sorted(asked) == [("modulepreload", "api"), ("prefetch", "map"), ("prefetch", "streets")]


@pytest.mark.parametrize("path", PATHS)
async def test_a_page_has_one_heading_its_landmarks_and_nothing_inline(path):
    html = (await get(path)).text

    assert len(re.findall(r"<h1\b", html)) == 1
    assert len(re.findall(r"<main\b", html)) == len(re.findall(r"<header class=\"topbar\"", html)) == 1
    assert re.findall(r"\son\w+=|\sstyle=|<style|javascript:", html) == []
    assert re.findall(r"<script(?![^>]*(?:src=|application/json))", html) == []


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("language", "home"), [("es", "Inicio"), ("pt-BR", "Início"), ("en-GB", "home")])
async def test_a_page_speaks_the_browser_s_language(path, language, home):
    page = await get(path, Accept_Language=language)

    assert f'<html lang="{language[:2]}"' in page.text
    assert home in page.text
    assert (page.headers["Content-Language"], "Accept-Language" in page.headers["Vary"]) == (language[:2], True)


async def test_a_language_that_is_chosen_is_kept():
    chosen = await get("/?lang=pt")
    again = await get("/", Cookie=chosen.headers["Set-Cookie"].partition(";")[0])

    assert '<html lang="pt"' in chosen.text
    assert '<html lang="pt"' in again.text
    assert "Set-Cookie" not in again.headers


async def test_a_language_that_nobody_speaks_is_not_kept():
    assert "Set-Cookie" not in (await get("/?lang=%00%0d")).headers


async def test_what_a_page_s_modules_are_told_cannot_end_its_element():
    html = (await get("/pair")).text
    boot = re.search(r'id="boot">(.*?)</script>', html, re.DOTALL)

    assert boot is not None
    assert "<" not in boot[1]
    assert json.loads(boot[1])["texts"]["pair.submit"] == "Pair"


async def test_an_unchanged_page_costs_no_bytes():
    first = await get("/pair")
    again = await get("/pair", If_None_Match=first.headers["ETag"])

    assert (again.status_code, again.content) == (304, b"")


async def test_a_page_is_compressed_where_that_is_understood():
    plain, small = await get("/", Accept_Encoding="identity"), await get("/", Accept_Encoding="br, gzip")

    assert "Content-Encoding" not in plain.headers
    assert (small.headers["Content-Encoding"], small.text) == ("gzip", plain.text)
    assert int(small.headers["Content-Length"]) == len(gzip.compress(plain.content, mtime=0))


async def test_files_of_this_build_are_kept_for_ever_and_others_are_not():
    ours = await get(load_assets().url("css/base.css"))
    other = await get("/assets/of-yesterday/css/base.css")

    assert ours.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert (other.headers["Cache-Control"], other.content) == ("no-store", ours.content)


@pytest.mark.parametrize(
    "path", ["", "css", "../settings.py", "%2e%2e/settings.py", "js/nothing.js", "/etc/passwd", "%00"]
)
async def test_what_is_no_asset_is_a_problem(path):
    answer = await get(f"/assets/{load_assets().build}/{path}", Accept="text/html")

    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")


async def test_a_browser_gets_a_page_where_there_is_none_and_a_program_a_problem():
    browser, program = await get("/nothing", Accept="text/html,*/*"), await get("/nothing")
    api = await get("/v1/nothing", Accept="text/html")

    assert (browser.status_code, "There is nothing here" in browser.text) == (404, True)
    assert "Content-Security-Policy" in browser.headers
    assert (program.status_code, program.headers["Content-Type"]) == (404, "application/problem+json")
    assert (api.status_code, api.headers["Content-Type"]) == (404, "application/problem+json")


async def test_the_service_worker_names_the_build_and_is_asked_for_each_time():
    worker = await get("/service-worker.js")

    assert worker.text.startswith(f'const BUILD = "{load_assets().build}";')
    assert worker.headers["Cache-Control"] == "no-cache"
    assert worker.headers["Content-Type"].startswith("text/javascript")


@pytest.mark.parametrize("page", ["", *[page.name for page in PAGES if page.role], "nothing"])
async def test_a_page_can_be_installed(page):
    manifest = (await get(f"/manifest.webmanifest?page={page}")).json()

    assert (await get(manifest["start_url"])).status_code == 200
    assert manifest["display"] == "standalone"
    for icon in manifest["icons"]:
        assert (await get(icon["src"])).status_code == 200


def test_pages_are_no_part_of_the_api_s_document():
    assert [path for path in APP.openapi_schema.to_schema()["paths"] if not path.startswith(("/v1/", "/health/"))] == []
