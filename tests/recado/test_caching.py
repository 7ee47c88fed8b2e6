"""Nobody between us and whoever asks keeps an answer, and a shared computer shows it to nobody else."""

import httpx
from litestar import Litestar, Response, get, post

from recado.caching import keep_private
from recado.etags import tag_answers


@get("/v1/orders/1", sync_to_thread=False)
def order() -> dict[str, str]:
    return {"customer": "Ana"}


@post("/v1/orders", sync_to_thread=False)
def place() -> dict[str, str]:
    return {"dropoff_code": "1234"}


@get("/v1/map/streets", sync_to_thread=False)
def streets() -> Response[bytes]:
    return Response(b"{}", headers={"Cache-Control": "public, max-age=60"})


@get("/rider", sync_to_thread=False)
def page() -> Response[bytes]:
    return Response(b"<p>", headers={"Cache-Control": "no-cache"})


def client() -> httpx.AsyncClient:
    app = Litestar(
        [order, place, streets, page], logging_config=None, middleware=[keep_private, tag_answers], openapi_config=None
    )
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://recado")


async def test_what_is_read_is_asked_for_again_by_each_token():
    async with client() as http:
        first = await http.get("/v1/orders/1")
        again = await http.get("/v1/orders/1", headers={"If-None-Match": first.headers["etag"]})

    assert (first.status_code, again.status_code) == (200, 304)
    for answer in (first, again):
        assert (answer.headers["cache-control"], answer.headers["vary"]) == ("private, no-cache", "Authorization")
    assert first.headers["x-content-type-options"] == "nosniff"


async def test_what_a_write_answers_is_kept_nowhere():
    async with client() as http:
        assert (await http.post("/v1/orders")).headers["cache-control"] == "no-store"


async def test_who_says_otherwise_is_left_alone():
    async with client() as http:
        answers = [await http.get(path) for path in ("/v1/map/streets", "/rider")]

    assert [answer.headers["cache-control"] for answer in answers] == ["public, max-age=60", "no-cache"]
