"""What a client's frames are, however they are cut: held against the library's own parser."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from infra.live.plain_frames import frame_end, is_fragmented, plain_message

CONTENTS = [b"", b"x", b"x" * 125, b"x" * 126, b"x" * 65_535, b"x" * 65_536]


def a_frame(content: bytes, *, opcode: Opcode = Opcode.TEXT, fin: bool = True, mask: bool = True) -> bytes:
    return Frame(opcode, content, fin=fin).serialize(mask=mask)


@pytest.mark.parametrize("content", CONTENTS, ids=len)
def test_a_whole_text_message_is_found_and_unmasked(content):
    data = b"before" + a_frame(content) + b"after"

    end = frame_end(data, 6)

    assert data[end:] == b"after"
    assert plain_message(data, 6, end) == content


@pytest.mark.parametrize("content", CONTENTS, ids=len)
def test_what_has_not_come_is_not_guessed(content):
    data = a_frame(content)

    for size in range(min(len(data), 16)):
        end = frame_end(data[:size], 0)
        assert end is None or end == len(data)


@pytest.mark.parametrize(
    "frame",
    [
        a_frame(b"x", mask=False),
        a_frame(b"x", fin=False),
        a_frame(b"x", opcode=Opcode.CONT),
        a_frame(b"x", opcode=Opcode.BINARY),
        a_frame(b"x", opcode=Opcode.PING),
        a_frame(b"\x03\xe8", opcode=Opcode.CLOSE),
        a_frame("año".encode()),
        a_frame(b"\xff"),
        bytes([a_frame(b"x")[0] | 0x40]) + a_frame(b"x")[1:],
    ],
    ids=["unmasked", "first part", "next part", "binary", "ping", "close", "not ASCII", "not UTF-8", "reserved bit"],
)
def test_everything_else_is_for_the_parser_that_knows_all_of_it(frame):
    assert frame_end(frame, 0) == len(frame)
    assert plain_message(frame, 0, len(frame)) is None


def test_a_message_in_parts_is_under_way_until_its_last_part():
    said = [
        a_frame(b"a", fin=False),
        a_frame(b"", opcode=Opcode.PING),
        a_frame(b"b", opcode=Opcode.CONT, fin=False),
        a_frame(b"c", opcode=Opcode.CONT),
        a_frame(b"d"),
    ]
    under_way = []
    was = False
    for frame in said:
        was = is_fragmented(frame[0], was=was)
        under_way.append(was)

    assert under_way == [True, True, True, False, False]


@given(
    st.lists(st.tuples(st.sampled_from([Opcode.TEXT, Opcode.BINARY, Opcode.PONG]), st.binary(max_size=125)), max_size=6)
)
def test_frames_in_a_row_are_told_apart(frames):
    data = b"".join(a_frame(content, opcode=opcode) for opcode, content in frames)
    at, found = 0, []
    while at < len(data):
        end = frame_end(data, at)
        found.append(plain_message(data, at, end))
        at = end

    assert found == [c if o is Opcode.TEXT and c.isascii() else None for o, c in frames]
