from __future__ import annotations

import contextlib
import json
import math
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.watch.sources.trackio import TrackioSource, sniff
from tests.engine.watch.binary_writers import read_all, told

_OLD = "run_name TEXT NOT NULL, step INTEGER NOT NULL, metrics TEXT NOT NULL, timestamp TEXT NOT NULL"
_NEW = _OLD + ", run_id TEXT NOT NULL DEFAULT 'r1', log_id TEXT, space_id TEXT"


@contextlib.contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        yield connection
        connection.commit()


def project(path: Path, columns: str = _NEW) -> Path:
    with opened(path) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"CREATE TABLE metrics (id INTEGER PRIMARY KEY AUTOINCREMENT, {columns})")
    return path


def log(
    path: Path, step: int, metrics: str | bytes, *, run: str = "one", run_id: str = "", at: str = "2024-01-01"
) -> None:
    with opened(path) as connection:
        connection.execute(
            "INSERT INTO metrics (run_name, step, metrics, timestamp) VALUES (?, ?, ?, ?)", (run, step, metrics, at)
        )
        if run_id:
            connection.execute("UPDATE metrics SET run_id = ? WHERE id = last_insert_rowid()", (run_id,))


def source_of(path: Path) -> TrackioSource:
    return TrackioSource("t", path)


@pytest.mark.parametrize("columns", [_OLD, _NEW])
def test_rows_of_every_version_are_told_once(tmp_path: Path, columns: str) -> None:
    path = project(tmp_path / "p.db", columns)
    log(path, 0, '{"loss": 2.5, "deep": {"x": 1}, "text": "hello"}', at="2024-01-01T00:00:00+00:00")
    log(path, 1, b'{"loss": "NaN", "gain": "-Infinity"}')
    source = source_of(path)
    first, second = read_all(source).records
    assert (first.run, first.segment, first.step, first.values) == ("one", 0, 0, {"loss": 2.5, "deep.x": 1.0})
    assert first.time_s == 1_704_067_200.0
    assert math.isnan(second.values["loss"])
    assert second.values["gain"] == -math.inf
    assert not source.poll()
    log(path, 2, '{"loss": 1.5}')
    assert told(read_all(source)) == [("one", 0, 2, {"loss": 1.5})]


def test_runs_of_one_project_stay_apart(tmp_path: Path) -> None:
    path = project(tmp_path / "p.db")
    for step in (1, 2):
        log(path, step, '{"loss": 1}', run="a", run_id="1")
        log(path, step, '{"loss": 2}', run="b", run_id="2")
        log(path, step, '{"loss": 3}', run="a", run_id="3")
    runs = [(row[0], row[1], row[2]) for row in told(read_all(source_of(path)))]
    assert runs == [("a", 0, 1), ("b", 0, 1), ("a (3)", 0, 1), ("a", 0, 2), ("b", 0, 2), ("a (3)", 0, 2)]


def test_steps_that_go_back_begin_a_segment(tmp_path: Path) -> None:
    path = project(tmp_path / "p.db")
    for step in (1, 2, 3, 3, 2, 3):
        log(path, step, '{"loss": 1}')
    assert [row[1] for row in told(read_all(source_of(path)))] == [0, 0, 0, 0, 1, 1]


def test_rows_in_the_write_ahead_log_alone_are_seen(tmp_path: Path) -> None:
    path = project(tmp_path / "p.db")
    source = source_of(path)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA wal_autocheckpoint = 0")
        for step in range(5):
            writer.execute(
                "INSERT INTO metrics (run_name, step, metrics, timestamp) VALUES ('a', ?, '{\"loss\": 1}', '')", (step,)
            )
            assert [row[2] for row in told(read_all(source))] == [step]


