from __future__ import annotations

import hashlib
import os
import threading
import time
from pathlib import Path

import msgspec
import pytest

from engine.checklist.answers import Answer, State
from engine.checklist.kinds.file import HASHED_BYTES
from tests.engine.checklist.asking import around, item, look

CONTENT = b"x" * 2_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "model.pt"
    path.write_bytes(CONTENT)
    return path


async def ask(path: Path, keys: str = "") -> Answer:
    return await look(around(path.parent), f'type = "file"\npath = "{path.name}"\n{keys}')


@pytest.mark.parametrize("keys", ["", 'min_size = "2kB"\nmax_size = "2kB"', 'max_age = "1h"', f'sha256 = "{SHA256}"'])
async def test_a_file_that_is_as_wanted_passes_and_its_hash_is_the_evidence(path: Path, keys: str) -> None:
    answer = await ask(path, keys)

    assert answer.state is State.PASS, answer
    assert answer.read.startswith("2.00 kB")
    assert answer.files == {str(path): SHA256}


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ('min_size = "2001"', "2.00 kB (2,000 bytes), wanted at least 2001"),
        ('max_size = "1.9k"', "2.00 kB (2,000 bytes), wanted at most 1.9k"),
        (f'sha256 = "{"0" * 64}"', f"sha256 {SHA256}, wanted {'0' * 64}"),
        ("exists = false", "is there, wanted nothing"),
    ],
)
async def test_a_file_that_is_not_as_wanted_fails_with_both_values(path: Path, keys: str, told: str) -> None:
    answer = await ask(path, keys)

    assert answer.state is State.FAIL
    assert told in answer.read


async def test_a_file_that_is_too_old_fails(path: Path) -> None:
    os.utime(path, (time.time() - 7_300, time.time() - 7_300))

    answer = await ask(path, 'max_age = "2h"')

    assert answer.state is State.FAIL
    assert "2:01 h old, wanted at most 2h" in answer.read


async def test_a_file_that_is_not_there_fails_unless_that_is_wanted(tmp_path: Path) -> None:
    assert (await ask(tmp_path / "gone")).state is State.FAIL
    assert (await ask(tmp_path / "gone", "exists = false")).state is State.PASS
    (tmp_path / "dangling").symlink_to(tmp_path / "gone")
    answer = await ask(tmp_path / "dangling", "exists = false")
    assert answer.state is State.FAIL
    assert answer.read.endswith("is a link to what is not there")


async def test_a_folder_or_a_pipe_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")

    assert "is no file but a folder" in (await ask(tmp_path / "folder")).read
    assert (await ask(tmp_path / "pipe")).state is State.FAIL


async def test_a_large_file_is_told_by_size_and_time_unless_its_hash_is_wanted(path: Path) -> None:
    os.truncate(path, HASHED_BYTES + 1)

    plain = await ask(path)
    hashed = await ask(path, f'sha256 = "{SHA256}"')

    assert plain.files[str(path)].startswith(f"size {HASHED_BYTES + 1}, mtime_ns ")
    assert len(hashed.files[str(path)]) == 64


async def test_a_hash_that_takes_longer_than_the_timeout_is_given_up(path: Path) -> None:
    os.truncate(path, 10**12)

    answer = await look(around(path.parent), f'type = "file"\npath = "model.pt"\nsha256 = "{SHA256}"', "300ms")

    assert answer.read == "no answer within 300ms"
    for thread in [each for each in threading.enumerate() if each.name == "check"]:
        thread.join(timeout=10)
    assert [thread for thread in threading.enumerate() if thread.name == "check"] == []


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ('min_size = "large"', "is not a size"),
        ('min_size = "2k"\nmax_size = "1k"', "is more than max_size"),
        ('max_age = "old"', "is not a duration"),
        ('sha256 = "abc"', "64 hexadecimal digits"),
        ('exists = false\nmax_age = "1h"', "has no size, age or sha256"),
    ],
)
def test_what_cannot_be_meant_is_a_fault_of_the_list(keys: str, told: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=told):
        item(f'type = "file"\npath = "x"\n{keys}')
