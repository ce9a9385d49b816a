"""What a process uses, against what psutil says, and whatever stands in its name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from engine.host.processes import parse_use, use_of

REST = "1 1 1 0 -1 0 0 0 0 0 50 25 0 0 20 0 1 0 9 4096 3 99"


def test_this_process_is_as_psutil_sees_it() -> None:
    used = use_of(os.getpid())
    assert used is not None
    ours = psutil.Process()
    times = ours.cpu_times()
    assert used.cpu_s == pytest.approx(times.user + times.system, abs=0.5)
    assert used.resident_bytes == pytest.approx(ours.memory_info().rss, rel=0.1)
    assert not used.in_disk_wait


def test_a_process_that_is_gone_is_none() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert use_of(gone.pid) is None
    assert use_of(gone.pid, Path("/nonexistent")) is None


@pytest.mark.parametrize("name", ["worker", "a b", "a) D 1 2", ")", "(((", "a\nb"])
def test_a_name_is_never_taken_for_a_figure(name: str) -> None:
    used = parse_use(f"7 ({name}) S {REST}")
    assert used is not None
    assert (used.resident_bytes, used.in_disk_wait) == (3 * os.sysconf("SC_PAGE_SIZE"), False)
    assert used.cpu_s == 75 / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("text", ["", "7", "7 (a) S 1 2 3", f"7 (a) S {REST.replace('50', 'x')}"])
def test_what_is_no_line_of_a_process_is_none(text: str) -> None:
    assert parse_use(text) is None


def test_a_process_that_waits_for_a_disk_is_seen_to() -> None:
    used = parse_use(f"7 (a) D {REST}")
    assert used is not None
    assert used.in_disk_wait
