from __future__ import annotations

import getpass
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from engine.checklist.answers import State
from tests.engine.checklist.asking import around, item, look


@pytest.fixture
def mark() -> Iterator[str]:
    """What two programs that run have on their command lines, and nothing else on this machine."""
    mark = f"mark-{uuid.uuid4().hex}"
    argv = [sys.executable, "-c", "print(flush=True); input()", mark, "--password=hush"]
    running = [subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(2)]
    for one in running:
        assert one.stdout is not None
        one.stdout.readline()
    yield mark
    for one in running:
        one.communicate(b"\n")


def table(match: str, more: str = "") -> str:
    return f'type = "process"\nmatch = "{match}"\n{more}'


@pytest.mark.parametrize(
    ("more", "state", "wanted"),
    [
        ("", State.PASS, ""),
        ("min_count = 2\nmax_count = 2", State.PASS, ""),
        ("min_count = 3", State.FAIL, "; wanted at least 3"),
        ("max_count = 1", State.FAIL, "; wanted exactly 1"),
        ("min_count = 0\nmax_count = 1", State.FAIL, "; wanted 0 to 1"),
        ("min_count = 0\nmax_count = 0", State.FAIL, "; wanted exactly 0"),
    ],
)
async def test_running_programs_are_counted(tmp_path: Path, mark: str, more: str, state: State, wanted: str) -> None:
    answer = await look(around(tmp_path), table(mark, more))
    assert answer.state is state
    assert answer.read.startswith("2 processes: ")
    assert answer.read.partition(";")[1] + answer.read.partition(";")[2] == wanted


async def test_command_lines_are_not_shown_for_they_may_carry_passwords(tmp_path: Path, mark: str) -> None:
    answer = await look(around(tmp_path), table(f"{mark} --password"))
    assert answer.state is State.PASS
    assert "hush" not in str(answer)


async def test_the_processes_of_other_users_do_not_count(tmp_path: Path, mark: str) -> None:
    assert (await look(around(tmp_path), table(mark, f'user = "{getpass.getuser()}"'))).state is State.PASS
    assert (await look(around(tmp_path), table(mark, 'user = "nobody-of-this-name"'))).read.startswith("0 processes")


def test_who_asks_and_what_started_it_do_not_count(tmp_path: Path) -> None:
    program = (
        "import asyncio, pathlib, sys\nfrom tests.engine.checklist.asking import around, look\n"
        "table = 'type = \"process\"\\nmatch = \"' + sys.argv[2] + '\"'\n"
        "print(asyncio.run(look(around(pathlib.Path(sys.argv[1])), table)).read)"
    )
    mark = f"mark-{uuid.uuid4().hex}"
    shell = ["sh", "-c", '"$0" "$@"; exit $?', sys.executable, "-c", program, str(tmp_path), mark]
    said = subprocess.run(shell, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3]).stdout
    assert said.startswith("0 processes; wanted at least 1")


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        ("", "missing required field `match`"),
        ('match = ""', "length >= 1"),
        ('match = "("', "no regular expression"),
        ('match = "x"\nmax_count = 0', "min_count 1 is more than max_count 0"),
        ('match = "x"\nmin_count = 0', "any number would do"),
        ('match = "x"\nmin_count = -1', ">= 0"),
        ('match = "x"\nuser = "-u"', "wanted one word"),
    ],
)
def test_what_cannot_be_meant_is_refused_when_the_list_is_read(keys: str, wanted: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=wanted):
        item(f'type = "process"\n{keys}')
