from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from engine.checklist.answers import State
from tests.engine.checklist.asking import around, item, look


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def bound() -> Iterator[int]:
    """A port that is taken and refuses: nobody else can open it meanwhile."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.fixture
def full() -> Iterator[int]:
    """A server too busy to take a connection: the kernel leaves the caller without an answer."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        callers = [socket.socket() for _ in range(8)]
        for caller in callers:
            caller.setblocking(False)
            caller.connect_ex(server.getsockname())
        yield server.getsockname()[1]
        for caller in callers:
            caller.close()


def table(port: int, more: str = "", host: str = "127.0.0.1") -> str:
    return f'type = "tcp"\nhost = "{host}"\nport = {port}\n{more}'


async def test_an_open_port_passes(tmp_path: Path, listening: int) -> None:
    answer = await look(around(tmp_path), table(listening))
    assert answer.state is State.PASS
    assert answer.read.startswith(f"127.0.0.1:{listening} answers after ")


async def test_an_open_port_that_must_be_closed_fails(tmp_path: Path, listening: int) -> None:
    answer = await look(around(tmp_path), table(listening, "open = false"))
    assert answer.state is State.FAIL
    assert answer.read.endswith(", wanted it closed")


@pytest.mark.parametrize(("more", "state"), [("", State.FAIL), ("open = false", State.PASS)])
async def test_a_port_that_refuses_is_closed(tmp_path: Path, bound: int, more: str, state: State) -> None:
    answer = await look(around(tmp_path), table(bound, more))
    assert answer.state is state
    assert answer.read.startswith(f"127.0.0.1:{bound} refuses")


@pytest.mark.parametrize(("more", "state"), [("", State.FAIL), ("open = false", State.PASS)])
async def test_a_port_without_an_answer_is_closed(tmp_path: Path, full: int, more: str, state: State) -> None:
    answer = await look(around(tmp_path), table(full, f"max_time = '300ms'\n{more}"))
    assert answer.state is state
    assert answer.read.startswith(f"127.0.0.1:{full} does not answer within 300ms")


async def test_the_name_of_a_host_that_nobody_knows_cannot_be_answered(tmp_path: Path) -> None:
    for more in ("", "open = false"):
        answer = await look(around(tmp_path), table(80, more, host="no-such-host.invalid"))
        assert answer.state is State.ERROR
        assert answer.read.startswith("no-such-host.invalid: ")


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        ('host = "a"', "missing required field `port`"),
        ('host = "a"\nport = 0', ">= 1"),
        ('host = "a"\nport = 65536', "<= 65535"),
        ('host = ""\nport = 1', "wanted one word"),
        ('host = "a b"\nport = 1', "wanted one word"),
        ('host = "a"\nport = 1\nmax_time = "soon"', "not a duration"),
        ('host = "a"\nport = 1\nmax_time = "0s"', "more than nothing"),
    ],
)
def test_what_cannot_be_meant_is_refused_when_the_list_is_read(keys: str, wanted: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=wanted):
        item(f'type = "tcp"\n{keys}')
