"""A cooperative's file, edited line by line and imported."""

from pathlib import Path
from typing import Any, Final

from infra.db import Database, Tx
from recado.importing import report
from recado.importing.applying import Outcome
from recado.importing.findings import Findings
from recado.importing.model import CityFile
from recado.importing.reading import read_city_file
from recado.importing.running import run_import
from recado.parts import RULES

EXAMPLE: Final = Path(__file__).parents[3] / "examples" / "cooperative.yaml"
SMALL: Final = """\
city:
  key: santos
  name: Santos
  country: BR
  currency: BRL
  time zone: America/Sao_Paulo
  centre: -23.9608, -46.3336
zones:
  gonzaga:
    name: Gonzaga
    circle:
      centre: -23.9670, -46.3320
      radius: 2 km
rules:
  fees:
    delivery fee: 5.00
    reason: As everybody in town
    owner: nena
stores:
  cais:
    name: Bar do Cais
    phone: +55 13 3234-0001
    address: Av. Ana Costa, 10
    place: -23.9660, -46.3330
    hours: tue-sun 18:00-23:30
    prep: 20 min
    menu:
      isca:
        name: Isca de peixe
        price: 34.90
        stock: 8
      caldo:
        name: Caldo de peixe
        price: 18.00
people:
  operators:
    nena:
      name: Nena Prado
      phone: +55 13 98765-0001
      may: all
  staff:
    tiao:
      name: Tião Reis
      phone: +55 13 98765-0002
      stores: cais
      as: manager
  riders:
    beto:
      name: Beto Alves
      phone: +55 13 98765-0003
      vehicle: bicycle
"""


def read(text: str | bytes) -> tuple[CityFile | None, Findings]:
    """Return what a file says, and what is wrong with it."""
    found = Findings()
    data = text.encode() if isinstance(text, str) else text
    return read_city_file(data, found, rule_kinds=RULES), found


def mistakes(text: str | bytes) -> list[str]:
    """Return every mistake as `line:column text`."""
    _, found = read(text)
    return [f"{one.at.line}:{one.at.column} {one.text}" for one in sorted(found.mistakes)]


def edited(*changes: tuple[str, str], text: str = SMALL) -> str:
    """Return the small file with some of its text replaced, each once."""
    for before, after in changes:
        assert text.count(before) >= 1, before
        text = text.replace(before, after, 1)
    return text


class Office:
    """Imports files as the command does."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def run(self, text: str = SMALL, **how: Any) -> Outcome | list[str]:
        """Import a file; returns what was done, or its mistakes."""
        file, found = read(text)
        assert file is not None, mistakes(text)
        done = await run_import(self.database.begin, file, found, rule_kinds=RULES, **how)
        return done if done is not None else [one.text for one in found.mistakes]

    async def says(self, text: str = SMALL, **how: Any) -> list[str]:
        """Import a file and return what the command prints."""
        done = await self.run(text, **how)
        file, _ = read(text)
        assert isinstance(done, Outcome)
        assert file is not None
        return list(report.outcome(file, done, is_dry_run=bool(how.get("is_dry_run"))))

    async def values(self, sql: str, *args: Any) -> list[tuple[Any, ...]]:
        async with self.database.read() as tx:
            return [tuple(row) for row in await tx.fetch(sql, *args)]

    async def execute(self, sql: str, *args: Any) -> None:
        async with self.database.begin() as tx:
            await tx.execute(sql, *args)

    async def counts(self) -> dict[str, int]:
        """Return how many rows every table has, and so whether anything was written at all."""
        tables = ("cities", "zones", "merchants", "stores", "menu_items", "riders", "rules", "import_keys", "events")
        async with self.database.read() as tx:
            return {table: await _count(tx, table) for table in tables}


async def _count(tx: Tx, table: str) -> int:
    return int(await tx.fetchval(f"SELECT count(*) FROM {table}"))
