from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputError
from engine.run.events import Event, Resumed, Stopping, Warned, WorkerEnded, WorkerStarted
from engine.run.log import encode_event
from engine.run.reading import Block, EventParser, LogTail

BEGAN = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
SEEN = Resumed | Stopping | Warned | WorkerEnded

events: st.SearchStrategy[Event] = st.one_of(
    st.builds(Resumed, why=st.sampled_from(["operator", "disk", "fault"])),
    st.builds(Warned, problem=st.text(max_size=5)),
    st.builds(WorkerStarted, worker=st.integers(0, 9), pid=st.integers(0, 9)),
)
whole_lines = st.tuples(events, st.integers(0, 10_000)).map(
    lambda pair: encode_event(pair[0], moment=BEGAN + timedelta(milliseconds=pair[1]), run_id="r")[:-1]
)
odd_lines = st.sampled_from(
    [
        b'{"type":"met_later","time":"2027-01-01T00:00:00.000Z","run":"r","a":[{}]}',
        b'{"type":"resumed","why":"disk"}',
        b'{"why":"disk","run":5,"time":7,"type":"resumed"}',
        b'{"why":"disk","time":"yesterday","type":"resumed"}',
        b'{"why":"disk","time":"2027-01-01T00:00:00","type":"resumed"}',
        b'{"type":"resumed","why":"disk"}\r',
        b'  {"type":"resumed","why":"disk"}  ',
        b"{}",
        b'{"a":{"type":"resumed"}}',
    ]
)
damage = st.sampled_from(
    [
        b"",
        b" ",
        b"{",
        b"null",
        b"[1]",
        b'{"type":5}',
        b'{"type":"resumed"}',
        b'{"type":"resumed","why":"weather"}',
        b'{"type":"warned","problem":"\xff"}',
        b'{"type":"resumed","why":"di',
        b'sk"}',
        b'{"type":"resumed",',
        b'"why":"disk"}',
        b'{"type":"resumed","why":"disk"}{"type":"resumed","why":"disk"}',
        b'{"type":"resumed","why":"disk"},',
        b'{"type":"warned","problem":"a","more":[[1',
        b"2]]}",
    ]
)
logs = st.lists(st.one_of(whole_lines, whole_lines, odd_lines), max_size=25)
damaged_logs = st.lists(st.one_of(whole_lines, odd_lines, damage), max_size=12)

Told = tuple[list[Event], str, str, str]


def by_lines(tail: LogTail[Event]) -> Iterator[Block[Event]]:
    for logged in tail.unread():
        yield Block((logged.event,), logged.time, logged.time)


def told(read: Callable[[LogTail[Event]], Iterator[Block[Event]]], pieces: list[bytes]) -> Told:
    """Return what a reader saw of a log that grew by these pieces: events, first and last time, the fault."""
    seen: list[Event] = []
    began = newest = ""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:  # hundreds of logs: no disk is asked
        path = Path(folder) / "log"
        parser: EventParser[Event] = EventParser(SEEN)
        tail = LogTail(path, parser)
        for piece in pieces:
            with path.open("ab") as log:
                log.write(piece)
            try:
                for block in read(tail):
                    assert block.events
                    seen += block.events
                    began, newest = began or block.began, block.newest
            except InputError as fault:
                return seen, began, newest, str(fault).replace(folder, "")
    return seen, began, newest, ""


def cut(content: bytes, places: list[int]) -> list[bytes]:
    """Cut a log into the pieces in which it grew."""
    ends = sorted({place % (len(content) + 1) for place in places} | {len(content)})
    return [content[start:end] for start, end in zip([0, *ends], ends, strict=False)]


@given(lines=logs, places=st.lists(st.integers(0, 5_000), max_size=4), is_torn=st.booleans())
def test_blocks_hold_what_the_lines_hold_however_the_log_grew(
    lines: list[bytes], places: list[int], is_torn: bool
) -> None:
    content = b"".join(line + b"\n" for line in lines)
    pieces = cut(content[:-3] if is_torn else content, places)
    seen = told(LogTail.blocks, pieces)
    assert seen == told(by_lines, pieces)
    assert seen[3] == ""
    assert len(seen[0]) <= len(lines)


@given(lines=damaged_logs, places=st.lists(st.integers(0, 2_000), max_size=2))
def test_blocks_end_at_the_line_at_which_lines_end(lines: list[bytes], places: list[int]) -> None:
    pieces = cut(b"".join(line + b"\n" for line in lines), places)
    assert told(LogTail.blocks, pieces) == told(by_lines, pieces)


@pytest.mark.parametrize("time", ["", "yesterday", "2027-01-01T00:00:00", "2027-13-01T00:00:00Z"])
def test_a_time_that_is_none_is_not_told(tmp_path: Path, time: str) -> None:
    path = tmp_path / "log"
    path.write_bytes(json.dumps({"type": "warned", "problem": "x", "time": time}).encode() + b"\n")
    (block,) = LogTail(path, EventParser(Warned)).blocks()
    (logged,) = LogTail(path, EventParser(Warned)).unread()
    assert (block.began, block.newest, logged.time) == ("", "", "")


def test_a_fault_in_a_long_log_is_told_with_its_line(tmp_path: Path) -> None:
    lines = [encode_event(Warned(problem=f"{number}"), moment=BEGAN, run_id="r") for number in range(20_000)]
    lines[15_432] = b'{"type":"warned"}\n'
    path = tmp_path / "log"
    path.write_bytes(b"".join(lines))
    blocks = LogTail(path, EventParser(Warned)).blocks()
    read: list[str] = []
    with pytest.raises(InputError, match=r"line 15433 is not an event.*problem"):
        read.extend(event.problem for block in blocks for event in block.events)
    assert read == [f"{number}" for number in range(15_432)]


def test_types_that_nobody_asked_for_do_not_slow_a_log_down_for_long(tmp_path: Path) -> None:
    path = tmp_path / "log"
    started = [encode_event(WorkerStarted(worker=n, pid=n), moment=BEGAN, run_id="r") for n in range(5_000)]
    warned = encode_event(Warned(problem="x"), moment=BEGAN, run_id="r")
    path.write_bytes(b"".join([*started, warned] * 3))
    parser = EventParser(Warned)
    sizes = [len(block.events) for block in LogTail(path, parser).blocks()]
    assert sum(sizes) == 3
    assert len(sizes) <= 3


def test_a_log_of_ever_new_types_is_read_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "log"
    strange = [json.dumps({"type": f"kind_{number}"}).encode() + b"\n" for number in range(300)]
    warned = encode_event(Warned(problem="x"), moment=BEGAN, run_id="r")
    path.write_bytes(b"".join([*strange, warned]) * 2)
    parser = EventParser(Warned)
    assert [event.problem for block in LogTail(path, parser).blocks() for event in block.events] == ["x", "x"]
