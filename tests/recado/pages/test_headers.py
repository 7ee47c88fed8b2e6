import pytest

from recado.pages.headers import content_security_policy, security_headers


def policy(**wish: str) -> dict[str, str]:
    told = content_security_policy(**({"host": "recado.example:8700", "tile_url": ""} | wish))
    return dict(rule.split(" ", 1) for rule in told.split("; "))


def test_nothing_comes_from_elsewhere_and_nothing_is_inline():
    rules = policy()

    assert (rules["default-src"], rules["script-src"], rules["style-src"]) == ("'none'", "'self'", "'self'")
    assert (rules["frame-ancestors"], rules["base-uri"], rules["form-action"]) == ("'none'", "'none'", "'self'")
    assert not any("unsafe" in rule or "https:" in rule for rule in rules.values())


def test_a_page_may_open_its_own_sockets_in_older_browsers_too():
    assert policy()["connect-src"] == "'self' ws://recado.example:8700 wss://recado.example:8700"


@pytest.mark.parametrize("host", ["", "a b", "x; script-src *", "evil.example/..", "a:b:c", "'", "x\r\ny", "[::1]x"])
def test_a_host_that_is_none_changes_nothing(host):
    assert policy(host=host)["connect-src"] == "'self'"


@pytest.mark.parametrize(
    ("tile_url", "origin"),
    [
        ("https://tiles.example/{z}/{x}/{y}.png", "https://tiles.example"),
        ("https://{s}.tiles.example:8443/{z}/{x}/{y}.png?key=1", "https://*.tiles.example:8443"),
    ],
)
def test_a_tile_server_may_send_pictures_and_nothing_else(tile_url, origin):
    rules = policy(tile_url=tile_url)

    assert rules["img-src"] == f"'self' data: blob: {origin}"
    assert [name for name, rule in rules.items() if origin in rule] == ["img-src"]


def test_a_page_asks_the_browser_only_for_what_it_is_for():
    headers = security_headers(host="x", tile_url="", permissions=("geolocation",))

    assert "geolocation=(self)" in headers["Permissions-Policy"]
    assert "camera=()" in headers["Permissions-Policy"]


def test_nobody_frames_a_page_reaches_it_from_their_window_or_is_told_its_address():
    headers = security_headers(host="x", tile_url="", permissions=())

    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
