"""A deployment that names a file of its own city's streets."""

import msgspec
import pytest
from tests.kernel.streets.town import TOWN
from tests.processes import run_recado
from tests.recado.streets.test_api import NOWHERE, client

from kernel.streets import codec
from recado.errors import SettingsRefused
from recado.preflight import check_streets


@pytest.fixture
def town_file(tmp_path):
    (tmp_path / "town.streets").write_bytes(codec.encode(TOWN))
    return str(tmp_path / "town.streets")


async def test_its_map_is_that_city_s(town_file):
    check_streets(msgspec.structs.replace(NOWHERE, streets_file=town_file))

    async with client(streets_file=town_file) as http:
        drawn = (await http.get("/v1/map/more-streets")).json()

    assert drawn["names"] == ["", "Rua Direita", "Rua Torta"]


@pytest.mark.parametrize("name", ["nothing.streets", "."])
def test_a_file_that_cannot_be_read_is_refused_before_anything_begins(tmp_path, name):
    with pytest.raises(SettingsRefused, match=r"^STREETS_FILE is wrong: it must hold a file that .* made \(.+\)$"):
        check_streets(msgspec.structs.replace(NOWHERE, streets_file=str(tmp_path / name)))


def test_a_file_of_another_kind_ends_up_with_one_line(tmp_path):
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff")

    ended = run_recado("up", cwd=tmp_path, env={"STREETS_FILE": str(tmp_path / "photo.jpg")})

    assert ended.returncode == 2
    assert ended.stderr.startswith(
        "recado: STREETS_FILE is wrong: it must hold a file that `recado streets build` made"
    )
    assert ended.stderr.count("\n") == 1
    assert not (tmp_path / ".recado").exists()
