# ruff: noqa: ASYNC240  # what is tested is a log that changes: small writes to a temporary folder
from __future__ import annotations

import asyncio
import os
import re
import time
from pathlib import Path

import msgspec
import psutil
import pytest

from engine.checklist.answers import Answer, State
from engine.checklist.kinds.logtail import TAIL_BYTES, LogTail
from tests.engine.checklist.asking import around, item, look

LONG = "within = '50s'"
"""For waits that end by what is written meanwhile; a test that waits so long has failed."""


def table(line: str, more: str = "") -> str:
    return f'type = "metrics"\npath = "train.log"\nline = \'{line}\'\n{more}'


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "train.log"


async def started(log: Path, line: str, more: str = LONG) -> asyncio.Task[Answer]:
    """Begin to wait, and return once the log is open and its end was reached."""
    waiting = asyncio.create_task(look(around(log.parent), table(line, more)))
    async with asyncio.timeout(20):
        while not _is_read(log):  # noqa: ASYNC110  # the kernel knows it, and tells no event
            await asyncio.sleep(0.005)
    return waiting


def _is_read(log: Path) -> bool:
    for handle in Path("/proc/self/fd").iterdir():
        try:
            if handle.readlink() != log:
                continue
            told = Path("/proc/self/fdinfo", handle.name).read_text()
        except OSError:
            continue
        return re.search(r"pos:\s+(\d+)", told) is not None and f"pos:\t{log.stat().st_size}\n" in told
    return False


@pytest.mark.parametrize(
    ("text", "more", "state", "read"),
    [
        ("step 1 loss 3.5\nstep 2 loss 3.2\nsaved\n", "", State.PASS, "3.2"),
        ("step 1 loss 3.5\rstep 2 loss 3.2\rstep 3", "", State.PASS, "3.2"),
        ("step 1 loss 3.5\r\nstep 2 loss 3.2\r\n", "", State.PASS, "3.2"),
        ("step 1 loss 3.5", "", State.PASS, "3.5"),
        ("step 1\n", "", State.FAIL, "no line that matches '^step .* loss (\\\\S+)$'"),
        ("step 1\n", "absent = true", State.PASS, "no line that matches '^step .* loss (\\\\S+)$'"),
        ("step 1 loss nan\n", "absent = true", State.FAIL, "nan"),
        ("step 1 loss \x1b[31m9\n", "", State.PASS, "\\x1b[31m9"),
    ],
)
async def test_a_log_is_searched_line_by_line(log: Path, text: str, more: str, state: State, read: str) -> None:
    log.write_bytes(text.encode())
    answer = await look(around(log.parent), table(r"^step .* loss (\S+)$", more))
    assert (answer.state, answer.read) == (state, read)


async def test_without_a_group_the_line_is_the_value(log: Path) -> None:
    log.write_text("  step 1 loss 3.5  \n")
    assert (await look(around(log.parent), table("loss"))).read == "step 1 loss 3.5"


async def test_a_line_that_comes_while_we_wait_passes(log: Path) -> None:
    log.write_text("begin\n")
    waiting = await started(log, r"loss (\S+)")
    with log.open("a") as file:
        file.write("loss 0.1")
        file.flush()
        file.write("25\n")
    answer = await waiting
    assert (answer.state, answer.read) == (State.PASS, "0.125")


async def test_a_log_that_begins_while_we_wait_is_read(log: Path) -> None:
    waiting = asyncio.create_task(look(around(log.parent), table("ready", LONG)))
    await asyncio.sleep(0)
    log.write_text("ready\n")
    assert (await waiting).state is State.PASS


async def test_a_log_that_is_cut_is_read_from_its_new_beginning(log: Path) -> None:
    log.write_text("begin\n" * 100)
    waiting = await started(log, "ready")
    log.write_text("ready\n")
    assert (await waiting).state is State.PASS


@pytest.mark.parametrize("last", ["ready", "something else"])
async def test_a_log_that_is_replaced_is_read_to_its_end_and_then_its_successor(log: Path, last: str) -> None:
    log.write_text("begin\n")
    waiting = await started(log, "ready")
    with log.open("a") as file:
        file.write(last)
    log.rename(log.with_name("train.log.1"))
    log.write_text("new file\n" + ("" if last == "ready" else "ready\n"))
    assert (await waiting).state is State.PASS


async def test_a_traceback_that_comes_while_we_wait_fails_at_once(log: Path) -> None:
    log.write_text("begin\n")
    waiting = await started(log, "^Traceback", f"{LONG}\nabsent = true")
    with log.open("a") as file:
        file.write("Traceback (most recent call last):\n")
    answer = await waiting
    assert (answer.state, answer.read) == (State.FAIL, "Traceback (most recent call last):")


