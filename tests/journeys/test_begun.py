import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.processes import wait_until

pytestmark = pytest.mark.journey
ROOT = Path(__file__).parents[2]
BEGINS_ONE = """
import sys, time
from pathlib import Path
from tests.journeys.house import House

house = House(database_url=sys.argv[1], redis_url=sys.argv[2], logs=Path(sys.argv[3]))
house.start("worker-1")
print(house.processes["worker-1"].pid, flush=True)
time.sleep(600)
"""


def test_what_was_begun_dies_with_whoever_began_it_also_by_kill_9(database_url, redis_url, tmp_path):
    words = [sys.executable, "-c", BEGINS_ONE, database_url, redis_url, str(tmp_path)]
    env = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"}
    with subprocess.Popen(words, env=env, stdout=subprocess.PIPE, text=True) as beginner:
        pid = int(beginner.stdout.readline())
        assert lives(pid)
        beginner.send_signal(signal.SIGKILL)

    wait_until(lambda: not lives(pid), within_s=5)


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() != b""  # a zombie has none
    except (FileNotFoundError, ProcessLookupError):
        return False
