from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from app.console.watch import Watch
from app.console.window.watch import WindowWatch
from app.following import Following
from app.snapshots import read_snapshot
from engine.convert.view import Level
from engine.crew.crew import Snapshot
from engine.jobs.window.events import StepStarted
from engine.jobs.window.snapshot import between_steps
from engine.run.events import Stopping, Warned
from engine.run.folder import RunFolder
from engine.run.log import encode_event

SEEN = Warned | Stopping
BEGAN = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)


def line(problem: str) -> bytes:
    return encode_event(Warned(problem=problem), moment=BEGAN, run_id="r")


def by_events(log: Following, until_s: float = float("inf")) -> list[str]:
    return [logged.event.problem for logged in log.events(until_s) if isinstance(logged.event, Warned)]


def by_blocks(log: Following, until_s: float = float("inf")) -> list[str]:
    return [each.problem for block in log.blocks(until_s) for each in block.events if isinstance(each, Warned)]


READ = pytest.mark.parametrize("read", [by_events, by_blocks])


@READ
def test_what_is_new_comes_once_and_a_damaged_line_ends_it_for_good(tmp_path: Path, read: type) -> None:
    path = tmp_path / "log"
    log = Following(path, SEEN)
    assert (read(log), log.problem, log.is_drained) == ([], "", True)
    path.write_bytes(line("a"))
    assert read(log) == ["a"]
    with path.open("ab") as file:
        file.write(line("b") + b"no event\n" + line("c"))
    assert read(log) == ["b"]
    assert "line 3 is not an event" in log.problem
    damage = log.problem
    with path.open("ab") as file:
        file.write(line("d"))
    assert (read(log), log.problem, log.is_drained) == ([], damage, True)


@READ
def test_what_the_disk_refuses_is_tried_again_at_the_next_look(tmp_path: Path, read: type) -> None:
    path = tmp_path / "log"
    path.write_bytes(line("a"))
    log = Following(path, SEEN)
    assert read(log) == ["a"]
    kept = path.rename(tmp_path / "kept")
    path.mkdir()
    assert read(log) == []
    assert (log.problem, log.is_drained) == (f"{path}: Is a directory", False)
    path.rmdir()
    kept.rename(path)
    with path.open("ab") as file:
        file.write(line("b"))
    assert (read(log), log.problem, log.is_drained) == (["b"], "", True)


@READ
def test_a_long_log_is_read_a_piece_at_a_time_and_nothing_is_lost(tmp_path: Path, read: type) -> None:
    path = tmp_path / "log"
    problems = [f"{number} {'x' * 100}" for number in range(20_000)]
    path.write_bytes(b"".join(map(line, problems)))
    log = Following(path, SEEN)
    seen: list[str] = []
    looks = 0
    while not looks or not log.is_drained:
        seen += read(log, time.monotonic())
        looks += 1
    assert seen == problems
    assert looks > 3
    assert log.read_share is None


@pytest.fixture(autouse=True)
def user_folders(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"):
        (home / variable).mkdir(mode=0o700)
        monkeypatch.setenv(variable, str(home / variable))


def run_folder(state: Path, job: str) -> RunFolder:
    return RunFolder.create(state, job=job, corpus=state, args={}, config={}, versions={}, host={})


def test_two_screens_may_look_at_one_run_at_once(tmp_path: Path) -> None:
    folder = run_folder(tmp_path, "convert")
    watch = Watch(folder)
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            watch.look()

    screens = [threading.Thread(target=look) for _ in range(2)]
    for screen in screens:
        screen.start()
    with folder.events_path.open("ab", buffering=0) as log:
        for number in range(3_000):
            log.write(line(str(number)))
    done.set()
    for screen in screens:
        screen.join()
    watch.look()
    assert watch.problem == ""
    assert watch.view.warnings == [str(number) for number in range(3_000)]
    folder.close()


def test_a_window_of_another_version_is_shown_as_far_as_it_is_understood(tmp_path: Path) -> None:
    folder = run_folder(tmp_path, "window")
    folder.events_path.write_bytes(
        encode_event(StepStarted(step="convert", job="convert", step_run="run-1"), moment=BEGAN, run_id="r")
        + line("seen")
    )
    watch = WindowWatch(folder)
    watch.look()
    assert (watch.problem, watch.folded.warnings, watch.table) == ("", ["seen"], None)
    assert watch.health == (Level.GREEN, "it begins")
    folder.close()


def test_a_snapshot_of_another_version_is_none() -> None:
    told = msgspec.json.encode(between_steps("run", 1.0, paused=False, stopping=False))
    assert read_snapshot(told, Snapshot) is not None
    assert read_snapshot(told.replace(b'"elapsed_s":1.0', b'"elapsed_s":"a while"'), Snapshot) is None
