from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.watch.tail import CHUNK_BYTES, FileTail, Restart
from engine.watch.tail_lines import LINE_BYTES, LineTail
from engine.watch.tail_screen import Screen, count_lines, every_line
from tests.engine.watch.writing import Writer


def everything(tail: FileTail) -> list[bytes | Restart]:
    return list(tail.read())


def lines_of(path: Path) -> LineTail:
    return LineTail(FileTail(path), path.name)


def test_only_what_was_appended_is_read_while_a_program_writes_and_after_it_was_killed(tmp_path: Path) -> None:
    path = tmp_path / "train.log"
    tail = FileTail(path)
    assert everything(tail) == []
    assert "not there yet" in tail.problem
    with Writer(path) as writer:
        writer.write(b"one\n")
        assert everything(tail) == [b"one\n"]
        writer.write(b"tw")
        writer.write(b"o\n")
        assert everything(tail) == [b"two\n"]
        assert everything(tail) == []
    with Writer(path) as writer:
        writer.write(b"three\n")
    assert everything(tail) == [b"three\n"]
    assert tail.problem == ""
    tail.close()
    tail.close()


def test_a_file_that_is_cut_short_begins_again(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"a longer beginning\n")
    tail = FileTail(path)
    everything(tail)
    path.write_bytes(b"short\n")
    assert everything(tail) == [Restart.TRUNCATED, b"short\n"]


def test_a_file_rewritten_with_the_same_size_begins_again(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"step: 1\n")
    tail = FileTail(path)
    everything(tail)
    path.write_bytes(b"step: 2\n")
    os.utime(path, ns=(1, 1))  # whatever the clock's resolution: the time differs
    assert everything(tail) == [Restart.REWRITTEN, b"step: 2\n"]


def test_a_copy_truncated_log_that_has_already_grown_past_the_old_offset_begins_again(tmp_path: Path) -> None:
    path = tmp_path / "log"
    banner = b"the same banner\n" * 40
    path.write_bytes(banner + b"old\n")
    tail = FileTail(path)
    everything(tail)
    path.write_bytes(banner + b"new, and longer than before\n")
    assert everything(tail)[0] is Restart.REWRITTEN


