from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from engine.checklist.answers import Answer, State
from tests.engine.checklist.asking import around, item, look

NOBODY = 65_534


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Three recordings of 1,000 bytes at three depths, and a text."""
    root = tmp_path / "audio"
    (root / "a/b").mkdir(parents=True)
    for name in ("1.wav", "a/2.wav", "a/b/3.wav"):
        (root / name).write_bytes(bytes(1_000))
    (root / "a/about.txt").write_text("text")
    return root


async def ask(tree: Path, keys: str = "") -> Answer:
    return await look(around(tree.parent), f'type = "tree"\npath = "{tree.name}"\n{keys}')


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("", "4 files; 3.00 kB"),
        ("count = 4", "4 files"),
        ('glob = "**/*.wav"\ncount = 3\nmin_size = "3kB"\nmax_size = "3kB"', "3 files; 3.00 kB"),
        ('glob = "*.wav"\ncount = 1', "1 file"),
        ('glob = "*/*.wav"\ncount = 1', "1 file"),
        ('glob = "a/**"\ncount = 3', "3 files"),
        ('glob = "**/b/**/[0-9].wav"\nmax_count = 1\nmin_count = 1', "1 file"),
        ('max_age = "1h"', "the newest is 0."),
        ('glob = "*.flac"\ncount = 0', "0 files"),
    ],
)
async def test_a_folder_that_holds_what_is_wanted_passes(tree: Path, keys: str, told: str) -> None:
    answer = await ask(tree, keys)

    assert answer.state is State.PASS, answer
    assert told in answer.read


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("count = 5", "4 files, wanted 5"),
        ('glob = "*.flac"', "0 files, wanted at least 1"),
        ('glob = "**/*.wav"\nmin_count = 4', "3 files, wanted at least 4"),
        ("max_count = 3", "4 files, wanted at most 3"),
        ('min_size = "10kB"', "3.00 kB (3,004 bytes), wanted at least 10kB"),
        ('glob = "*.flac"\nmax_count = 9\nmax_age = "1h"', "there is no file that could be at most 1h old"),
    ],
)
async def test_a_folder_that_does_not_fails_with_both_values(tree: Path, keys: str, told: str) -> None:
    answer = await ask(tree, keys)

    assert answer.state is State.FAIL
    assert told in answer.read


async def test_the_newest_file_tells_the_age(tree: Path) -> None:
    for path in (tree / "1.wav", tree / "a/2.wav", tree / "a/b/3.wav", tree / "a/about.txt"):
        os.utime(path, (time.time() - 90_000, time.time() - 90_000))

    assert (await ask(tree, 'max_age = "24h"')).state is State.FAIL
    os.utime(tree / "a/2.wav")
    assert (await ask(tree, 'max_age = "24h"')).state is State.PASS


async def test_links_in_a_circle_and_links_to_nothing_are_not_counted(tree: Path) -> None:
    (tree / "a/b/loop").symlink_to(tree)
    (tree / "gone.wav").symlink_to(tree / "nowhere")
    (tree / "self.wav").symlink_to(tree / "self.wav")
    (tree / "again.wav").symlink_to(tree / "1.wav")

    answer = await ask(tree, 'glob = "**/*.wav"\ncount = 4')

    assert answer.state is State.PASS, answer


async def test_a_folder_that_is_none_or_not_there_fails(tree: Path) -> None:
    assert (await ask(tree / "none")).state is State.FAIL
    (tree.parent / "none").write_text("")
    assert (await ask(tree.parent / "none")).read.endswith("is no folder")


@pytest.fixture
def as_nobody(tmp_path: Path) -> Iterator[None]:
    """Give up the power to read everything, where we have it."""
    around(tmp_path)
    for path in (tmp_path, *tmp_path.parents):
        if path.stat().st_uid == os.geteuid() and path.is_relative_to("/tmp/pytest-of-root"):
            path.chmod(0o755)
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    yield
    os.seteuid(0)


async def test_a_folder_that_cannot_be_read_is_no_answer(tree: Path, request: pytest.FixtureRequest) -> None:
    (tree / "a/b").chmod(0)
    request.getfixturevalue("as_nobody")

    answer = await ask(tree, "count = 3")

    assert answer.state is State.ERROR
    assert answer.read.endswith("audio/a/b cannot be looked into: Permission denied")


async def test_files_that_come_and_go_meanwhile_do_no_harm(tree: Path) -> None:
    over = threading.Event()

    def churn() -> None:
        while not over.is_set():
            for number in range(50):
                (tree / f"a/{number}.tmp").mkdir()
                (tree / f"a/{number}.tmp/x.tmp").write_text("x")
            for number in range(50):
                (tree / f"a/{number}.tmp/x.tmp").unlink()
                (tree / f"a/{number}.tmp").rmdir()

    churning = threading.Thread(target=churn)
    churning.start()
    try:
        for _ in range(50):
            assert (await ask(tree, 'glob = "**/*.wav"\ncount = 3')).state is State.PASS
            assert (await ask(tree, "min_count = 4")).state is State.PASS
    finally:
        over.set()
        churning.join()


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("count = 1\nmax_count = 2", "count is exact"),
        ('glob = "/etc/*"', "wanted a pattern below the path"),
        ('glob = "../*"', "wanted a pattern below the path"),
        ('max_size = "x"', "is not a size"),
    ],
)
def test_what_cannot_be_meant_is_a_fault_of_the_list(keys: str, told: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=told):
        item(f'type = "tree"\npath = "x"\n{keys}')
