"""Every text is there in every language, is used, and asks for the same facts."""

import re
from itertools import chain
from pathlib import Path

from recado.pages import texts
from recado.pages.languages import LANGUAGES
from recado.pages.table import ERROR, PAGES

PAGES_DIRECTORY = Path(texts.__file__).parent
ALL = dict(chain.from_iterable(texts.catalogue(name).items() for name in texts.catalogues()))
SOURCES = {
    path.relative_to(PAGES_DIRECTORY).as_posix(): path.read_text()
    for path in sorted(PAGES_DIRECTORY.rglob("*"))
    if path.suffix in {".html", ".js", ".py"}
}
FACT = re.compile(r"\{(\w+)\}")
# A key, or the beginning of one that is put together: t("track.step." + step), t(`track.step.${step}`).
NAMED = re.compile(rf"""["'`]((?:{"|".join(texts.catalogues())})\.[\w.]*)""")
KEYS_OF_THE_FRAME = {f"{page.name}.{key}" for page in (*PAGES, ERROR) for key in ("title", "about")} | {
    f"{page.name}.short" for page in PAGES if page.role
}


def named(source: str) -> set[str]:
    return set(NAMED.findall(source))


def test_every_text_is_there_in_every_language():
    there = {key: {language for language, said in ALL[key].items() if said.strip()} for key in ALL}

    assert {key: languages for key, languages in there.items() if languages != set(LANGUAGES)} == {}


def test_a_text_asks_for_the_same_facts_in_every_language():
    asked = {key: {language: set(FACT.findall(said)) for language, said in ALL[key].items()} for key in ALL}

    assert {key: facts for key, facts in asked.items() if len(set(map(frozenset, facts.values()))) > 1} == {}


def test_every_text_is_used():
    used = KEYS_OF_THE_FRAME.union(*map(named, SOURCES.values()))
    beginnings = tuple(key for key in used if key.endswith("."))
    plurals = {f"{key}.{form}" for key in used for form in ("one", "other")}

    # A refusal's words are looked up by its code, whatever that is.
    looked_up = {key for key in ALL if ".problem." in key}
    assert [key for key in ALL if key not in used | plurals | looked_up and not key.startswith(beginnings)] == []


def test_every_text_that_is_used_is_there():
    missing = {
        f"{path}: {key}"
        for path, source in SOURCES.items()
        for key in named(source)
        if key not in ALL and f"{key}.other" not in ALL and not (key.endswith(".") and any(map(key.__eq__, _heads())))
    }

    assert missing == set()


def _heads() -> set[str]:
    return {key[: match.end()] for key in ALL for match in re.finditer(r"\.", key)}
