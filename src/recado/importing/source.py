"""From the bytes of a file to a tree whose every value knows its line. What is no YAML is said in plain words."""

import re
from typing import Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from recado.importing.findings import Findings, Mark

MAX_BYTES: Final = 2_000_000  # some 30,000 dishes; reading it takes as long as brewing coffee
MAX_DEPTH: Final = 20  # the deepest value of a right file lies at 7
FIRST: Final = Mark(1, 1)
_BOMS: Final = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_LINE_ENDS: Final = re.compile("\r\n?")
_ODD_LINE_ENDS: Final = re.compile("[\x85\u2028\u2029]")  # line ends for YAML, for no editor
_TAB: Final = re.compile(r"^ *(\t)\s*\S")
# Terminals and pages obey some of them: colours, another title, a line written backwards.
_UNPRINTABLE: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_WHAT_TO_DO: Final = (
    ("mapping values are not allowed", "a colon too many here, one missing in the line above, or not indented like it"),
    ("could not find expected ':'", "a key without its colon: write `key: value`"),
    (
        "expected <block end>",
        "this does not stand under the lines it belongs to: keys of one block begin in one column",
    ),
    ("end of stream", "the quotation mark that is opened here is never closed"),
    ("expected ',' or", "a bracket that is opened and not closed, or a comma missing"),
    ("cannot start any token", "a text that begins with this character is put in quotes"),
    ("a single document", "one file is one city: a line --- begins another file"),
    ("undefined alias", "* begins something else in YAML: put the text in quotes"),
    ("unknown escape", "a backslash in double quotes means something else: use single quotes"),
    ("while scanning a directive", "% begins something else in YAML: put the text in quotes"),
)
# The parser's own bugs on mutilated text are none of the user's: whatever it stumbles over is no YAML.
_STUMBLES: Final = (RecursionError, ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError)


def read_tree(data: bytes, found: Findings) -> MappingNode | None:
    """Return the file's outermost block, or None with at least one mistake noted."""
    text = _decode(data, found)
    if text is None or _has_tabs(text, found):
        return None
    root = _compose(text, found)
    if root is None:
        return None
    if _holds_shorthands(root, found):
        return None
    if not isinstance(root, MappingNode):
        found.wrong(mark(root), "the file begins with a key such as `city:`")
        return None
    return root


def mark(node: Node) -> Mark:
    """Return where a node begins."""
    return Mark(node.start_mark.line + 1, node.start_mark.column + 1)


def _decode(data: bytes, found: Findings) -> str | None:
    if len(data) > MAX_BYTES:
        found.wrong(FIRST, f"the file has {len(data):,} bytes; a city's has at most {MAX_BYTES:,}")
        return None
    if data[:2] in _BOMS:
        found.wrong(FIRST, f"the file is saved as {_BOMS[data[:2]]}: save it as UTF-8")
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line_start = before.rfind(b"\n") + 1
        column = len(before[line_start:].decode("utf-8", "replace")) + 1
        found.wrong(Mark(before.count(b"\n") + 1, column), "the file is not saved as UTF-8: save it as UTF-8")
        return None
    text = _ODD_LINE_ENDS.sub(" ", _LINE_ENDS.sub("\n", text))
    if odd := _UNPRINTABLE.search(text):
        line_start = text.rfind("\n", 0, odd.start()) + 1
        at = Mark(text.count("\n", 0, odd.start()) + 1, odd.start() - line_start + 1)
        found.wrong(at, f"a character that cannot be printed (number {ord(odd[0])}): take it out")
        return None
    return text


def _has_tabs(text: str, found: Findings) -> bool:
    tabs = [
        Mark(number, tab.start(1) + 1)
        for number, line in enumerate(text.split("\n"), start=1)
        if (tab := _TAB.match(line))
    ]
    for at in tabs:
        found.wrong(at, "a tab: indent with spaces")
    return bool(tabs)


def _compose(text: str, found: Findings) -> Node | None:
    try:
        root: Node | None = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        begins = error.context_mark if "quoted scalar" in (error.context or "") else None
        place = begins or error.problem_mark or error.context_mark
        at = Mark(place.line + 1, place.column + 1) if place else FIRST
        found.wrong(at, _in_plain_words(error))
    except ReaderError as error:
        found.wrong(FIRST, f"a character that YAML does not know: {error.reason}")
    except YAMLError as error:
        found.wrong(FIRST, f"this is not YAML: {' '.join(str(error).split())}")
    except _STUMBLES:
        found.wrong(FIRST, "this is not YAML that can be read: look for brackets and quotes that are never closed")
    else:
        if root is None:
            found.wrong(FIRST, "the file is empty: it begins with a key such as `city:`")
        return root
    return None


def _in_plain_words(error: MarkedYAMLError) -> str:
    problem = " ".join(f"{error.context or ''} {error.problem or ''}".split())
    said = next((said for begins, said in _WHAT_TO_DO if begins in problem), None)
    return said or f"this is not YAML: {problem}"


def _holds_shorthands(root: Node, found: Findings) -> bool:
    """Refuse anchors, aliases and tags, which almost always are a text that begins so, and what cannot be printed."""
    waiting, seen, before = [(root, 0)], set(), len(found.mistakes)
    while waiting:
        node, depth = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if says := _odd(node):
            found.wrong(mark(node), says)
        if depth == MAX_DEPTH:
            found.wrong(mark(node), "too many brackets or blocks within each other")
        elif isinstance(node, MappingNode):
            waiting.extend((part, depth + 1) for pair in node.value for part in pair)
        elif isinstance(node, SequenceNode):
            waiting.extend((part, depth + 1) for part in node.value)
    return len(found.mistakes) > before


def _odd(node: Node) -> str:
    if node.anchor is not None:
        return "& and * mean something else in YAML: put the text in quotes"
    if not str(node.tag).startswith("tag:yaml.org,2002:"):
        return "! means something else in YAML: put the text in quotes"
    escaped = _UNPRINTABLE.search(node.value) if isinstance(node, ScalarNode) else None
    return f"a character that cannot be printed (number {ord(escaped[0])}): take it out" if escaped else ""


__all__ = ["MAX_BYTES", "MappingNode", "Node", "ScalarNode", "SequenceNode", "mark", "read_tree"]
