"""What the server refuses, asked by a real client."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path
from urllib.parse import urljoin

import aiohttp
import httpx
import pytest

from app import cli
from tests.app.program import Gonogo
from tests.app.serve.served import Served, page

TOKEN = "a-token-of-the-users-own"
_REFERENCE = re.compile(r"""(?:src|href|url)\s*[=(]\s*["']?([^"')\s>]+)""")
_ELSEWHERE = re.compile(rb"""(?:https?:)?//[a-z0-9-]+(?:\.[a-z0-9-]+)+""")


def _opened(served: Served, origin: str | None) -> int:
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        **({} if origin is None else {"Origin": origin}),
    }
    return httpx.get(f"{served.url}ws", headers=headers).status_code


def test_the_page_and_all_that_it_loads_name_no_other_server(served: Served) -> None:
    index = httpx.get(served.url)
    assert index.status_code == 200
    seen, left = {}, [served.url]
    while left:
        url = left.pop()
        loaded = httpx.get(url)
        assert loaded.status_code == 200, url
        seen[url] = loaded.content
        if loaded.headers["content-type"].startswith(("text/html", "text/css")):
            left += {urljoin(url, found) for found in _REFERENCE.findall(loaded.text)} - seen.keys() - set(left)
        elif "script" in loaded.headers["content-type"]:
            left += {urljoin(url, found) for found in re.findall(r'src = "([^"]+)"', loaded.text)} - seen.keys()
    assert {url for url in seen if not url.startswith(served.url)} == set()
    assert {Path(url).name for url in seen} >= {"page.js", "page.css", "textual.js", "xterm.css", "icon.svg"}
    named = {found for content in seen.values() for found in _ELSEWHERE.findall(content)}
    assert named <= {
        b"http://www.w3.org",  # the name of SVG, which nobody asks
        b"http://bellard.org",  # in a licence
        b"https://github.com",
    }, named


def test_the_browser_is_told_to_ask_nobody_else(served: Served) -> None:
    for path in ("", "page/page.js", "static/js/textual.js", "nothing-here"):
        headers = httpx.get(urljoin(served.url, path)).headers
        policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
        assert policy["default-src"] == policy["script-src"] == policy["font-src"] == policy["img-src"] == "'self'"
        assert policy["connect-src"] == f"'self' ws://{served.host}"
        assert policy["frame-ancestors"] == "'none'"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "static",
        "static/",
        "static/js",
        "static/js/",
        "page/",
        "static/..%2f..%2fserver.py",
        "static/images/background.png",
    ],
)
def test_no_folder_is_listed_and_no_other_file_reached(served: Served, path: str) -> None:
    answer = httpx.get(served.url + path)
    assert answer.status_code == 404
    assert "textual.js" not in answer.text


@pytest.mark.parametrize("path", ["", "ws", "page/page.js", "nothing-here"])
def test_a_name_that_somebody_let_point_here_is_refused(served: Served, path: str) -> None:
    answer = httpx.get(served.url + path, headers={"Host": f"evil.example:{served.row['port']}"})
    assert answer.status_code == 403
    assert f"localhost:{served.row['port']}" in answer.text
    assert httpx.get(served.url + path, headers={"Host": ""}).status_code in {400, 403}


def test_a_page_of_another_site_cannot_drive_the_console(served: Served) -> None:
    others = [None, "null", "http://evil.example", "http://127.0.0.1:3000", f"http://localhost:{served.row['port']}"]
    assert [_opened(served, origin) for origin in others] == [403] * len(others)
    assert served.consoles() == []


def test_what_a_request_holds_is_text_on_the_page(served: Served) -> None:
    answer = httpx.get(served.url, headers={"Host": "<script>alert(1)</script>"})
    assert answer.status_code in {400, 403}
    assert "<script>alert" not in answer.text


def _asks_for_a_token(url: str, token: str) -> None:
    """Go through the door as a browser does, and try the window first."""
    with httpx.Client() as browser:
        for path in ("", "ws", "page/page.js", "static/js/textual.js", "?token=", "?token=wrong"):
            answer = browser.get(url + path)
            assert answer.status_code == 403, path
            assert "gonogo serve" in answer.text, "it says how to get in"
        entered = browser.get(url, params={"token": token})
        assert entered.status_code == 200
        assert token not in entered.text
        assert 'content="0; url=/"' in entered.text, "the token leaves the address bar"
        cookie = entered.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert token not in cookie
        assert browser.get(url).status_code == 200


async def test_beyond_this_machine_it_asks_for_a_token(user: Gonogo, run: str) -> None:
    served = Served(user, run, "--listen", "0.0.0.0")
    assert served.row["needs_token"] is True
    token = served.printed_token()
    _asks_for_a_token(served.url, token)
    other = f"http://{socket.gethostname()}:{served.row['port']}/"
    assert served.row["url"] == other, "an address that another machine can open"
    with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
        async with page(served):
            pass
    _malformed(served.row["port"], token)
    ended = served.end()
    assert token not in ended.stdout + ended.stderr, "it is printed once, and logged nowhere"
    assert "not encrypted" in ended.stderr


def _malformed(port: int, token: str) -> None:
    """Ask for something that no server understands; it may not be repeated in a log."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(f"GET /?token={token} HTTP/9.x\r\n\r\n".encode())
        assert b"400" in connection.recv(1 << 16)


def test_where_the_browser_may_steer_a_token_is_asked_for_on_this_machine_too(user: Gonogo, run: str) -> None:
    served = Served(user, run, "--control", env={"GONOGO_SERVE_TOKEN": TOKEN})
    assert (served.row["read_only"], served.row["needs_token"]) == (False, True)
    _asks_for_a_token(served.url, TOKEN)
    ended = served.end()
    assert TOKEN not in ended.stdout + ended.stderr, "who set it knows it"
    assert "GONOGO_SERVE_TOKEN" in ended.stderr


@pytest.mark.parametrize(
    ("options", "env", "said"),
    [
        (("no-such-run",), {}, "no run is called 'no-such-run'"),
        (("--listen", "192.0.2.1"), {}, "wanted an address of this machine"),
        (("--listen", "no.such.host.invalid"), {}, "wanted an address of this machine"),
        (("--control",), {"GONOGO_READ_ONLY": "1"}, "contradict each other"),
        (("--control",), {"GONOGO_SERVE_TOKEN": "short"}, "wanted 16 or more"),
    ],
)
def test_what_cannot_be_served_is_a_usage_error(
    options: tuple[str, ...],
    env: dict[str, str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert cli.run(["serve", "--port", "0", *options]) == 2
    assert said in capsys.readouterr().err


def test_a_port_that_is_taken_is_named(user: Gonogo, served: Served) -> None:
    ended = user("--json", "serve", "--port", str(served.row["port"]))
    assert ended.code == 2
    assert f"port {served.row['port']} of 127.0.0.1 is taken; --port 0 takes a free one" in ended.stderr
    assert json.loads(ended.stdout.splitlines()[-1])["outcome"] == "error"
