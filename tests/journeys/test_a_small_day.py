"""A whole small day over the public API with real processes, conducted twice and once on a flowing clock."""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.processes import MARK, clean_environment, left_behind

pytestmark = pytest.mark.journey
FACTOR = int(os.environ.get("RECADO_SOAK_FACTOR", "1"))
ORDERS, RIDERS = (4, 2) if FACTOR == 1 else (8, 5)
SMALL = ("--generate", "--evening", "--orders", str(ORDERS), "--riders", str(RIDERS), "--seed", "7")
SAME_WITHIN = 0.01  # two runs of one day


def play(directory: Path, *words: str) -> tuple[subprocess.CompletedProcess[str], dict]:
    result = directory / "result.json"
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "recado", "day", *words, "--json", result],
        cwd=directory, env=clean_environment(), capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    return ended, json.loads(result.read_text()) if result.exists() else {}


@pytest.fixture(scope="module")
def conducted(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[subprocess.CompletedProcess[str], dict]]:
    # Not in the threads: the first one of all makes the directory they are in.
    directories = [tmp_path_factory.mktemp("day") for _ in range(2)]
    with ThreadPoolExecutor() as pool:
        return list(pool.map(lambda directory: play(directory, *SMALL), directories))


def test_a_day_of_orders_ends_with_every_invariant_holding(conducted):
    ended, result = conducted[0]

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert result["figures"]["delivered"] >= ORDERS * 3 // 4
    assert len(result["findings"]) > 15
    assert [finding["name"] for finding in result["findings"] if finding["faults"]] == []


def test_deadlines_of_a_conducted_day_are_met_to_the_instant(conducted):
    figures = conducted[0][1]["figures"]

    assert figures["deadlines_fired"] > ORDERS
    assert figures["deadlines_late_max_s"] == 0


def test_two_runs_of_one_day_are_the_same_day(conducted):
    first, second = (result["figures"] for _, result in conducted)

    for figure in ("delivered", "click_to_door_mean_min", "click_to_door_p95_min", "ready_to_pickup_mean_min"):
        assert first[figure] == pytest.approx(second[figure], rel=SAME_WITHIN), figure


def test_a_day_on_a_flowing_clock_holds_the_same_invariants(tmp_path):
    ended, result = play(tmp_path, "--generate", "--evening", "--orders", "4", "--riders", "2", "--rate", "400")

    # A machine that is slower than a clock at 400 times the pace leaves an order on the road when the evening is over.
    broken = {finding["name"] for finding in result["findings"] if finding["faults"]}
    assert ended.returncode in {0, 1}, ended.stdout + ended.stderr
    assert broken <= {"every order was answered and came to an end"}


def test_a_day_that_does_not_exist_is_refused_in_one_line(tmp_path):
    ended, _ = play(tmp_path, "--keep", "kept")

    assert ended.returncode == 1
    assert ended.stderr == "recado: name a day's directory, or ask for one with --generate\n"


def test_an_interrupted_demo_leaves_nothing_behind(tmp_path):
    demo = subprocess.Popen(
        [sys.executable, "-P", "-m", "recado", "demo", "--orders", "10", "--riders", "5"],
        cwd=tmp_path, env=clean_environment() | {MARK: str(tmp_path), "TMPDIR": str(tmp_path)},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert demo.stdout is not None
    line = next(line for line in demo.stdout if "under way" in line)

    demo.send_signal(signal.SIGINT)
    demo.communicate(timeout=30)

    assert "pings/s" in line
    assert demo.returncode == 130
    assert left_behind(tmp_path, other_than=demo.pid) == []
    assert list(tmp_path.iterdir()) == []
