from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import SafetyStopError
from engine.run.appending import locked_lines, whole_lines

ROOT = Path(__file__).parents[3]
WRITER = """
import pathlib, sys
from engine.run.appending import locked_lines
for number in range(100):
    with locked_lines(pathlib.Path(sys.argv[1])) as file:
        file.append(f"{sys.argv[2]} {number} {'x' * 5000}".encode())
"""


def test_writers_at_the_same_time_lose_and_tear_no_line(tmp_path: Path) -> None:
    path = tmp_path / "new" / "lines"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), name], cwd=ROOT) for name in "abc"]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    told = sorted(tuple(row.split(b" ")[:2]) for row in whole_lines(path.read_bytes()))
    assert told == sorted((name.encode(), str(number).encode()) for name in "abc" for number in range(100))


def test_nobody_else_appends_while_the_file_is_held(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    with locked_lines(path) as file:
        other = subprocess.Popen([sys.executable, "-c", WRITER, str(path), "a"], cwd=ROOT)
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(1)
        file.append(b"first")
    assert other.wait(60) == 0
    rows = whole_lines(path.read_bytes())
    assert (rows[0], len(rows)) == (b"first", 101)


def test_a_torn_tail_is_cut_off_by_the_next_writer_and_never_read(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"one\ntwo\nthr")
    assert whole_lines(path.read_bytes()) == [b"one", b"two"]
    with locked_lines(path) as file:
        file.append(b"four")
    assert path.read_bytes() == b"one\ntwo\nfour\n"


def test_a_torn_tail_can_be_kept_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"one\ntw")
    with locked_lines(path, keeps_torn=True) as file:
        file.append(b"three")
    assert path.read_bytes() == b"one\ntw\nthree\n"


def test_a_file_that_is_one_torn_line_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"torn")
    with locked_lines(path) as file:
        file.append(b"one")
    assert path.read_bytes() == b"one\n"


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(SafetyStopError, match=r"file/lines: the ledger cannot be written"),
        locked_lines(tmp_path / "file" / "lines", "ledger"),
    ):
        pass
