import os
import subprocess
import sys
import time

from recado.cpu import cpu_seconds

BURN = "import time\nwhile time.process_time() < 0.3: pass\n"


def test_a_process_own_time_counts():
    before, own_before = cpu_seconds(os.getpid()), time.process_time()
    while time.process_time() - own_before < 0.1:
        pass

    assert cpu_seconds(os.getpid()) - before >= 0.08


def test_children_count_while_they_live_and_after_they_ended():
    with subprocess.Popen([sys.executable, "-c", f"{BURN}input()"], stdin=subprocess.PIPE) as child:
        while cpu_seconds(child.pid) < 0.25:
            time.sleep(0.05)
        living = cpu_seconds(os.getpid())
        child.communicate(b"\n")

    assert cpu_seconds(os.getpid()) >= living - 0.05


def test_a_process_that_ended_has_spent_nothing():
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()

    assert cpu_seconds(ended.pid) == 0