def test_a_writer_that_was_killed_leaves_its_rows(tmp_path: Path) -> None:
    path = project(tmp_path / "p.db")
    program = (
        "import os, signal, sqlite3, sys\n"
        "c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "for step in range(50):\n"
        "    c.execute('INSERT INTO metrics (run_name, step, metrics, timestamp) VALUES (?, ?, ?, ?)',"
        " ('a', step, '{\"loss\": 1}', ''))\n"
        "c.execute('BEGIN'); c.execute('UPDATE metrics SET step = 99')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(path)], check=False, timeout=60)
    assert [row[2] for row in told(read_all(source_of(path)))] == list(range(50))


def test_a_locked_file_is_tried_again_and_told_only_if_it_lasts(tmp_path: Path) -> None:
    path = project(tmp_path / "p.db", _OLD)
    log(path, 1, '{"loss": 1}')
    now = [0.0]
    source = TrackioSource("t", path, lambda: now[0])
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = DELETE")
        writer.execute("BEGIN EXCLUSIVE")
        assert not source.poll()
        assert not source.status().problem
        now[0] = 61.0
        batch = source.poll()
        assert ["locked by its writer" in note for note in batch.notes] == [True]
        assert source.status().problem
        assert not source.poll()
        writer.execute("ROLLBACK")
    assert [row[2] for row in told(read_all(source))] == [1]
    assert not source.status().problem


def test_a_replaced_file_is_read_as_a_new_segment(tmp_path: Path) -> None:
    path = project(tmp_path / "p.db", _OLD)
    other = project(tmp_path / "other.db", _OLD)
    log(path, 5, '{"loss": 1}')
    log(other, 5, '{"loss": 2}')
    source = source_of(path)
    read_all(source)
    other.replace(path)
    batch = read_all(source)
    assert told(batch) == [("one", 1, 5, {"loss": 2.0})]
    assert ["was replaced" in note for note in batch.notes] == [True]


def test_a_longer_copy_in_its_place_goes_on(tmp_path: Path) -> None:
    path, copy = project(tmp_path / "p.db", _OLD), project(tmp_path / "copy.db", _OLD)
    log(path, 1, '{"loss": 1}')
    source = source_of(path)
    read_all(source)
    log(copy, 1, '{"loss": 1}')
    log(copy, 2, '{"loss": 2}')
    copy.replace(path)
    assert told(read_all(source)) == [("one", 0, 2, {"loss": 2.0})]


def test_a_deleted_run_makes_nothing_be_told_twice(tmp_path: Path) -> None:
    path = project(tmp_path / "p.db")
    for step, run in ((1, "a"), (1, "b")):
        log(path, step, '{"loss": 1}', run=run, run_id=run)
    source = source_of(path)
    read_all(source)
    with opened(path) as connection:
        connection.execute("DELETE FROM metrics WHERE run_name = 'b'")
    assert not read_all(source)


def test_rows_that_cannot_be_read_are_counted_and_noted(tmp_path: Path) -> None:
    path = project(tmp_path / "p.db")
    for metrics in ('{"loss": ', "[" * 100_000, '{"loss": 1}', '{"text": "no number"}', b"\xff\xfe"):
        log(path, 1, metrics)
    source = source_of(path)
    batch = read_all(source)
    assert told(batch) == [("one", 0, 1, {"loss": 1.0})]
    assert ["3 rows skipped, the first with id 1" in note for note in batch.notes] == [True]
    assert source.status().unparsed == 4


def test_a_long_project_comes_in_several_polls(tmp_path: Path) -> None:
    path = project(tmp_path / "p.db")
    with opened(path) as connection:
        rows = [("a", step, json.dumps({"loss": step}), "") for step in range(25_000)]
        connection.executemany("INSERT INTO metrics (run_name, step, metrics, timestamp) VALUES (?, ?, ?, ?)", rows)
    source = source_of(path)
    first = source.poll()
    assert 0 < len(first.records) < 25_000
    assert [record.step for record in (*first.records, *read_all(source).records)] == list(range(25_000))


def test_a_file_that_is_no_project_or_not_there_is_a_problem(tmp_path: Path) -> None:
    missing = source_of(tmp_path / "none.db")
    assert not missing.poll()
    assert "none.db" in missing.status().problem
    path = tmp_path / "junk.db"
    path.write_bytes(b"SQLite format 3\0" + b"\x7f" * 5000)
    junk = source_of(path)
    read_all(junk)
    assert junk.status().problem
    junk.close()
    junk.close()


def test_projects_are_told_by_their_content(tmp_path: Path) -> None:
    path = project(tmp_path / "anything", _OLD)
    assert sniff(path, path.read_bytes()[:256])
    other = tmp_path / "other.db"
    with opened(other) as connection:
        connection.execute("CREATE TABLE metrics (name TEXT)")
    assert not sniff(other, other.read_bytes()[:256])
    assert not sniff(path, b"{}")
