import fcntl
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.run.locks import LockHeldError, boot_id, hold, hold_folder, is_held, read_holder
from tests.engine.run.conftest import Other, until_now


def test_a_lock_names_its_holder(tmp_path: Path, other: Callable[..., Other]) -> None:
    path = tmp_path / "corpus.lock"
    process = other("file", str(path)).process
    with pytest.raises(LockHeldError) as refusal:
        hold(path)
    holder = refusal.value.holder
    assert holder is not None
    assert (holder.pid, holder.boot_id, holder.run) == (process.pid, boot_id(), "20260131T093000Z-convert-9f3c")
    assert re.search(
        rf"corpus\.lock: held by run 20260131T093000Z-convert-9f3c \(pid {process.pid} of ", str(refusal.value)
    )


def test_a_lock_dies_with_its_holder_whatever_the_file_says(tmp_path: Path, other: Callable[..., Other]) -> None:
    path = tmp_path / "corpus.lock"
    holder = other("file", str(path))
    holder.kill()
    assert read_holder(path) is not None
    assert not is_held(path)
    with hold(path, "mine") as lock:
        written = read_holder(path)
        assert written is not None
        assert (written.pid, written.run) == (os.getpid(), "mine")
        assert is_held(lock.path)
    assert read_holder(path) is None


def test_a_folder_is_held_without_a_trace(tmp_path: Path, other: Callable[..., Other]) -> None:
    process = other("folder", str(tmp_path))
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(LockHeldError, match="another process"):
        hold_folder(tmp_path)
    process.end()
    with hold_folder(tmp_path):
        assert is_held(tmp_path)
    assert not is_held(tmp_path)


def test_a_lock_holds_within_one_process_too(tmp_path: Path) -> None:
    with hold(tmp_path / "lock"), pytest.raises(LockHeldError):
        hold(tmp_path / "lock")


def test_a_program_that_we_start_does_not_hold_our_lock(tmp_path: Path) -> None:
    lock = hold(tmp_path / "lock")
    sleeper = [sys.executable, "-I", "-S", "-c", "import sys; print(flush=True); sys.stdin.read()"]
    with subprocess.Popen(sleeper, stdin=subprocess.PIPE, stdout=subprocess.PIPE, close_fds=False) as child:
        assert child.stdout is not None
        child.stdout.readline()
        lock.release()
        assert not is_held(tmp_path / "lock")
        child.communicate()


def test_asking_whether_a_lock_is_held_never_costs_its_next_holder(tmp_path: Path) -> None:
    """A status command takes the lock, shared, for an instant."""
    path = tmp_path / "lock"
    path.touch()
    asking = (
        "import fcntl, sys\n"
        "file = open(sys.argv[1])\n"
        "print(flush=True)\n"
        "for _ in range(20_000):\n"
        "    fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB) if _ % 2 == 0 else fcntl.flock(file, fcntl.LOCK_UN)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", asking, path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        for _ in range(20):
            hold(path).release()


def test_a_second_release_lets_nothing_else_go(tmp_path: Path) -> None:
    lock = hold(tmp_path / "lock")
    lock.release()
    with (tmp_path / "other").open("w") as reused:
        fcntl.flock(reused, fcntl.LOCK_EX)
        lock.release()
        assert is_held(tmp_path / "other")


def test_a_lock_file_that_nobody_can_read_still_locks(tmp_path: Path, other: Callable[..., Other]) -> None:
    process = other("file", str(tmp_path / "lock"))
    (tmp_path / "lock").write_bytes(b"\xff{")
    with pytest.raises(LockHeldError, match="held by another process"):
        hold(tmp_path / "lock")
    process.end()
    until_now(lambda: not is_held(tmp_path / "lock"))
