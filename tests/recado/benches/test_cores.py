import os
import subprocess
import sys

from recado.benches.frame.cores import Cores, describe_machine, pin, share_out


def test_servers_get_a_core_of_their_own_and_the_load_all_others():
    cores = share_out({0, 1, 2, 3})

    assert (cores.servers, cores.load) == ({3}, {0, 1, 2})
    assert cores.are_apart


def test_two_servers_get_a_core_each_where_one_is_left_for_the_load():
    assert share_out({0, 1, 2}, servers=2) == Cores(servers=frozenset({1, 2}), load=frozenset({0}))
    assert share_out({0, 1}, servers=2) == share_out({0, 1})


def test_a_single_core_is_shared():
    cores = share_out({0})

    assert (cores.servers, cores.load) == ({0}, {0})
    assert not cores.are_apart


def test_a_process_and_those_it_started_stay_on_their_core():
    core = frozenset({max(os.sched_getaffinity(0))})
    words = "import subprocess, sys; p = subprocess.Popen(['sleep', '60']); print(p.pid, flush=True); p.wait()"
    with subprocess.Popen([sys.executable, "-c", words], stdout=subprocess.PIPE, start_new_session=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        try:
            pin(parent.pid, core)

            assert os.sched_getaffinity(parent.pid) == os.sched_getaffinity(child) == core
        finally:
            os.killpg(parent.pid, 9)


def test_a_machine_is_told_by_what_figures_depend_on():
    assert describe_machine().keys() == {"cores", "cpu", "system", "python"}
