import asyncio

import asyncpg
import pytest

from infra.migrations import MigrationEdited, listed, migrate, pending
from recado.resources import migrations_directory


@pytest.fixture
def empty_url(stores, database_url):
    """An empty database of this test's own."""
    name = f"{database_url.rpartition('/')[2]}_empty"
    stores.execute(f"CREATE DATABASE {name}")
    yield stores.url_of(name)
    stores.execute(f"DROP DATABASE {name} WITH (FORCE)")


def write(directory, **files):
    for name, text in files.items():
        (directory / f"{name.lstrip('_')}.sql").write_text(text)
    return directory


async def query(url, sql):
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch(sql)
    finally:
        await connection.close()


async def test_migrations_are_applied_in_the_order_of_their_numbers(empty_url, tmp_path):
    write(tmp_path, _0002_post_use="INSERT INTO one VALUES (1)", _0001_pre_make="CREATE TABLE one (n int)")

    assert await migrate(empty_url, tmp_path) == ["0001_pre_make.sql", "0002_post_use.sql"]


async def test_a_second_run_applies_nothing(empty_url, tmp_path):
    write(tmp_path, _0001_pre_make="CREATE TABLE one (n int)")
    await migrate(empty_url, tmp_path)

    assert await migrate(empty_url, tmp_path) == []
    assert await pending(empty_url, tmp_path) == []


async def test_what_is_missing_is_applied_later(empty_url, tmp_path):
    write(tmp_path, _0001_pre_make="CREATE TABLE one (n int)")
    await migrate(empty_url, tmp_path)
    write(tmp_path, _0002_pre_more="CREATE TABLE two (n int)")

    assert await pending(empty_url, tmp_path) == ["0002_pre_more.sql"]
    assert await migrate(empty_url, tmp_path) == ["0002_pre_more.sql"]


async def test_looking_what_is_pending_changes_nothing(empty_url, tmp_path):
    write(tmp_path, _0001_pre_make="CREATE TABLE one (n int)")

    assert await pending(empty_url, tmp_path) == ["0001_pre_make.sql"]
    assert await query(empty_url, "SELECT FROM pg_tables WHERE schemaname = 'public'") == []


async def test_history_that_was_edited_is_refused(empty_url, tmp_path):
    write(tmp_path, _0001_pre_make="CREATE TABLE one (n int)")
    await migrate(empty_url, tmp_path)
    write(tmp_path, _0001_pre_make="CREATE TABLE one (n bigint)", _0002_pre_more="CREATE TABLE two (n int)")

    with pytest.raises(MigrationEdited, match="0001_pre_make"):
        await migrate(empty_url, tmp_path)
    assert await query(empty_url, "SELECT to_regclass('two') IS NULL AS absent") == [(True,)]


async def test_a_migration_that_fails_leaves_nothing_of_itself_and_keeps_those_before(empty_url, tmp_path):
    write(tmp_path, _0001_pre_make="CREATE TABLE one (n int)", _0002_pre_bad="CREATE TABLE two (n int); SELECT 1 / 0")

    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(empty_url, tmp_path)
    assert await pending(empty_url, tmp_path) == ["0002_pre_bad.sql"]
    assert await query(empty_url, "SELECT to_regclass('two') IS NULL AS absent") == [(True,)]


async def test_two_runners_at_once_apply_each_once(empty_url):
    directory = migrations_directory()

    done = await asyncio.gather(*(migrate(empty_url, directory) for _ in range(3)))

    assert sorted(map(len, done)) == [0, 0, len(listed(directory))]


@pytest.mark.parametrize("name", ["1_pre_short", "0001_make", "0001_during_make", "0001_pre_Make"])
def test_a_file_that_breaks_the_naming_rule_is_refused(tmp_path, name):
    (tmp_path / f"{name}.sql").write_text("SELECT 1")

    with pytest.raises(ValueError, match="are named"):
        listed(tmp_path)


def test_a_number_is_used_once(tmp_path):
    write(tmp_path, _0001_pre_make="SELECT 1", _0001_post_make="SELECT 1")

    with pytest.raises(ValueError, match="each number once"):
        listed(tmp_path)
