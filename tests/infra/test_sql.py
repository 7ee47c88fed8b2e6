import sys

import pytest

from infra.sql import load


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of the test's own with an empty `sql` directory."""
    (tmp_path / "kiosk" / "sql").mkdir(parents=True)
    (tmp_path / "kiosk" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path / "kiosk" / "sql"
    sys.modules.pop("kiosk", None)


def test_statements_are_found_by_name_across_files(package):
    (package / "a.sql").write_text(
        "-- What the file is about.\n\n-- name: find_a\n-- Why it is so.\nSELECT 1\n\n-- name: find_b\nSELECT 2\n"
    )
    (package / "c.sql").write_text("-- name: find_c\nSELECT 3")

    statements = load("kiosk")

    assert (statements.find_b, statements.find_c) == ("SELECT 2", "SELECT 3")
    assert statements.find_a.endswith("SELECT 1")


def test_a_name_is_used_once(package):
    (package / "a.sql").write_text("-- name: find_a\nSELECT 1\n")
    (package / "b.sql").write_text("-- name: find_a\nSELECT 2\n")

    with pytest.raises(ValueError, match="find_a"):
        load("kiosk")


def test_text_before_the_first_name_is_refused(package):
    """Because a statement whose name was mistyped would be lost in silence."""
    (package / "a.sql").write_text("-- nam: find_a\nSELECT 1\n")

    with pytest.raises(ValueError, match=r"a\.sql"):
        load("kiosk")


def test_a_name_without_a_statement_is_refused(package):
    (package / "a.sql").write_text("-- name: find_a\n-- name: find_b\nSELECT 1\n")

    with pytest.raises(ValueError, match="find_a"):
        load("kiosk")
