import httpx
from litestar import Litestar, get

from recado.etags import tag_answers


@get("/menu", sync_to_thread=False)
def menu() -> dict[str, int]:
    return {"pao_de_queijo": 450}


@get("/broken", status_code=503, sync_to_thread=False)
def broken() -> dict[str, str]:
    return {"status": "not ready"}


def client() -> httpx.AsyncClient:
    app = Litestar([menu, broken], logging_config=None, middleware=[tag_answers], openapi_config=None)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://recado")


async def test_what_did_not_change_is_not_sent_again():
    async with client() as http:
        first = await http.get("/menu")
        again = await http.get("/menu", headers={"If-None-Match": first.headers["etag"]})

    assert first.json() == {"pao_de_queijo": 450}
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


async def test_another_tag_gets_the_whole_answer():
    async with client() as http:
        answer = await http.get("/menu", headers={"If-None-Match": '"yesterday", W/"older"'})

    assert answer.status_code == 200
    assert answer.json() == {"pao_de_queijo": 450}


async def test_a_refusal_is_never_tagged():
    async with client() as http:
        answer = await http.get("/broken")

    assert answer.status_code == 503
    assert "etag" not in answer.headers
