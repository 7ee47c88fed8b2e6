import asyncio
import os
import signal
import subprocess
import sys

import pytest

from recado import stopping
from recado.stopping import leave_when_asked, run_unless_asked


@pytest.fixture(autouse=True)
def _as_it_was():
    before = {number: signal.getsignal(number) for number in stopping.ASKING}
    yield
    stopping._asked.number = None
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_work_that_a_signal_ends_lets_go_of_everything_first(number):
    said = []

    async def work():
        try:
            os.kill(os.getpid(), number)
            await asyncio.sleep(10)
        finally:
            await asyncio.sleep(0)
            said.append("let go")

    before = signal.getsignal(number)
    with pytest.raises(SystemExit) as ended:
        run_unless_asked(work())

    assert (ended.value.code, said, signal.getsignal(number)) == (128 + number, ["let go"], before)


def test_who_is_asked_at_the_very_end_leaves_all_the_same():
    async def work():
        os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(SystemExit, match=str(128 + signal.SIGTERM)):
        run_unless_asked(work())


def test_work_that_nobody_ends_returns_what_it_found():
    assert run_unless_asked(something()) == 42


def test_plain_code_is_left_where_it_is():
    leave_when_asked()

    with pytest.raises(SystemExit, match=str(128 + signal.SIGHUP)):
        os.kill(os.getpid(), signal.SIGHUP)


def test_a_signal_that_comes_while_a_child_is_made_is_not_lost():
    """Because Python ignores what is raised in the hooks around a fork."""
    ended = python(
        "import logging, os, signal, subprocess\n"  # logging has hooks of its own
        "from recado.stopping import leave_if_asked, leave_when_asked\n"
        "os.register_at_fork(after_in_parent=lambda: os.kill(os.getpid(), signal.SIGTERM))\n"
        "leave_when_asked()\n"
        "subprocess.run(['true'], preexec_fn=lambda: None)\n"
        "print('not yet', flush=True); leave_if_asked(); print('too far')"
    )

    assert (ended.stdout, ended.stderr, ended.returncode) == ("not yet\n", "", 128 + signal.SIGTERM)


async def something() -> int:
    return 42


def test_who_was_asked_before_begins_nothing():
    leave_when_asked()
    stopping._asked.number = signal.SIGTERM

    with pytest.raises(SystemExit, match=str(128 + signal.SIGTERM)):
        run_unless_asked(something())


def test_a_signal_that_was_to_be_ignored_is_ignored():
    """Because `nohup` starts us so, and the terminal is closed then."""
    ended = python(
        "import os, signal\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "from recado.stopping import leave_when_asked, run_unless_asked\n"
        "async def work(): os.kill(os.getpid(), signal.SIGHUP); return 'still here'\n"
        "leave_when_asked(); print(run_unless_asked(work()))"
    )

    assert (ended.stdout, ended.returncode) == ("still here\n", 0)


def test_ctrl_c_is_heard_in_the_background_of_a_script_too():
    ended = python(
        "import os, signal\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "from recado.stopping import run_unless_asked\n"
        "async def work(): os.kill(os.getpid(), signal.SIGINT); print('asked')\n"
        "try: run_unless_asked(work())\n"
        "except KeyboardInterrupt: print('left')"
    )

    assert ended.stdout == "asked\nleft\n"


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
