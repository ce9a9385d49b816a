"""A command in a folder that was deleted under it, as after ``rm -rf`` in another pane."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.app.program import Ended, Gonogo

_DELETES = 'rmdir "$PWD" && exec "$@"'


def in_a_gone_folder(gonogo: Gonogo, *args: str | Path) -> Ended:
    here = gonogo.home / "gone"
    here.mkdir()
    done = subprocess.run(
        ["sh", "-c", _DELETES, "sh", sys.executable, "-P", "-m", "app", *map(str, args)],
        env=gonogo.env,
        cwd=here,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert not here.exists()
    return Ended(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(
    "line",
    [
        "convert .",
        "inventory .",
        "inventory corpus",
        "window . --plan",
        "config validate",
        "config validate .",
        "doctor",
        "init .",
        "checklist list",
        "verdict",
        "demo",
    ],
)
def test_a_folder_that_is_gone_is_told_in_one_line_with_the_way_out(gonogo: Gonogo, line: str) -> None:
    ended = in_a_gone_folder(gonogo, *line.split())
    assert ended.code == 2, ended.stderr
    (told,) = ended.stderr.splitlines()
    assert told.startswith(f"gonogo: {gonogo.home / 'gone'}: the folder in which gonogo was started is gone")
    assert "cd to one that exists" in told


def test_a_program_reads_the_same_from_stdout(gonogo: Gonogo) -> None:
    ended = in_a_gone_folder(gonogo, "--json", "inventory", ".")
    assert (ended.code, ended.summary["outcome"]) == (2, "error")
    (refused,) = ended.of_type("error")
    assert "is gone" in refused["problem"]


def test_what_asks_for_a_level_is_told_that_it_is_unknown(gonogo: Gonogo) -> None:
    assert in_a_gone_folder(gonogo, "watch", "x.log", "--once").code == 3


def test_what_needs_no_folder_works_in_one_that_is_gone(gonogo: Gonogo, tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    assert in_a_gone_folder(gonogo, "--help").code == 0
    ended = in_a_gone_folder(gonogo, "config", "show", tmp_path / "corpus")
    assert (ended.code, ended.stderr) == (0, "")
