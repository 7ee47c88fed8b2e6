import gzip
import re

import pytest

from recado.pages.assets import load_assets
from recado.pages.table import ERROR, PAGES

ASSETS = load_assets()
SCRIPTED = [page for page in PAGES if page.is_script_needed]


def test_leaflet_comes_from_its_wheel():
    assert {"leaflet/leaflet.js", "leaflet/leaflet.css", "leaflet/images/layers.png"} <= ASSETS.files.keys()


def test_what_is_compressed_is_the_same_and_smaller():
    for asset in ASSETS.files.values():
        if asset.gzipped is not None:
            assert gzip.decompress(asset.gzipped) == asset.body
            assert len(asset.gzipped) < len(asset.body)


def test_the_tree_is_loaded_once():
    assert load_assets() is ASSETS


@pytest.mark.parametrize("page", SCRIPTED, ids=lambda page: page.name)
def test_all_that_a_page_imports_is_asked_for_in_one_go(page):
    modules = ASSETS.modules_of(f"js/{page.name}/main.js")

    assert modules[0] == f"js/{page.name}/main.js"
    assert len(set(modules)) == len(modules)


@pytest.mark.parametrize("path", sorted(path for path in ASSETS.files if path.startswith("js/")))
def test_a_module_imports_only_what_is_there(path):
    source = ASSETS.files[path].body.decode()
    statically = ASSETS.modules_of(path)[1:]
    lazily = [
        re.sub(r"^\.\./", "js/", name) if name.startswith("../") else f"{path.rpartition('/')[0]}/{name[2:]}"
        for name in re.findall(r"""import\(["'](\.{1,2}/[^"']+)["']\)""", source)
    ]

    assert [one for one in [*statically, *lazily] if one not in ASSETS.files] == []


@pytest.mark.parametrize("path", sorted(path for path in ASSETS.files if path.startswith("js/")))
def test_a_module_never_reads_text_as_html_or_code(path):
    source = ASSETS.files[path].body.decode()

    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", source) == []


@pytest.mark.parametrize("page", [*SCRIPTED, *(page for page in (*PAGES, ERROR) if not page.is_script_needed)])
def test_what_every_page_loads_at_first_is_small(page):
    modules = ASSETS.modules_of(f"js/{page.name}/main.js") if page.is_script_needed else []

    assert sum(len(ASSETS.files[path].gzipped or b"") for path in [*modules, ASSETS.sheet_of(page.name)]) < 64_000


def test_an_asset_that_is_not_there_is_a_bug():
    with pytest.raises(LookupError):
        ASSETS.url("css/nothing.css")
    with pytest.raises(LookupError):
        ASSETS.modules_of("js/nothing.js")
