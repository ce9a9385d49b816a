from __future__ import annotations

import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.log_reading import GrowingLines

PIECES = st.lists(st.binary(max_size=40).map(lambda raw: raw.replace(b"\x00", b"\n")), max_size=8)


def forwards(content: bytes) -> list[bytes]:
    """The whole lines of a file, as anybody reads them."""
    return content.split(b"\n")[:-1]


def backwards(lines: GrowingLines) -> list[bytes]:
    """The lines one at a time from the newest on, put in order again."""
    found = []
    for number in range(lines.newest, lines.oldest - 1, -1):
        line = lines.line(number)
        assert line is not None
        found.append(line.content)
    return found[::-1]


def index_all(lines: GrowingLines) -> None:
    lines.look()
    while not lines.is_whole:
        lines.look()


@settings(max_examples=150, deadline=None)
@given(pieces=PIECES, block=st.integers(1, 64))
def test_reading_backwards_tells_the_same_lines_as_reading_forwards_however_it_grew(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes], block: int
) -> None:
    path = tmp_path_factory.mktemp("log") / "log"
    path.touch()
    lines, content = GrowingLines(path, block), b""
    for piece in pieces:
        with path.open("ab") as file:
            file.write(piece)
        content += piece
        index_all(lines)
        assert backwards(lines) == forwards(content)
        assert [line.content for line in lines.lines(lines.oldest, lines.newest)] == forwards(content)
        assert lines.torn_bytes == len(content) - (content.rfind(b"\n") + 1)
    lines.close()


@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=400).map(lambda raw: raw.replace(b"a", b"\n")), block=st.integers(1, 32))
def test_what_is_known_of_a_log_that_is_not_read_to_its_beginning_yet_is_right_already(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, block: int
) -> None:
    path = tmp_path_factory.mktemp("log") / "log"
    path.write_bytes(content)
    lines = GrowingLines(path, block)
    while not lines.is_whole:
        lines.look(most_bytes=block)
        known = backwards(lines)
        assert known == forwards(content)[len(forwards(content)) - len(known) :]
    lines.close()


def test_a_line_keeps_its_number_while_newer_ones_come(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one\ntwo\n")
    lines = GrowingLines(path)
    lines.look()
    number = lines.newest
    with path.open("ab") as file:
        file.write(b"three\nfour\nhalf of fi")
    lines.look()
    kept = lines.line(number)
    assert kept is not None
    assert kept.content == b"two"
    assert lines.newest == number + 2
    assert lines.torn_bytes == len("half of fi")


def test_of_a_long_line_only_the_beginning_is_read(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"short\n" + b"x" * 1_000_000 + b"\nlast\n")
    lines = GrowingLines(path)
    index_all(lines)
    last, long, short = (lines.line(number) for number in range(lines.newest, lines.oldest - 1, -1))
    assert last is not None
    assert long is not None
    assert short is not None
    assert (last.content, short.content) == (b"last", b"short")
    assert (long.size, long.is_cut, len(long.content)) == (1_000_000, True, 1 << 18)


def test_a_log_that_is_cut_short_or_put_in_place_of_another_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one\ntwo\nthree\n")
    lines = GrowingLines(path, 4)
    index_all(lines)
    path.write_bytes(b"uno\n")
    index_all(lines)
    assert (backwards(lines), lines.generation) == ([b"uno"], 1)
    other = tmp_path / "other"
    other.write_bytes(b"eins\nzwei\n")
    other.rename(path)
    index_all(lines)
    assert (backwards(lines), lines.generation) == ([b"eins", b"zwei"], 2)


def test_a_torn_end_that_is_cut_off_and_written_again_is_no_other_log(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one\ntor")
    lines = GrowingLines(path)
    lines.look()
    path.write_bytes(b"one\n")
    lines.look()
    assert (backwards(lines), lines.torn_bytes, lines.generation) == ([b"one"], 0, 0)
    path.write_bytes(b"one\ntwo\n")
    lines.look()
    assert (backwards(lines), lines.generation) == ([b"one", b"two"], 0)


def test_a_log_that_is_not_there_yet_has_no_lines_and_one_that_is_gone_keeps_them(tmp_path: Path) -> None:
    path = tmp_path / "log"
    lines = GrowingLines(path)
    lines.look()
    assert (lines.count, lines.line(0)) == (0, None)
    path.write_bytes(b"one\n")
    lines.look()
    path.unlink()
    lines.look()
    assert backwards(lines) == [b"one"]


def test_a_log_of_a_million_lines_opens_at_its_end_and_its_index_stays_small(tmp_path: Path) -> None:
    path = tmp_path / "log"
    thousand = b"".join(
        b'{"type":"shard_done","shard":"a/shard_%05d","pad":"%s"}\n' % (n, b"x" * 80) for n in range(1000)
    )
    with path.open("wb") as file:
        for _ in range(1000):
            file.write(thousand)
    tracemalloc.start()
    began = time.process_time()
    lines = GrowingLines(path)
    lines.look(1 << 20)
    newest = lines.line(lines.newest)
    opened_s = time.process_time() - began
    index_all(lines)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert newest is not None
    assert b"shard_00999" in newest.content
    assert lines.count == 1_000_000
    assert opened_s < 0.25
    assert peak_bytes < 2_000_000
