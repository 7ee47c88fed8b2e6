"""Plays a day on an installation of its own: fresh stores in a directory of their own, and a simulated clock."""

import contextlib
import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import msgspec

from accounts.model import Caller, Scope
from accounts.tokens import Tokens
from infra import clock, ids
from infra.db import Database
from kernel.actors import Role
from recado.audit import audit, measure_deadlines
from recado.cpu import cpu_seconds
from recado.embedded import Run
from recado.errors import CommandRefused
from recado.machine import run_on_this_machine
from recado.scratch import scratch_directory
from simulator.days import Day
from simulator.figures import Finding
from simulator.movement import Ways
from simulator.play import OnStage, Played, play

LONGER_THAN_ANY_DAY: Final = timedelta(hours=24)  # of wall time
OWN_STORES: Final = ("DATABASE_URL", "DATABASE_DIRECT_URL", "REDIS_URL")


def play_on_own_installation(
    day: Day, *, rate: float | None, keep: Path | None, ways: Ways | None = None, on_stage: OnStage | None = None
) -> Played | None:
    """Play the day on fresh stores in a directory that is removed afterwards, or kept as `keep`; None when interrupted.

    A day never touches an installation that exists: its clock is moved, and there is no way back.
    """
    if keep is not None and keep.exists() and any(keep.iterdir()):
        raise CommandRefused(f"{keep} is not empty: a day needs a directory of its own")
    with _directory(keep) as data:
        show = _Show(day, rate, ways, on_stage)
        environ = {name: value for name, value in os.environ.items() if name not in OWN_STORES}
        with (data / "processes.log").open("w", encoding="utf-8") as log:

            def report(name: str, line: str) -> None:
                print(f"{name:<9}| {line}", file=log, flush=True)

            run_on_this_machine(
                data / "installation",
                {"LOG_LEVEL": "warning", **environ, "PORT": "0"},
                job=show.run,
                report=report,
            )
        return show.played


class _Show:
    """One day on one installation."""

    def __init__(self, day: Day, rate: float | None, ways: Ways | None, on_stage: OnStage | None) -> None:
        self._day, self._rate, self._ways, self._on_stage = day, rate, ways, on_stage
        self.played: Played | None = None

    async def run(self, run: Run) -> None:
        async with Database.connect(run.environment["DATABASE_URL"], pool_size=2) as database:
            async with database.begin() as tx:
                await clock.simulate(tx, start_at=self._day.starts_at, rate=0)
            spent_before = _spent(run)
            played = await play(
                self._day,
                address=run.address,
                administration_token=_administration_token(run),
                rate=self._rate,
                may_yield=self._on_stage is not None,  # Whoever looks on wants to see an evening, not a load test.
                ways=self._ways,
                on_stage=self._on_stage,
            )
            spent = {name: seconds - spent_before.get(name, 0.0) for name, seconds in _spent(run).items()}
            async with database.read() as tx:
                now = (await clock.read(tx)).at(clock.wall_now())
                findings = await audit(tx, now=now, seen=played.seen)
                deadlines = await measure_deadlines(tx)
            self.played = _with(played, findings, cpu_s=spent, **deadlines)


def _with(played: Played, findings: list[Finding], **figures: object) -> Played:
    return msgspec.structs.replace(
        played,
        figures=msgspec.structs.replace(played.figures, **figures),
        findings=[*played.findings, *findings],
    )


def _spent(run: Run) -> dict[str, float]:
    servers = {name: cpu_seconds(pid) for name, pid in run.processes.items()}
    return {**servers, "simulator": time.process_time()}


def _administration_token(run: Run) -> str:
    caller = Caller(role=Role.OPERATOR, id=ids.new(str, "per"), scopes=frozenset(Scope))
    return Tokens(run.environment["TOKEN_SECRET"]).issue(caller, lifetime=LONGER_THAN_ANY_DAY)


@contextlib.contextmanager
def _directory(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
        return
    with scratch_directory("recado-day-") as made:
        yield made
