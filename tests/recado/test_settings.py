import pytest

from recado.errors import SettingsRefused
from recado.settings import as_environment, read_settings

COMPLETE = {
    "DATABASE_URL": "postgresql://recado@db.example/recado",
    "REDIS_URL": "redis://kv.example:6379/0",
    "TOKEN_SECRET": "a" * 32,
}


def test_three_variables_are_enough():
    settings = read_settings(COMPLETE)

    assert (settings.host, settings.port, settings.pool_size) == ("127.0.0.1", 8700, 10)


def test_the_direct_connection_is_the_usual_one_unless_a_pooler_stands_between():
    assert read_settings(COMPLETE).database_direct_url == COMPLETE["DATABASE_URL"]

    direct = "postgresql://recado@db.example:5433/recado"
    assert read_settings({**COMPLETE, "DATABASE_DIRECT_URL": direct}).database_direct_url == direct


def test_numbers_arrive_as_text_and_become_numbers():
    assert read_settings({**COMPLETE, "PORT": "9000", "API_PROCESSES": "4"}).api_processes == 4


def test_an_empty_variable_counts_as_not_set():
    assert read_settings({**COMPLETE, "PORT": ""}).port == 8700


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DATABASE_URL", "mysql://db"),
        ("DATABASE_DIRECT_URL", "db:5432"),
        ("REDIS_URL", "kv.example"),
        ("REDIS_URL", "unix+cluster:///run/kv.sock"),
        ("TOKEN_SECRET", "too short"),
        ("PORT", "65536"),
        ("PORT", "http"),
        ("API_PROCESSES", "0"),
        ("POOL_SIZE", "1.5"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_a_wrong_variable_is_named_with_what_it_must_hold_and_its_value_is_kept_quiet(variable, value):
    with pytest.raises(SettingsRefused) as refused:
        read_settings({**COMPLETE, variable: value})

    line = str(refused.value)
    assert line.startswith(f"{variable} is wrong: it must hold ")
    assert "\n" not in line
    assert value not in line.removeprefix(variable)


def test_everything_missing_is_named_at_once():
    with pytest.raises(SettingsRefused) as refused:
        read_settings({})

    assert [word for word in str(refused.value).split() if word.isupper() and "_" in word] == [
        "DATABASE_URL", "REDIS_URL", "TOKEN_SECRET",
    ]  # fmt: skip


def test_what_a_child_process_is_given_reads_as_the_same_settings():
    settings = read_settings({**COMPLETE, "LOG_LEVEL": "warning", "WORKER_PROCESSES": "3"})

    assert read_settings(as_environment(settings)) == settings


@pytest.mark.parametrize("value", ["ftp://x/{z}", "https://x", "https://x/ ; script-src *", "https://u'x/{z}", "x"])
def test_what_is_no_tile_server_s_address_never_gets_into_a_header(value):
    with pytest.raises(SettingsRefused, match="TILE_URL is wrong"):
        read_settings({**COMPLETE, "TILE_URL": value})


@pytest.mark.parametrize("url", ["redis+cluster://kv.example:6379", "rediss+cluster://:secret@kv.example:6379"])
def test_a_cluster_is_named_by_one_of_its_servers(url):
    assert read_settings({**COMPLETE, "REDIS_URL": url}).redis_url == url
