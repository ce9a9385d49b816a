from __future__ import annotations

import hashlib
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import msgspec
import pytest

from engine.checklist.answers import State
from tests.engine.checklist.asking import around, item, look
from tests.engine.checklist.servers import respond, serving

MIB = 1 << 20


def answer(request: BaseHTTPRequestHandler) -> None:
    path = request.path.partition("?")[0]
    if path == "/moved":
        respond(request, 302, Location="/health?token=hush")
    elif path == "/large":
        respond(request, 200, b"a" * MIB + b"the end")
    elif path == "/health":
        respond(request, 200, b'{"status": "ok",\n "rows": 1327}')
    else:
        respond(request, 404, b"nothing \x1b[31mhere")


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    with serving(answer) as served:
        yield served


def table(url: str, more: str = "") -> str:
    return f'type = "http"\nurl = "{url}"\n{more}'


async def test_a_server_that_answers_passes_and_its_body_is_evidence(
    tmp_path: Path, server: tuple[str, list[str]]
) -> None:
    found = await look(around(tmp_path), table(f"http://{server[0]}/health"))
    assert (found.state, found.read) == (State.PASS, "status 200")
    assert found.output is not None
    assert found.output.head == b'{"status": "ok",\n "rows": 1327}'
    assert found.output.sha256 == hashlib.sha256(found.output.head).hexdigest()


@pytest.mark.parametrize(
    ("asked", "state", "read"),
    [
        (("health", "match = '\"rows\": (\\d+)'"), State.PASS, "1327"),
        (("health", "match = 'degraded'"), State.FAIL, "status 200, nothing that matches 'degraded' in 31 bytes"),
        (("gone", ""), State.FAIL, "status 404, wanted 200"),
        (("gone", "status = 404\nmatch = 'nothing.*'"), State.PASS, "nothing \\x1b[31mhere"),
        (("moved", "status = 302"), State.PASS, "status 302, redirects to /health"),
        (("moved", ""), State.FAIL, "status 302, redirects to /health, wanted 200"),
        (("moved", "follow = true\nmatch = 'rows'"), State.PASS, "rows"),
        (("health", "method = 'HEAD'"), State.PASS, "status 200"),
    ],
)
async def test_status_and_body_are_held_against_what_is_wanted(
    server: tuple[str, list[str]], tmp_path: Path, asked: tuple[str, str], state: State, read: str
) -> None:
    found = await look(around(tmp_path), table(f"http://{server[0]}/{asked[0]}", asked[1]))
    assert (found.state, found.read) == (state, read)


async def test_only_the_first_mebibyte_of_a_body_is_read(tmp_path: Path, server: tuple[str, list[str]]) -> None:
    found = await look(around(tmp_path), table(f"http://{server[0]}/large", "match = 'the end'"))
    assert found.read == "status 200, nothing that matches 'the end' in the first 1,048,576 bytes"
    assert found.output is not None
    assert found.output.size_bytes == MIB


async def test_credentials_in_an_address_are_used_and_never_shown(
    tmp_path: Path, server: tuple[str, list[str]]
) -> None:
    address = f"http://me:hush@{server[0]}/health?token=hush"
    for more in ("", "match = 'x'", "status = 500"):
        assert "hush" not in str(await look(around(tmp_path), table(address, more)))
    assert server[1][0] == "GET /health?token=hush HTTP/1.1 Basic bWU6aHVzaA=="


async def test_a_proxy_is_not_asked_for_what_runs_here(
    tmp_path: Path, server: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert (await look(around(tmp_path), table(f"http://{server[0]}/health"))).state is State.PASS


async def test_a_proxy_is_asked_for_what_runs_elsewhere(
    tmp_path: Path, server: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://{server[0]}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    await look(around(tmp_path), table("http://elsewhere.invalid/health"))
    assert server[1] == ["GET http://elsewhere.invalid/health HTTP/1.1"]


async def test_a_server_that_is_not_there_fails(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://me:hush@127.0.0.1:{taken.getsockname()[1]}/x?token=hush"
        found = await look(around(tmp_path), table(address))
    assert found.state is State.FAIL
    assert "does not answer" in found.read
    assert "hush" not in found.read


async def test_a_server_that_takes_too_long_fails(tmp_path: Path) -> None:
    over = threading.Event()

    def dawdle(request: BaseHTTPRequestHandler) -> None:
        over.wait(30)
        respond(request, 200)

    with serving(dawdle) as (host, _):
        found = await look(around(tmp_path), table(f"http://{host}/", "max_time = '200ms'"))
        over.set()
    assert (found.state, found.read) == (State.FAIL, f"http://{host}/ does not answer within 200ms")


async def test_a_server_that_speaks_something_else_fails(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def speak() -> None:
            caller, _ = server.accept()
            with caller:
                caller.recv(1 << 16)
                caller.sendall(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")

        thread = threading.Thread(target=speak)
        thread.start()
        found = await look(around(tmp_path), table(f"http://127.0.0.1:{server.getsockname()[1]}/"))
        thread.join()
    assert found.state is State.FAIL


async def test_a_name_that_nobody_knows_cannot_be_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert (await look(around(tmp_path), table("http://no-such-host.invalid/"))).state is State.ERROR


@pytest.fixture
def self_signed(tmp_path: Path) -> ssl.SSLContext:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl to make a certificate with")
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "certificate.pem")
    asked = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=127.0.0.1", "-days", "1"]
    argv = [openssl, "req", "-x509", *asked, "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key]
    subprocess.run([*argv, "-out", certificate], check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    return tls


async def test_a_certificate_that_nobody_vouches_for_fails(tmp_path: Path, self_signed: ssl.SSLContext) -> None:
    with serving(answer, self_signed) as (host, seen):
        found = await look(around(tmp_path), table(f"https://{host}/health"))
    assert found.state is State.FAIL
    assert "certificate verify failed" in found.read
    assert seen == []


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        ('url = "ftp://host/x"', "wanted an address such as http://host or https://host"),
        ('url = "localhost:80"', "wanted an address"),
        ('url = "http://"', "wanted an address"),
        ('url = "http://host:99999/"', "no address"),
        ('url = "http://ho st/"', "wanted an address"),
        ('url = "http://h/"\nmethod = "POST"', "Invalid enum value"),
        ('url = "http://h/"\nstatus = 99', ">= 200"),
        ('url = "http://h/"\nmatch = "("', "no regular expression"),
        ('url = "http://h/"\nmatch = "x"\nmethod = "HEAD"', "HEAD asks for none"),
        ('url = "http://h/"\nmax_time = "0s"', "more than nothing"),
    ],
)
def test_what_cannot_be_meant_is_refused_when_the_list_is_read(keys: str, wanted: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=wanted):
        item(f'type = "http"\n{keys}')
