"""What a watcher is written, and when: pure, without a socket."""

import pytest

from infra.clock import boot_s
from infra.live.frames import CloseCode
from infra.live.watcher import Watcher


class Pipe:
    """A sink that can be stopped up."""

    def __init__(self) -> None:
        self.is_clear, self.is_over = True, False
        self.written: list[bytes] = []
        self.waiting: set[Watcher] = set()
        self.ended: CloseCode | None = None
        self.takes = 10**9

    def write(self, data: bytes) -> None:
        assert self.is_clear
        self.written.append(data)
        self.takes -= 1
        self.is_clear = self.takes > 0

    def flush_later(self, watcher: Watcher) -> None:
        self.waiting.add(watcher)

    def end(self, code: CloseCode, reason: str) -> None:
        self.is_over, self.is_clear, self.ended = True, False, code

    def clear(self, takes: int = 10**9) -> None:
        self.takes, self.is_clear = takes, True
        waiting, self.waiting = self.waiting, set()
        for watcher in waiting:
            watcher.flush()


@pytest.fixture
def pipe():
    return Pipe()


def a_live_watcher(pipe, *, limit=5, after=0):
    watcher = Watcher(pipe, limit=limit)
    watcher.go_live(after)
    return watcher


def test_nothing_is_written_before_what_a_watcher_begins_with(pipe):
    watcher = Watcher(pipe, limit=5)
    watcher.put(4, b"four")
    watcher.put_position("Beto", 1, b"here")
    watcher.beat(b"beat")
    assert pipe.written == []

    watcher.go_live(3)

    assert pipe.written == [b"four", b"here"]


def test_what_the_snapshot_holds_already_is_not_told_again(pipe):
    watcher = Watcher(pipe, limit=5)
    watcher.put(4, b"four")
    watcher.put(5, b"five")
    watcher.go_live(5)
    watcher.put(5, b"five")
    watcher.put(6, b"six")

    assert pipe.written == [b"six"]


def test_what_waits_is_written_in_order_once_the_way_is_clear_and_of_positions_the_latest(pipe):
    watcher = a_live_watcher(pipe)
    pipe.is_clear = False
    watcher.put(1, b"one")
    watcher.put_position("Beto", 1, b"here")
    watcher.put_position("Beto", 2, b"there")
    watcher.put(2, b"two")
    watcher.beat(b"beat")

    pipe.clear()

    assert pipe.written == [b"one", b"two", b"there"]


def test_a_way_that_clogs_again_keeps_the_rest_waiting(pipe):
    watcher = a_live_watcher(pipe)
    pipe.is_clear = False
    for seq in (1, 2, 3):
        watcher.put(seq, b"%d" % seq)

    pipe.clear(takes=2)
    assert pipe.written == [b"1", b"2"]
    watcher.put(4, b"4")
    pipe.clear()

    assert pipe.written == [b"1", b"2", b"3", b"4"]


def test_a_watcher_too_far_behind_is_ended_with_a_code_that_means_resume(pipe):
    watcher = a_live_watcher(pipe, limit=3)
    pipe.is_clear = False
    for seq in range(1, 5):
        watcher.put(seq, b"%d" % seq)

    assert pipe.ended is CloseCode.SLOW
    watcher.put(5, b"5")
    watcher.flush()
    assert pipe.written == []


def test_a_position_that_may_not_be_seen_any_more_does_not_wait_for_its_turn(pipe):
    watcher = a_live_watcher(pipe)
    pipe.is_clear = False
    watcher.put_position("Beto", 1, b"here")

    watcher.forget_position("Beto")
    pipe.clear()

    assert pipe.written == []


def test_a_position_that_waited_until_nobody_knows_whether_it_may_be_seen_is_not_told(pipe):
    watcher = a_live_watcher(pipe)
    pipe.is_clear = False
    watcher.put(1, b"one")
    watcher.put_position("Beto", 1, b"here", until_s=boot_s() - 0.01)
    watcher.put_position("Carla", 1, b"there", until_s=boot_s() + 60)

    pipe.clear()

    assert pipe.written == [b"one", b"there"]


def test_no_position_is_older_than_the_one_in_the_snapshot(pipe):
    watcher = Watcher(pipe, limit=5)
    watcher.go_live(0, positions_from_ms=1_000)
    watcher.put_position("Beto", 1_000, b"the same")
    watcher.put_position("Beto", 900, b"older")
    watcher.put_position("Beto", 1_001, b"newer")

    assert pipe.written == [b"newer"]
