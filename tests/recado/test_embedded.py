import asyncio
import json
import os
import socket
import stat
import tempfile
from pathlib import Path

import asyncpg
import pytest
import redis

from recado.embedded import Home, Ports, Run, find_run, running_stores, start_stores
from recado.embedded.accounts import choose_account
from recado.embedded.binaries import find_postgres, find_valkey
from recado.errors import DataDirectoryBusy, StoreUnavailable


@pytest.fixture
def data():
    """A data directory to be, with spaces in its name, which every user may reach."""
    with tempfile.TemporaryDirectory(prefix="recado a long name with spaces ") as directory:
        Path(directory).chmod(0o711)
        yield Path(directory) / "data"


def ask_postgres(url: str, sql: str) -> object:
    async def ask() -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return asyncio.run(ask())


def ask_valkey(url: str, *words: str) -> object:
    with redis.Redis.from_url(url, decode_responses=True) as client:
        return client.execute_command(*words)


def test_what_the_stores_answered_is_on_disk(data):
    with running_stores(data) as stores:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            assert ask_postgres(stores.database_url, f"SHOW {name}") == "on"
        assert ask_valkey(stores.redis_url, "CONFIG", "GET", "append*")["appendfsync"] == "always"


def test_a_directory_that_only_its_owner_may_enter_serves_as_well(tmp_path):
    tmp_path.chmod(0o700)

    with running_stores(tmp_path / "data", durable=False) as stores:
        assert ask_postgres(stores.database_url, "SELECT current_database()") == "recado"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root must become somebody else")
def test_root_is_told_what_to_do_where_nobody_may_enter_and_user_namespaces_are_missing(tmp_path, monkeypatch):
    tmp_path.chmod(0o700)
    (tmp_path / "test").symlink_to("/usr/bin/test")
    monkeypatch.setenv("PATH", str(tmp_path))  # No `unshare` here.

    with pytest.raises(StoreUnavailable, match=r"user 'nobody' cannot reach .*: run as an ordinary user"):
        choose_account(tmp_path, programs=[find_postgres() / "postgres"])


def test_passwords_are_generated_once_and_shown_in_no_process_list(data):
    with running_stores(data, durable=False) as stores:
        first = json.loads((data / "secrets.json").read_text())
        shown = "".join(Path(f"/proc/{process.pid}/cmdline").read_text() for process in stores.processes.values())
    Home(data).close()

    assert json.loads((data / "secrets.json").read_text()) == first
    assert len(set(first.values())) == 3
    assert not any(secret in shown for secret in first.values())
    assert stat.S_IMODE((data / "secrets.json").stat().st_mode) == 0o600


def test_the_stores_turn_strangers_away_and_listen_to_this_machine_alone(data):
    with running_stores(data, durable=False) as stores:
        with pytest.raises(asyncpg.InvalidPasswordError):
            ask_postgres(stores.database_url.replace("recado:", "recado:not-"), "SELECT 1")
        with pytest.raises(redis.AuthenticationError):
            ask_valkey(stores.redis_url.replace("://:", "://:not-"), "PING")

        assert ask_postgres(stores.database_url, "SHOW listen_addresses") == "127.0.0.1"
        assert ask_valkey(stores.redis_url, "CONFIG", "GET", "bind") == {"bind": "127.0.0.1"}


def test_everything_is_there_again_after_both_stores_were_killed(data):
    with running_stores(data) as stores:
        ask_postgres(stores.database_url, "CREATE TABLE kept AS SELECT 42 AS answer")
        ask_valkey(stores.redis_url, "SET", "kept", "42")
        for process in stores.processes.values():
            process.kill()

    with running_stores(data) as stores:
        assert ask_postgres(stores.database_url, "SELECT answer FROM kept") == 42
        assert ask_valkey(stores.redis_url, "GET", "kept") == "42"


def test_the_pid_of_a_stranger_in_a_killed_servers_file_does_not_stop_the_next(data):
    with running_stores(data, durable=False) as stores:
        for process in stores.processes.values():
            process.kill()
    pid_file = data / "pg" / "postmaster.pid"
    _, _, rest = pid_file.read_text().partition("\n")
    pid_file.write_text(f"{os.getpid()}\n{rest}")

    with running_stores(data, durable=False) as stores:
        assert ask_postgres(stores.database_url, "SELECT true")


def test_a_cluster_whose_making_was_interrupted_is_made_anew(data):
    (data / "pg.new" / "base").mkdir(parents=True)
    data.chmod(0o711)

    with running_stores(data, durable=False) as stores:
        assert ask_postgres(stores.database_url, "SELECT true")


def test_given_ports_are_kept_to_and_a_taken_one_is_said(data):
    home = Home(data)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(StoreUnavailable, match="valkey did not start"):
            start_stores(home, ports=Ports(valkey=port), durable=False)
    home.close()


def test_two_runs_never_share_a_directory(data):
    first = Home(data)

    with pytest.raises(DataDirectoryBusy, match=rf"in use by another `recado up` \(pid {os.getpid()}\)"):
        Home(data)
    first.close()

    Home(data).close()


def test_a_run_is_found_while_it_lasts_and_its_stale_record_counts_as_nothing(data):
    run = Run(pid=os.getpid(), address="http://127.0.0.1:1", environment={}, processes={})
    home = Home(data)
    home.record(run)
    assert find_run(data) == run
    stale = (data / "run.json").read_bytes()

    home.close()
    (data / "run.json").write_bytes(stale)

    assert find_run(data) is None


def test_the_environment_may_name_other_programs(tmp_path, monkeypatch):
    for name in ("postgres", "my-valkey"):
        (tmp_path / name).touch()
    monkeypatch.setenv("PG_BINDIR", str(tmp_path))
    monkeypatch.setenv("REDIS_SERVER", str(tmp_path / "my-valkey"))

    assert find_postgres() == tmp_path
    assert find_valkey() == tmp_path / "my-valkey"


def test_a_program_that_is_not_where_the_environment_says_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PG_BINDIR", str(tmp_path))

    with pytest.raises(StoreUnavailable, match="PG_BINDIR: there is no postgres in"):
        find_postgres()