def test_a_rotated_log_is_drained_before_the_new_one_is_read(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with Writer(path) as writer:
        writer.write(b"one\n")
        tail = FileTail(path)
        everything(tail)
        path.rename(tmp_path / "log.1")
        path.touch()
        writer.write(b"two, still through the old handle\n")
        assert everything(tail) == [b"two, still through the old handle\n"]
        path.write_bytes(b"three\n")
        writer.write(b"last words\n")
    assert everything(tail) == [b"last words\n", Restart.REPLACED, b"three\n"]


def test_a_log_that_vanishes_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one\n")
    tail = FileTail(path)
    everything(tail)
    path.unlink()
    assert everything(tail) == []
    assert "is gone" in tail.problem
    path.write_bytes(b"other\n")
    assert everything(tail) == [Restart.REPLACED, b"other\n"]
    assert tail.problem == ""


def test_a_grown_copy_that_was_renamed_over_the_log_goes_on_where_reading_stopped(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one\n")
    tail = FileTail(path)
    everything(tail)
    (tmp_path / ".log.x").write_bytes(b"one\ntwo\n")
    (tmp_path / ".log.x").replace(path)
    assert everything(tail) == [b"two\n"]


def test_a_cursor_goes_on_in_the_same_file_and_is_refused_in_another(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one\n")
    tail = FileTail(path)
    everything(tail)
    cursor = tail.cursor
    with path.open("ab") as log:
        log.write(b"two\n")
    assert everything(FileTail(path, cursor)) == [b"two\n"]
    path.write_bytes(b"another log\n")
    assert everything(FileTail(path, cursor)) == [Restart.REPLACED, b"another log\n"]


def test_a_long_log_comes_in_bounded_pieces_and_a_limit_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"x" * (3 * CHUNK_BYTES + 5))
    tail = FileTail(path)
    first = list(tail.read(CHUNK_BYTES))
    rest = everything(tail)
    assert [len(piece) for piece in (*first, *rest)] == [CHUNK_BYTES] * 3 + [5]


def test_an_idle_poll_is_one_stat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one\n")
    tail = FileTail(path)
    everything(tail)
    everything(tail)

    def refuse(*_: object) -> bytes:
        raise AssertionError("an idle poll reads nothing")

    monkeypatch.setattr(os, "pread", refuse)
    assert everything(tail) == []


def test_a_log_that_may_not_be_opened_says_so(tmp_path: Path) -> None:
    path = tmp_path / "loop"
    path.symlink_to(path)
    tail = FileTail(path)
    assert everything(tail) == []
    assert "cannot be looked at" in tail.problem


def test_carriage_returns_end_lines_and_colours_are_taken_off(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b" 1/9\r 2/9\r\n\x1b[36mstep\x1b[0m: 3 \xff\n")
    assert list(lines_of(path).lines()) == [" 1/9", " 2/9", "step: 3 \ufffd"]


def test_a_torn_last_line_is_held_back_until_its_end_or_the_writers_end(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"whole\ntor")
    tail = lines_of(path)
    assert list(tail.lines()) == ["whole"]
    with path.open("ab") as log:
        log.write(b"n\nlast")
    assert list(tail.lines()) == ["torn"]
    assert tail.flush() == b"last\n"
    assert tail.flush() == b""


def test_a_restart_drops_the_torn_line_and_says_which(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"whole and long\ntorn")
    tail = lines_of(path)
    list(tail.lines())
    path.write_bytes(b"new\n")
    assert list(tail.lines()) == [Restart.TRUNCATED, "new"]
    (note,) = tail.notes()
    assert "cut short" in note
    assert note.endswith("torn")
    assert tail.notes() == ()


def test_a_line_without_end_is_cut_and_the_next_line_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"x" * (2 * LINE_BYTES + 100) + b"\nnext\n" + b"y" * (LINE_BYTES + 7) + b"\nlast\n")
    tail = lines_of(path)
    lines = [line for line in tail.lines() if isinstance(line, str)]
    assert [len(line) for line in lines] == [LINE_BYTES, 4, LINE_BYTES, 4]
    assert len(tail.notes()) == 2


def test_a_hole_in_a_log_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("wb") as log:
        log.seek(5000)
        log.write(b"after the hole\n")
    assert list(lines_of(path).lines()) == ["after the hole"]


@example(pieces=[b"a", b"\r\n", b"\n"], cuts=[2, 3])  # an end in two halves, then an empty line
@settings(deadline=None, max_examples=60)
@given(
    pieces=st.lists(st.sampled_from([b"a", b"loss", b"\n", b"\r", b"\r\n", b"\x1b[1m", b"\xc3\xa9"]), max_size=40),
    cuts=st.lists(st.integers(0, 200), max_size=6),
)
def test_lines_are_the_same_however_the_writes_are_cut(
    pieces: list[bytes], cuts: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = b"".join(pieces)
    folder = tmp_path_factory.mktemp("cut")
    whole, grown = folder / "whole", folder / "grown"
    whole.write_bytes(data)
    grown.touch()
    tail, lines = lines_of(grown), []
    bounds = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    for start, stop in itertools.pairwise(bounds):
        with grown.open("ab") as log:
            log.write(data[start:stop])
        lines += list(tail.lines())
    assert lines == list(lines_of(whole).lines())
    tail.tail.close()


@settings(deadline=None, max_examples=40)
@given(
    words=st.lists(st.sampled_from([b"loss", b"los", b"oss", b"ss", b"Traceback", b"\n", b" ", b"back"]), min_size=1),
    repeats=st.integers(1, 3),
)
def test_the_fast_screen_finds_what_a_line_loop_finds(words: list[bytes], repeats: int) -> None:
    line = b"".join(words) + b"\n"
    block = (line + b"filler that says nothing\n") * (repeats * 40_000 // len(line) + 1)
    anchors = (b"loss", b"Traceback")
    wanted = [span for span in every_line(block) if any(anchor in block[slice(*span)] for anchor in anchors)]
    assert list(Screen(anchors).spans(block)) == wanted
    assert count_lines(block) == block.count(b"\n")
