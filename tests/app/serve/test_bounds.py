"""What a page says cannot make its console hold memory without end; with real consoles, behind a real server."""

from __future__ import annotations

import asyncio
import os
import re
import resource
import selectors
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import psutil
import pytest

from app.serve.crowd import MOST_SOCKETS
from app.serve.sayings import LONGEST_BYTES
from app.serve.starting import Face
from tests.app.program import until
from tests.app.serve.served import Page, Served, page

MOST_BYTES = 200_000_000
"""A console on the largest screen there is takes a third of it, one on six times as large a screen twice as much."""
_CURSOR = re.compile(rb"\x1b\[(\d+);(\d+)H")


def _last_row(drawn: bytes) -> int:
    return max((int(row) for row, _ in _CURSOR.findall(drawn)), default=0)


async def _until_row(opened: Page, row: int) -> int:
    """Read until something is drawn so far down; return how far down it was."""
    async with asyncio.timeout(40):
        while (last := _last_row(opened.drawn)) < row:
            opened.drawn = opened.drawn[-100:] + await opened.socket.receive_bytes()
    return last


@pytest.mark.parametrize(
    "words",
    [
        [("stdin", "\x1b[48;2000;1500;2000;1500t")],
        [("stdin", "\x1b[48;20"), ("stdin", "00;1500;1;1t")],
        [("resize", {"width": 1500, "height": 2000})],
    ],
    ids=["among the keys", "in two pieces", "as the page does"],
)
async def test_a_screen_is_no_larger_than_a_console_can_have_whichever_way_its_size_is_told(
    served: Served, words: list[tuple[object, ...]]
) -> None:
    served.until_consoles(0)
    async with page(served) as opened:
        await opened.until(r"3 done")
        (console,) = served.consoles()
        for said in words:
            await opened.says(*said)
        assert await _until_row(opened, 500) == 500
        assert console.memory_info().rss < MOST_BYTES


async def _paste_without_end(opened: Page) -> None:
    await opened.says("stdin", "\x1b[200~")
    while not opened.socket.closed:
        await opened.says("stdin", "x" * (LONGEST_BYTES - 100))
        await asyncio.sleep(0.02)  # what comes faster than a console takes it is dropped


async def test_a_paste_without_an_end_ends_its_console(served: Served) -> None:
    served.until_consoles(0)
    async with page(served) as opened:
        await opened.until(r"3 done")
        pasting = asyncio.create_task(_paste_without_end(opened))
        assert await opened.close_code() == 4000
        pasting.cancel()
    served.until_consoles(0)


def _oom_score_adj(pid: int) -> int:
    return int(Path(f"/proc/{pid}/oom_score_adj").read_text())


async def test_a_console_has_a_bound_and_goes_before_a_run_where_memory_ends(served: Served) -> None:
    async with page(served) as opened:
        await opened.until(r"3 done")
        (console,) = served.consoles()
        assert console.rlimit(resource.RLIMIT_DATA)[0] == 2 << 30
        assert _oom_score_adj(console.pid) == 800


@pytest.fixture
def unread(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A console whose page has gone to sleep: it listens, and nobody reads what it draws."""
    face = Face(None, read_only=True, state=tmp_path)
    with subprocess.Popen(
        face.argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=face.environment(os.environ)
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"__GANGLION__\n"
        yield process
        process.kill()


def test_a_console_that_is_told_more_than_it_can_do_stops_listening(unread: subprocess.Popen[bytes]) -> None:
    assert unread.stdin is not None
    moves = b"".join(b"\x1b[<35;%d;%dM" % (1 + at % 80, 1 + at % 24) for at in range(400))
    packet = b"D" + len(moves).to_bytes(4, "big") + moves
    os.set_blocking(unread.stdin.fileno(), False)
    taken, left = 0, b""
    with selectors.DefaultSelector() as ready:
        ready.register(unread.stdin, selectors.EVENT_WRITE)
        while ready.select(3.0) and taken < 2_000_000:
            left = left or packet
            written = os.write(unread.stdin.fileno(), left[:4096])
            taken, left = taken + written, left[written:]
    assert taken < 1_000_000, "it took all of it, for later"


def test_many_who_ask_for_nothing_take_no_more_than_some_sockets_and_the_page_is_there_again(served: Served) -> None:
    with ExitStack() as stack:
        port = served.row["port"]
        asking = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(2 * MOST_SOCKETS)]
        asking[-1].settimeout(20)
        assert asking[-1].recv(1) == b"", "there is no room for it"
        server = psutil.Process(served.process.pid)
        assert len([one for one in server.net_connections() if one.status == psutil.CONN_ESTABLISHED]) <= MOST_SOCKETS
    until(lambda: _is_answered(served.url), "room to be made")


def _is_answered(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False
