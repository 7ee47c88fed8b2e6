import subprocess
import sys
import zipfile
from pathlib import Path

from recado.resources import migrations_directory, schemas_directory

CHECKOUT = Path(__file__).parent.parent.parent


def test_a_source_checkout_uses_its_own_schemas():
    assert schemas_directory() == CHECKOUT / "schemas"


def test_the_wheel_brings_every_migration_and_finds_it(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=CHECKOUT, check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("recado-*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")

    asked = "import recado.resources as r; print(*(path.name for path in r.migrations_directory().glob('*.sql')))"
    listed = subprocess.run(
        [sys.executable, "-Pc", asked],
        env={"PYTHONPATH": str(tmp_path / "installed")}, cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert sorted(listed.stdout.split()) == sorted(path.name for path in migrations_directory().glob("*.sql"))
    assert (tmp_path / "installed" / "infra" / "sql" / "outbox.sql").exists()