async def test_a_wait_that_brings_nothing_says_how_long_it_was(log: Path) -> None:
    log.write_text("begin\n")
    since = time.monotonic()
    answer = await look(around(log.parent), table("ready", "within = '300ms'"))
    assert (answer.state, answer.read) == (State.FAIL, "no line that matches 'ready' within 300ms")
    assert time.monotonic() - since >= 0.3


async def test_a_log_that_is_not_there_fails_whatever_is_wanted(log: Path) -> None:
    for more in ("", "absent = true"):
        answer = await look(around(log.parent), table("ready", more))
        assert (answer.state, answer.read) == (State.FAIL, f"there is no {log}")


async def test_what_is_no_file_cannot_be_read(log: Path) -> None:
    os.mkfifo(log)
    answer = await look(around(log.parent), table("ready"), within="5s")
    assert (answer.state, answer.read) == (State.ERROR, f"{log} is no regular file; wanted a log")
    log.unlink()
    log.mkdir()
    assert (await look(around(log.parent), table("ready"))).state is State.ERROR


async def test_a_timeout_lets_go_of_the_log(log: Path) -> None:
    log.write_text("begin\n")
    assert (await look(around(log.parent), table("ready", LONG), within="300ms")).state is State.ERROR
    assert log not in [Path(one.path) for one in psutil.Process().open_files()]


async def test_of_a_gigabyte_the_last_part_is_searched_in_little_memory(log: Path) -> None:
    with log.open("wb") as file:
        file.write(b"ready at the beginning\n")
        file.truncate(1 << 30)  # a hole: a line of a gigabyte of nothing
        file.seek(0, os.SEEK_END)
        file.write(b"\nstep 7\n")
    before = psutil.Process().memory_info().rss
    found = await look(around(log.parent), table(r"step (\d+)"))
    gone = await look(around(log.parent), table("ready"))
    assert (found.state, found.read) == (State.PASS, "7")
    assert (gone.state, gone.read) == (State.FAIL, "no line that matches 'ready' in its last 16 MiB")
    assert psutil.Process().memory_info().rss - before < 3 * TAIL_BYTES


def test_the_first_line_of_the_last_part_is_not_half_of_one(log: Path) -> None:
    log.write_bytes(b"not ready\n" * (TAIL_BYTES // 10 + 1000))
    tail = LogTail(log)
    lines = list(tail.lines(last=True))
    tail.close()
    assert set(lines) == {"not ready"}
    assert tail.is_cut


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        ('path = "a"', "wanted one of line and level"),
        ('path = "a"\nline = "("', "no regular expression"),
        ('path = "a"\nline = ""', "wanted one of line and level"),
        ('path = ""\nline = "x"', "length >= 1"),
        ('path = "a"\nline = "x"\nwithin = "long"', "not a duration"),
    ],
)
def test_what_cannot_be_meant_is_refused_when_the_list_is_read(keys: str, wanted: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=wanted):
        item(f'type = "metrics"\n{keys}')


def logged(log: Path, losses: list[str]) -> None:
    log.write_text("".join(f"Epoch 1/2 | Batch {10 * at} | Loss: {loss}\n" for at, loss in enumerate(losses, 1)))


@pytest.mark.parametrize(
    ("losses", "wanted", "state"),
    [
        (["2.5", "2.4", "2.3", "2.2"], "green", State.PASS),
        (["2.5", "2.4", "2.3", "2.2"], "yellow", State.PASS),
        (["2.5", "2.4", "2.3", "nan"], "yellow", State.FAIL),
        (["2.5"], "green", State.ERROR),
    ],
)
async def test_a_runs_level_is_the_one_that_the_watch_sees(
    log: Path, losses: list[str], wanted: str, state: State
) -> None:
    logged(log, losses)
    answer = await look(around(log.parent), f'type = "metrics"\npath = "train.log"\nlevel = "{wanted}"')
    assert answer.state is state, answer.read


async def test_a_level_of_a_log_that_is_not_there_is_none(log: Path) -> None:
    answer = await look(around(log.parent), 'type = "metrics"\npath = "train.log"\nlevel = "green"')
    assert answer.state is State.FAIL


@pytest.mark.parametrize("keys", ["", "line = 'x'\nlevel = 'green'", "level = 'green'\nwithin = '1s'"])
def test_a_check_that_asks_for_nothing_or_for_two_things_is_refused(keys: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        item(f'type = "metrics"\npath = "train.log"\n{keys}')
