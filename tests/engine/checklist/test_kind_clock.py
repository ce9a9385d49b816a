from __future__ import annotations

import contextlib
import re
import socket
import struct
import threading
import time
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path

import msgspec
import pytest

from engine.checklist.answers import State
from tests.engine.checklist.asking import around, item, look
from tests.engine.checklist.servers import respond, serving

SINCE_1900_S = 2_208_988_800


@contextlib.contextmanager
def dated(ahead_s: float) -> Iterator[str]:
    """A web server whose clock is ahead of ours."""
    with serving(lambda request: respond(request, 405, Date=formatdate(time.time() + ahead_s, usegmt=True))) as served:
        yield f"http://{served[0]}"


@contextlib.contextmanager
def time_server(ahead_s: float, stratum: int = 2, leap: int = 0) -> Iterator[str]:
    """An NTP server (RFC 5905, figure 8) whose clock is ahead of ours."""

    def stamp(at_s: float) -> bytes:
        whole, part = divmod(at_s + SINCE_1900_S, 1)
        return struct.pack(">II", int(whole), int(part * 2**32))

    def serve() -> None:
        while True:
            asked, caller = server.recvfrom(256)
            if not asked:
                return
            now = stamp(time.time() + ahead_s)
            head = struct.pack(">BBbbII4s", leap << 6 | 4 << 3 | 4, stratum, 0, -20, 0, 0, b"TEST")
            server.sendto(head + now + asked[40:48] + now + now, caller)

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"ntp://127.0.0.1:{server.getsockname()[1]}"
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
                end.sendto(b"", server.getsockname())
            thread.join()


def table(server: str, max_skew: str = "2s") -> str:
    return f'type = "clock"\nserver = "{server}"\nmax_skew = "{max_skew}"'


@pytest.mark.parametrize(
    ("ahead_s", "state", "side"),
    [(0, State.PASS, ""), (60, State.FAIL, "behind"), (-60, State.FAIL, "ahead of")],
)
async def test_the_date_of_a_web_server_is_good_to_half_a_second(
    tmp_path: Path, ahead_s: float, state: State, side: str
) -> None:
    with dated(ahead_s) as server:
        answer = await look(around(tmp_path), table(server))
    read = re.fullmatch(rf"([\d.]+) s (ahead of|behind) {server}, give or take 0\.\d s", answer.read)
    assert read is not None, answer.read
    assert answer.state is state
    assert float(read[1]) == pytest.approx(abs(ahead_s), abs=0.8)
    assert not side or read[2] == side


@pytest.mark.parametrize(
    ("ahead_s", "max_skew", "state", "side"),
    [
        (0, "100ms", State.PASS, ""),
        (0.5, "100ms", State.FAIL, "behind"),
        (-0.5, "100ms", State.FAIL, "ahead of"),
        (0.5, "2s", State.PASS, "behind"),
        (3600, "2s", State.FAIL, "behind"),
    ],
)
async def test_a_time_server_is_good_to_milliseconds(
    tmp_path: Path, ahead_s: float, max_skew: str, state: State, side: str
) -> None:
    with time_server(ahead_s) as server:
        answer = await look(around(tmp_path), table(server, max_skew))
    read = re.fullmatch(rf"([\d.,]+) s (ahead of|behind) {server}, give or take [\d.]+ s", answer.read)
    assert read is not None, answer.read
    assert answer.state is state
    assert float(read[1].replace(",", "")) == pytest.approx(abs(ahead_s), abs=0.1)
    assert not side or read[2] == side


@pytest.mark.parametrize(("stratum", "leap"), [(0, 0), (16, 0), (2, 3)])
async def test_a_time_server_without_time_answers_nothing(tmp_path: Path, stratum: int, leap: int) -> None:
    with time_server(0, stratum, leap) as server:
        answer = await look(around(tmp_path), table(server))
    assert answer.state is State.ERROR
    assert "has no time itself" in answer.read


async def test_a_date_from_a_cache_answers_nothing(tmp_path: Path) -> None:
    date = formatdate(usegmt=True)
    with serving(lambda request: respond(request, 200, Date=date, Age="300")) as served:
        answer = await look(around(tmp_path), table(f"http://{served[0]}"))
    assert answer.state is State.ERROR
    assert "from a cache" in answer.read


@pytest.mark.parametrize("date", ["", "yesterday", "Sun, 06 Nov 1994 08:49:37 -0000"])
async def test_a_date_that_is_none_answers_nothing(tmp_path: Path, date: str) -> None:
    with serving(lambda request: respond(request, 200, Date=date)) as served:
        answer = await look(around(tmp_path), table(f"http://{served[0]}"))
    assert answer.state is State.ERROR
    assert "a Date without GMT" in answer.read or "gives no Date" in answer.read


async def test_a_server_that_is_not_there_answers_nothing(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        for scheme in ("http", "ntp"):
            answer = await look(around(tmp_path), table(f"{scheme}://127.0.0.1:{port}"), within="2s")
            assert answer.state is State.ERROR


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        ('server = "pool.ntp.org"', "wanted an address such as https://host or http://host or ntp://host"),
        ('server = "ntp://h/path"', "a scheme and a host alone"),
        ('server = "https://me:hush@h"', "a scheme and a host alone"),
        ('server = "https://h"\nmax_skew = "100ms"', "a Date header has whole seconds"),
        ('server = "ntp://h"\nmax_skew = "0s"', "more than nothing"),
        ('server = "ntp://h"\nmax_skew = "small"', "not a duration"),
    ],
)
def test_what_cannot_be_meant_is_refused_when_the_list_is_read(keys: str, wanted: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=wanted):
        item(f'type = "clock"\n{keys}')
