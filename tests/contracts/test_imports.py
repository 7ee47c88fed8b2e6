"""The walls between packages stand, and a breach is noticed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def lint(root):
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--config", root / "pyproject.toml"],
        cwd=root, env={**os.environ, "PYTHONPATH": str(root / "src")}, capture_output=True, text=True, check=False,
    )  # fmt: skip


BREACHES = [
    ("orders/queries.py", "import merchant.messages", "Calls go down, events go up"),
    ("fleet/worker.py", "import merchant.messages", "Calls go down, events go up"),
    ("orders/policy.py", "import orders.store", "Inside a package: edge, shell, store, core, words"),
    ("fleet/utils.py", "", "Inside a package: edge, shell, store, core, words"),
    ("simulator/riders.py", "import orders.messages", "The simulator is a client"),
    ("orders/policy.py", "import time", "The core does no I/O and reads no clock"),
    ("kernel/money.py", "import random", "The core does no I/O and reads no clock"),
    ("intake/queries.py", "import orders.store", "The insides of orders are its own"),
    ("intake/queries.py", "import merchant.worker", "Only recado opens the edges of merchant"),
]


@pytest.fixture(scope="module")
def told_of_all(tmp_path_factory):
    """What is told of the sources with every wall breached."""
    root = tmp_path_factory.mktemp("breached")
    shutil.copytree(ROOT / "src", root / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", root)
    for module, line, _ in BREACHES:
        path = root / "src" / module
        path.write_text(f"{path.read_text() if path.exists() else ''}\n{line}\n")
    answer = lint(root)
    assert answer.returncode != 0
    return answer.stdout


def test_every_wall_stands():
    answer = lint(ROOT)

    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    BREACHES,
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else None,
)
def test_a_breach_is_noticed(told_of_all, module, line, contract):
    assert any(contract in row and "BROKEN" in row for row in told_of_all.splitlines()), told_of_all
    importer, imported = module.removesuffix(".py").replace("/", "."), line.removeprefix("import ")
    assert f"{importer} -> {imported}".removesuffix(" -> ") in told_of_all
