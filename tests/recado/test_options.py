from recado.commands.options import completed
from recado.embedded import Run

HERE = "postgresql://here/recado"
THERE = "postgresql://there/recado"
RUN = Run(
    pid=1,
    address="http://127.0.0.1:8700",
    environment={"DATABASE_URL": HERE, "DATABASE_DIRECT_URL": HERE, "TOKEN_SECRET": "generated"},
    processes={},
)


def test_a_run_completes_what_nobody_named():
    assert completed({}, RUN) == RUN.environment
    assert completed({"TOKEN_SECRET": "named"}, RUN)["TOKEN_SECRET"] == "named"
    assert completed({}, None) == {}


def test_who_names_a_database_never_gets_the_other_one_for_locks_and_migrations():
    assert completed({"DATABASE_URL": THERE}, RUN) == {"DATABASE_URL": THERE, "TOKEN_SECRET": "generated"}
    pooled = {"DATABASE_URL": THERE, "DATABASE_DIRECT_URL": "postgresql://there:5433/recado"}
    assert completed(pooled, RUN).items() >= pooled.items()
