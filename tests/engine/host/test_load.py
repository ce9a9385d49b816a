"""What the kernel tells of processors and disks, and what is made of it where it tells nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from engine.host.load import Counters, Load, parse_pressure, parse_stat


def test_shares_are_of_the_processors_that_may_be_used() -> None:
    before = Counters(100.0, idle_s=10.0, iowait_s=1.0, io_stalled_s=0.5)
    after = Counters(110.0, idle_s=20.0, iowait_s=6.0, io_stalled_s=3.0, io_waiting_s=5.0)
    assert after.since(before, usable_cpus=4) == Load(idle=0.25, iowait=0.125, io_stalled=0.25, io_waiting=0.5)
    assert after.since(before, usable_cpus=4).spare == pytest.approx(0.375)


def test_idle_processors_that_are_not_ours_do_not_count_twice() -> None:
    load = Counters(10.0, idle_s=300.0, iowait_s=5.0, io_stalled_s=0.0).since(Counters(0.0, 0.0, 0.0, 0.0), 2)
    assert load == Load(idle=0.75, iowait=0.25, io_stalled=0.0)


def test_counters_that_go_back_or_stand_still_give_no_share() -> None:
    one = Counters(10.0, idle_s=5.0, iowait_s=5.0, io_stalled_s=5.0)
    assert Counters(10.0, 0.0, 0.0, 0.0).since(one, 1) == Load(0.0, 0.0, 0.0)


@pytest.mark.parametrize("text", ["", "cpu", "cpu  1 2 3", "cpu  a b c d e f", "intr 1 2 3"])
def test_a_kernel_that_tells_nothing_of_processors_counts_as_busy(text: str) -> None:
    assert parse_stat(text) == (0, 0)


@pytest.mark.parametrize("text", ["", "some total=5", "full avg10=0.00", "full total=x"])
def test_a_kernel_without_pressure_counts_as_unpressed(text: str) -> None:
    assert parse_pressure(text, "full") == 0.0


def test_files_that_are_not_there_are_no_error(tmp_path: Path) -> None:
    found = Counters.read(tmp_path)
    assert (found.idle_s, found.iowait_s, found.io_stalled_s) == (0.0, 0.0, 0.0)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_this_machine_has_been_idle_at_some_time() -> None:
    assert Counters.read().idle_s > 0
