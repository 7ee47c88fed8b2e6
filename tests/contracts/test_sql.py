"""Every statement in a file is right, used, and reads no clock."""

import ast
import re

import asyncpg
import pytest
from tests.contracts.sources import SRC, modules

from infra.sql import load

PACKAGES = sorted({path.parent.parent.relative_to(SRC).parts[0] for path in SRC.glob("*/sql/*.sql")})
STATEMENTS = [(package, name, text) for package in PACKAGES for name, text in sorted(vars(load(package)).items())]
IDS = [f"{package}.{name}" for package, name, _ in STATEMENTS]
CLOCKS = re.compile(
    r"\b(now|\w+_timestamp|timeofday)\s*\(|\bcurrent_(date|time|timestamp)\b|\blocaltime", re.IGNORECASE
)


def without_comments(sql):
    return re.sub(r"--[^\n]*", "", sql)


def loaded(tree):
    """Return which package's statements each name of a module holds: `_sql = load("orders")`."""
    return {
        target.id: node.value.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AnnAssign) and _is_load(node.value)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
    }


def _is_load(node):
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "load"


def uses():
    """Yield module, package and name wherever a statement is used."""
    for path, tree in modules().items():
        holders = loaded(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in holders:
                yield path, holders[node.value.id], node.attr
            elif isinstance(node, ast.Call) and [arg.id for arg in node.args[:1] if isinstance(arg, ast.Name)] == [
                "_sql"
            ]:
                for name in vars(load(holders["_sql"])):  # vars(_sql), getattr(_sql, …): any of them
                    yield path, holders["_sql"], name


async def test_every_statement_prepares_against_a_migrated_database(database_url):
    connection = await asyncpg.connect(database_url)
    wrong = {}
    for (_, _, text), name in zip(STATEMENTS, IDS, strict=True):
        try:
            await connection.prepare(text)
        except asyncpg.PostgresError as error:
            wrong[name] = str(error)
    await connection.close()

    assert wrong == {}
    assert len(STATEMENTS) > 50


def test_every_statement_that_is_used_exists():
    known = {(package, name) for package, name, _ in STATEMENTS}

    assert [(str(path), package, name) for path, package, name in uses() if (package, name) not in known] == []


def test_every_statement_is_used():
    assert sorted(set(IDS) - {f"{package}.{name}" for _, package, name in uses()}) == []


@pytest.mark.parametrize("text", [text for _, _, text in STATEMENTS], ids=IDS)
def test_no_statement_reads_a_clock_or_lists_no_columns(text):
    """Because instants of the domain are parameters, and a column added by an upgrade must not change an answer."""
    sql = without_comments(text)

    assert not CLOCKS.search(sql)
    assert not re.search(r"\bSELECT\s+(\w+\.)?\*", sql, re.IGNORECASE)


def test_no_table_reads_a_clock_by_itself():
    for path in sorted((SRC.parent / "schemas/db").glob("*.sql")):
        assert not CLOCKS.search(without_comments(path.read_text())), path.name


def test_no_module_holds_a_statement_of_its_own():
    """Because only what stands in a file is prepared above. Migrations and catalogues come before all tables."""
    verbs = re.compile(r"^\s*(SELECT .+ FROM (?!pg_)|INSERT INTO|UPDATE \w+ SET|DELETE FROM)\b", re.DOTALL)
    found = {
        str(path)
        for path, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and verbs.match(node.value)
    }

    assert found <= {"infra/migrations.py"}
