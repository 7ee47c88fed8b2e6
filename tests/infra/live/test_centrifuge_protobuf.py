"""What is written and read as Protocol Buffers, against the published schema as `centrifuge-python` carries it."""

import centrifuge.protocol.client_pb2 as published
import msgspec
import pytest
from google.protobuf.json_format import MessageToDict, ParseDict
from hypothesis import given
from hypothesis import strategies as st
from tests.infra.live.channels import a_channel_house
from tests.infra.live.conftest import ANA

from infra.live.centrifuge.codec import NotUnderstood
from infra.live.centrifuge.codes import INTERNAL
from infra.live.centrifuge.json_lines import JSON_LINES
from infra.live.centrifuge.protobuf import PROTOBUF
from infra.live.centrifuge.protocol import (
    PING,
    PONG,
    Command,
    Connected,
    Empty,
    Publication,
    Push,
    Refreshed,
    Reply,
    Subscribed,
    Unsubscribed,
)

EVENT = Publication(data=msgspec.Raw(b'{"type":"order.placed","name":"Jos\xc3\xa9"}'), offset=300)
REPLIES = [
    PING,
    Reply(id=7, error=INTERNAL),
    Reply(id=2**32 - 1, connect=Connected(client="c", version="recado", expires=True, ttl_s=900, ping_s=25, pong=True)),
    Reply(id=2, subscribe=Subscribed(epoch="e", offset=0, recoverable=True, positioned=True, data=msgspec.Raw(b"{}"))),
    Reply(id=3, subscribe=Subscribed(epoch="e", offset=2**53 - 1, recovered=True, publications=[EVENT, EVENT])),
    Reply(id=3, subscribe=Subscribed(epoch="e", offset=1, was_recovering=True, data=msgspec.Raw(b"{}"))),
    Reply(id=4, unsubscribe=Empty()),
    Reply(id=5, refresh=Refreshed(client="cli_1", version="recado", expires=True, ttl_s=1)),
    Reply(id=6, ping=Empty()),
    Reply(push=Push(channel="customer:ord_1", pub=EVENT)),
    Reply(push=Push(channel="customer:ord_1", unsubscribe=Unsubscribed(2500, "start over"))),
]  # fmt: skip
COMMANDS = [
    {"id": 1, "connect": {"token": "a.b.c", "name": "js", "version": "5", "data": "e30=", "headers": {"a": "b"}}},
    {"id": 2, "subscribe": {"channel": "customer:ord_1", "flag": 1, "recoverable": True}},
    {"id": 3, "subscribe": {"channel": "é", "recover": True, "epoch": "e", "offset": 2**53 - 1, "flag": 3}},
    {"id": 4, "unsubscribe": {"channel": "customer:ord_1"}},
    {"id": 5, "refresh": {"token": "d.e.f"}},
    {"id": 6, "ping": {}},
    {"id": 7, "rpc": {"method": "x", "data": "e30="}},
    {"id": 8, "presence_stats": {"channel": "x"}},
    {},
]


def sized(*bodies: bytes) -> bytes:
    assert all(len(body) < 128 for body in bodies)
    return b"".join(bytes([len(body)]) + body for body in bodies)


@pytest.mark.parametrize("reply", REPLIES, ids=lambda reply: "+".join(reply.__struct_fields__[1:2]) + str(reply.id))
def test_a_reply_is_read_as_what_it_says_in_json(reply):
    written = PROTOBUF.replies([reply])
    size = written[0] if written[0] < 128 else written[0] - 128 + written[1] * 128
    read = published.Reply()
    read.ParseFromString(written[-size:] if size else b"")

    expected = ParseDict(_bytes_as_base64(msgspec.json.decode(JSON_LINES.replies([reply]))), published.Reply())

    assert MessageToDict(read) == MessageToDict(expected)


@pytest.mark.parametrize("command", COMMANDS, ids="+".join)
def test_a_command_is_read_like_its_json(command):
    body = ParseDict(command, published.Command()).SerializeToString()

    (read,) = PROTOBUF.commands(sized(body))
    (as_json,) = JSON_LINES.commands(msgspec.json.encode(command))
    unread = {"publish", "presence", "presence_stats", "history", "send", "rpc", "sub_refresh"}
    for name in read.__struct_fields__:
        one, other = getattr(read, name), getattr(as_json, name)
        assert (one is None) == (other is None) if name in unread else one == other


def test_several_commands_come_in_one_message_and_nothing_is_a_pong():
    bodies = [ParseDict(command, published.Command()).SerializeToString() for command in COMMANDS]

    read = list(PROTOBUF.commands(sized(*bodies)))

    assert [command.id for command in read] == [1, 2, 3, 4, 5, 6, 7, 8, 0]
    assert read[-1] == PONG


def is_read_or_refused(codec, raw):
    """Tell whether every command up to the end, or to what is none, holds what a command may hold."""
    try:
        read = list(codec.commands(raw))
    except NotUnderstood:
        return True
    return all(msgspec.convert(msgspec.to_builtins(one), Command) == one for one in read)


@given(st.binary(max_size=200))
def test_whatever_comes_in_is_read_or_refused(raw):
    for codec in (PROTOBUF, JSON_LINES):
        assert is_read_or_refused(codec, raw)


@given(st.lists(st.sampled_from(COMMANDS), min_size=1, max_size=4), st.integers(0, 400), st.integers(0, 255))
def test_a_damaged_command_is_read_or_refused(commands, at, byte):
    raw = bytearray(sized(*(ParseDict(one, published.Command()).SerializeToString() for one in commands)))
    raw[at % len(raw)] = byte

    assert is_read_or_refused(PROTOBUF, bytes(raw))


@pytest.mark.parametrize("ws", [None, "websockets-sansio"], ids=["lent", "carried"])
async def test_a_connection_speaks_what_its_handshake_chose(database_url, redis_url, ws):
    options = {"ws": ws} if ws else {}
    async with (
        a_channel_house(database_url, redis_url, **options) as channels,
        channels.raw(subprotocols=["centrifuge-protobuf"]) as raw,
    ):
        connect = ParseDict({"id": 1, "connect": {"token": "ana"}}, published.Command()).SerializeToString()
        follow = ParseDict({"id": 2, "subscribe": {"channel": ANA}}, published.Command()).SerializeToString()
        await raw.client.send(sized(connect, follow))
        first, second = await raw.client.recv(), await raw.client.recv()
        await channels.house.tell("one")
        push = await raw.client.recv()
        await raw.client.send(b"\xff\xff")

        assert (await raw.closed())[0] == 3501
        assert raw.client.subprotocol == "centrifuge-protobuf"
    assert all(isinstance(message, bytes) for message in (first, second, push))
    assert push == PROTOBUF.publication(ANA, b'{"type":"test.noted","text":"one"}', 1)


def _bytes_as_base64(found):
    """Protocol Buffers write bytes as base64 where they are JSON."""
    if isinstance(found, list):
        return [_bytes_as_base64(one) for one in found]
    if not isinstance(found, dict):
        return found
    return {
        name: msgspec.json.decode(msgspec.json.encode(msgspec.json.encode(one)))
        if name == "data"
        else _bytes_as_base64(one)
        for name, one in found.items()
    }
