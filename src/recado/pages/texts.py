"""What pages say, in every language: `texts/<page>.json` holds `{"key": {"es": …, "pt": …, "en": …}}`."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

_DIRECTORY: Final = Path(__file__).resolve().parent / "texts"
COMMON: Final = "common"


@cache
def catalogue(name: str) -> Mapping[str, Mapping[str, str]]:
    """Return a page's texts by their whole key, `<page>.<key>`."""
    raw = (_DIRECTORY / f"{name}.json").read_bytes()
    texts = msgspec.json.decode(raw, type=dict[str, dict[str, str]])
    return {f"{name}.{key}": said for key, said in texts.items()}


def catalogues() -> list[str]:
    """Return the names of all catalogues."""
    return sorted(path.stem for path in _DIRECTORY.glob("*.json"))


def texts_of(page: str, language: str) -> Mapping[str, str]:
    """Return what a page needs in one language: its own texts and those of all pages."""
    return {key: said[language] for name in (COMMON, page) for key, said in catalogue(name).items()}


def translator(texts: Mapping[str, str]) -> Callable[..., str]:
    """Return the `t` of templates: a text with its facts put in. A key that is not there is a bug."""

    def t(key: str, **facts: object) -> str:
        said = texts[key]
        for name, fact in facts.items():
            said = said.replace(f"{{{name}}}", str(fact))
        return said

    return t
