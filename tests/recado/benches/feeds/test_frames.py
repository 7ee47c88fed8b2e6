import pytest

from recado.benches.feeds.frames import KIND, PREPARED, TEXT, pong, prepared_frame, read_frame, text_frame


@pytest.mark.parametrize("length", [0, 1, 125, 126, 500, 65_535])
def test_a_frame_ends_where_its_header_says(length: int):
    content = b"x" * length
    data = b"before" + text_frame(content) + b"after"

    first, start, end = read_frame(data, len(b"before"))

    assert (first, data[start:end]) == (TEXT, content)
    assert data[end:] == b"after"


def test_a_frame_longer_than_two_bytes_tell_is_found_too():
    content = b"x" * 70_000
    data = bytes((TEXT, 127)) + len(content).to_bytes(8) + content

    assert read_frame(data, 0) == (TEXT, 10, 10 + len(content))


def test_a_frame_that_is_not_all_there_is_waited_for():
    whole = text_frame(b"x" * 300)

    assert all(read_frame(whole[:size], 0) is None for size in range(len(whole)))


def test_a_prepared_frame_has_the_size_that_was_asked_for_and_is_told_by_its_type():
    frame = prepared_frame(160)
    _, start, end = read_frame(frame, 0)

    assert end - start == 160
    assert frame[start:end][KIND] == PREPARED


def test_a_ping_is_answered_with_what_it_brought():
    assert pong(b"abcd") == b"\x8a\x84\0\0\0\0abcd"
