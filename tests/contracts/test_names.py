"""Names carry units, and say the words of docs/glossary.md."""

import ast
import re

from tests.contracts.sources import ROOT, modules

NUMBERS = {"int", "float", "Decimal"}
MEASURED = re.compile(
    r"(^|_)(timeout|speed|radius|distance|duration|delay|price|amount|interval|latency|elapsed|ttl|lease|fee|bearing)$"
)
BANNED = {
    "driver": "rider",
    "courier": "rider",
    "restaurant": "store",
    "vendor": "merchant or store",
    "collection": "pickup",
    "destination": "dropoff",
    "canceled": "cancelled",
    "canceling": "cancelling",
    "drop_off": "dropoff",
}


def annotated(tree):
    """Yield name and annotation of every field, parameter and variable that declares its type."""
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id, node.annotation
        elif isinstance(node, ast.arg) and node.annotation is not None:
            yield node.arg, node.annotation


def is_number(annotation):
    return any(isinstance(part, ast.Name) and part.id in NUMBERS for part in ast.walk(annotation)) and not any(
        isinstance(part, ast.Name | ast.Attribute) and getattr(part, "id", getattr(part, "attr", "")) == "Callable"
        for part in ast.walk(annotation)
    )


def defined(tree):
    """Yield every name a module defines: classes, functions, parameters, fields, variables. Not what it imports."""
    for node in ast.walk(tree):
        match node:
            case (
                ast.ClassDef(name=name)
                | ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.arg(arg=name)
            ):
                yield name
            case ast.Name(id=name, ctx=ast.Store()):
                yield name


def words(name):
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def test_a_number_that_measures_something_says_in_what():
    bare = [
        f"{path}: {name}"
        for path, tree in modules().items()
        for name, annotation in annotated(tree)
        if MEASURED.search(words(name)) and is_number(annotation)
    ]

    assert bare == []


def test_our_own_names_use_our_own_words():
    wrong = {
        f"{path}: {name}": f"say {instead}"
        for path, tree in modules().items()
        for name in defined(tree)
        for banned, instead in BANNED.items()
        if re.search(rf"(^|_){banned}(s|_|$)", words(name))
    }

    assert wrong == {}


def test_columns_that_measure_something_say_in_what():
    column = re.compile(r"^\s{4}(\w+) (integer|bigint|smallint|double precision|numeric|real)\b", re.MULTILINE)
    bare = [
        f"{path.name}: {name}"
        for path in sorted((ROOT / "schemas/db").glob("*.sql"))
        for name, _ in column.findall(path.read_text())
        if MEASURED.search(name)
    ]

    assert bare == []


def test_tables_and_columns_use_our_own_words():
    for path in sorted((ROOT / "schemas/db").glob("*.sql")):
        text = re.sub(r"--[^\n]*", "", path.read_text())
        assert [word for word in BANNED if re.search(rf"(\b|_){word}s?(\b|_)", text)] == [], path.name
