"""The last line of a log, whatever the log is like; and what is found on a thread."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.home.files import ABSENT, last_line, stamp
from app.home.slowly import Slowly


@given(lines=st.lists(st.binary(max_size=40).map(lambda line: line.replace(b"\n", b""))), torn=st.binary(max_size=20))
def test_the_last_whole_line_is_found(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], torn: bytes
) -> None:
    torn = torn.replace(b"\n", b"")
    path = tmp_path_factory.mktemp("log") / "log"
    path.write_bytes(b"".join(line + b"\n" for line in lines) + torn)
    assert last_line(path) == (lines[-1] if lines else b"")


def test_a_last_line_that_is_longer_than_a_block_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"first\n" + b"x" * 300_000 + b"\n")
    assert len(last_line(path)) == 300_000


def test_what_is_not_there_has_a_stamp_too(tmp_path: Path) -> None:
    assert stamp(tmp_path / "none") == ABSENT
    assert stamp(tmp_path / "a\0b") == ABSENT


def test_what_is_slow_holds_up_nobody_and_is_not_looked_for_twice_at_once() -> None:
    go, begun, count = threading.Event(), threading.Event(), [0]

    def find() -> int:
        count[0] += 1
        begun.set()
        go.wait(10)
        return count[0]

    clock = [0.0]
    slow = Slowly("test", find, lambda: clock[0], least_s=1.0, most_s=5.0)
    assert slow.newest() is None
    assert begun.wait(10)
    clock[0] = 100.0
    assert slow.newest(is_changed=True) is None
    go.set()
    assert slow.settle(10)
    assert slow.newest() == 1, "five seconds have passed: it is looked for again"
    assert slow.settle(10)
    assert slow.newest() == 2
    clock[0] += 0.5
    slow.newest(is_changed=True)
    assert slow.settle(10)
    assert count[0] == 2, "it changed, but not a second has passed"
    clock[0] += 0.6
    slow.newest(is_changed=True)
    assert slow.settle(10)
    assert count[0] == 3
    slow.close()


def test_a_fault_on_the_thread_reaches_who_asks() -> None:
    def find() -> int:
        raise RuntimeError("a mistake of ours")

    slow = Slowly("test", find, lambda: 0.0, least_s=1.0, most_s=1.0)
    slow.newest()
    assert slow.settle(10)
    with pytest.raises(RuntimeError, match="a mistake of ours"):
        slow.newest()
    slow.close()
