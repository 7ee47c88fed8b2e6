import socket

import pytest
from tests.processes import run_recado

from accounts.model import Caller, Scope
from accounts.tokens import Tokens
from kernel.actors import Role
from recado.benches import BENCHES
from recado.cli import COMMANDS


@pytest.fixture
def deployment(database_url, redis_url) -> dict[str, str]:
    return {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "TOKEN_SECRET": "s" * 40}


def test_help_names_every_command(tmp_path):
    shown = run_recado("--help", cwd=tmp_path)

    assert shown.returncode == 0
    for name, what in COMMANDS.items():
        assert name in shown.stdout
        assert what in shown.stdout


@pytest.mark.parametrize("name", ["api", "worker", "migrate"])
def test_a_missing_setting_ends_a_command_with_one_line_that_names_it(name, tmp_path):
    ended = run_recado(name, cwd=tmp_path, env={"REDIS_URL": "redis://h", "TOKEN_SECRET": "s" * 40})

    assert ended.returncode == 2
    assert ended.stderr == (
        "recado: DATABASE_URL is not set: it must hold a PostgreSQL URL such as postgresql://user@host/recado\n"
    )


def test_one_store_given_without_the_other_ends_up_before_it_begins(tmp_path):
    ended = run_recado("up", cwd=tmp_path, env={"REDIS_URL": "redis://h"})

    assert (ended.returncode, ended.stderr) == (2, "recado: DATABASE_URL is not set: give both stores or neither\n")


@pytest.mark.parametrize("variable", ["PORT", "POOL_SIZE"])
def test_a_wrong_setting_ends_up_before_anything_is_started(variable, tmp_path):
    ended = run_recado("up", cwd=tmp_path, env={variable: "many"})

    assert ended.returncode == 2
    assert ended.stderr.startswith(f"recado: {variable} is wrong: it must hold ")
    assert not (tmp_path / ".recado").exists()


@pytest.mark.parametrize("name", ["api", "worker"])
def test_a_store_that_is_away_ends_a_process_with_one_line_that_names_its_setting(name, deployment, tmp_path):
    ended = run_recado(name, cwd=tmp_path, env=deployment | {"REDIS_URL": "redis://127.0.0.1:1/0"})

    assert ended.returncode == 1
    assert ended.stderr.startswith("recado: Redis of REDIS_URL does not answer: ")
    assert ended.stderr.count("\n") == 1


def test_a_database_that_was_never_migrated_is_not_served(deployment, stores, tmp_path):
    ended = run_recado("worker", cwd=tmp_path, env=deployment | {"DATABASE_URL": stores.url_of("postgres")})

    assert ended.returncode == 1
    assert ended.stderr.endswith("run `recado migrate`\n")


def test_a_database_that_is_away_ends_migrate_with_one_line(tmp_path):
    away = {"DATABASE_URL": "postgresql://127.0.0.1:1/x", "REDIS_URL": "redis://h", "TOKEN_SECRET": "s" * 40}

    ended = run_recado("migrate", cwd=tmp_path, env=away)

    assert ended.returncode == 1
    assert ended.stderr.startswith("recado: cannot migrate the database of DATABASE_DIRECT_URL: ")
    assert ended.stderr.count("\n") == 1


def test_a_migrated_database_has_nothing_to_apply(deployment, tmp_path):
    ended = run_recado("migrate", cwd=tmp_path, env=deployment)

    assert (ended.returncode, ended.stdout) == (0, "nothing to apply\n")


def test_a_taken_port_ends_the_api_with_one_line_that_says_what_to_set(deployment, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = run_recado("api", cwd=tmp_path, env=deployment | {"PORT": str(taken.getsockname()[1])})

    assert ended.returncode == 1
    assert ended.stderr.endswith("set HOST and PORT (0 takes any free port)\n")
    assert ended.stderr.count("\n") == 1


def test_doctor_says_what_to_do_and_fails_when_there_is_something(deployment, tmp_path):
    ended = run_recado("doctor", cwd=tmp_path, env=deployment)

    assert ended.returncode == 1  # The tests' PostgreSQL forgoes fsync.
    assert "OK   settings" in ended.stdout
    assert "FAIL PostgreSQL durability" in ended.stdout


def test_doctor_examines_settings_too(tmp_path):
    ended = run_recado("doctor", cwd=tmp_path)

    assert ended.returncode == 1
    assert ended.stdout.startswith("FAIL settings")
    assert "DATABASE_URL" in ended.stdout


def test_a_token_speaks_for_whom_it_was_made(deployment, tmp_path):
    ana = f"per_{'0' * 26}"

    made = run_recado(
        "token", "--role", "operator", "--subject", ana, "--scope", "dispatch", cwd=tmp_path, env=deployment
    )

    caller = Tokens(deployment["TOKEN_SECRET"]).verify(made.stdout.strip())
    assert caller == Caller(role=Role.OPERATOR, id=ana, scopes=frozenset({Scope.DISPATCH}))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--role", "rider", "--subject", "Ana"], "--subject: a rider has a rider's id"),
        (["--role", "rider", "--subject", f"rdr_{'0' * 26}", "--scope", "all"], "--scope: an operator needs"),
        (["--role", "operator", "--subject", f"per_{'0' * 26}"], "--scope: an operator needs"),
        (["--role", "merchant", "--subject", f"per_{'0' * 26}"], "--store: a merchant's staff needs"),
        (["--role", "merchant", "--subject", f"per_{'0' * 26}", "--store", "7"], "--store: 7 is not a store's id"),
        (["--role", "rider", "--subject", f"rdr_{'0' * 26}", "--manager"], "--manager: only a merchant's staff"),
    ],
)
def test_a_token_that_could_not_be_used_is_not_made(words, says, tmp_path):
    ended = run_recado("token", *words, cwd=tmp_path)

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith(f"recado: {says}")


def test_a_bench_that_does_not_exist_lists_those_that_do(tmp_path):
    ended = run_recado("bench", "order", cwd=tmp_path)

    assert ended.returncode == 1
    assert ended.stderr.startswith("recado: there is no bench named order; there are\n")
    assert all(f"  {name} " in ended.stderr for name in BENCHES)
