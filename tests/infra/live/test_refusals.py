"""Refusals before a socket's handler runs: guards, dependencies, parameters."""

from typing import Any

import msgspec
import pytest
import websockets
from litestar import Litestar, WebSocket, websocket
from litestar.params import FromQuery
from tests.infra.live.conftest import serving

from infra.live.refusals import close_code, remember_refusal, tell_refused_sockets
from kernel.errors import NotFound


def refuse(*_: object) -> None:
    raise NotFound


@websocket("/guarded", guards=[refuse])
async def guarded(socket: WebSocket) -> None:
    await socket.accept()


@websocket("/numbered")
async def numbered(socket: WebSocket, after: FromQuery[int]) -> None:
    await socket.accept()
    await socket.send_text(str(after))
    await socket.close(4008)


@websocket("/broken")
async def broken(socket: WebSocket) -> None:
    await socket.accept()
    raise LookupError("a bug")


@pytest.fixture
async def port():
    app = Litestar(
        [guarded, numbered, broken],
        logging_config=None,
        middleware=[tell_refused_sockets],
        after_exception=[remember_refusal],
    )
    async with serving(app) as port:
        yield port


async def outcome(port, path, **options: Any):
    async with websockets.connect(f"ws://127.0.0.1:{port}{path}", **options) as client:
        frame = msgspec.json.decode(await client.recv())
        with pytest.raises(websockets.ConnectionClosed):
            await client.recv()
        return frame, client.close_code, client.subprotocol


async def test_a_guard_s_refusal_is_a_problem_and_a_code_that_means_do_not_come_back(port):
    frame, code, subprotocol = await outcome(port, "/guarded", subprotocols=["bearer", "token"])

    assert (frame["type"], frame["problem"]["status"], frame["problem"]["instance"]) == ("error", 404, "/guarded")
    assert (code, subprotocol) == (4504, "bearer")


async def test_a_parameter_that_cannot_be_read_is_a_problem(port):
    frame, code, _ = await outcome(port, "/numbered?after=soon")

    assert (frame["problem"]["status"], code) == (400, 4500)
    assert frame["problem"]["facts"]["fields"] == [{"field": "after", "reason": "Expected `int`, got `str`"}]


async def test_a_session_s_own_frames_and_close_code_pass_untouched(port):
    assert await outcome(port, "/numbered?after=7") == (7, 4008, None)


async def test_a_bug_is_told_as_one_and_may_be_tried_again(port):
    frame, code, _ = await outcome(port, "/broken")

    assert (frame["problem"]["status"], code) == (500, 4003)


@pytest.mark.parametrize(("status", "code"), [(401, 4501), (403, 4503), (404, 4504), (413, 4513), (503, 4003)])
def test_close_codes_follow_the_status(status, code):
    assert close_code(status) == code
