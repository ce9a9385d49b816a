from __future__ import annotations

import time
from pathlib import Path

from engine.watch.machine.host import COUNTED_S, HostGauge, HostLook, HostReader
from engine.watch.machine.host_wording import host_line


def test_the_host_tells_its_memory_and_the_room_for_checkpoints(tmp_path: Path) -> None:
    look = HostReader(tmp_path / "not" / "yet").look()
    assert 0 < look.memory_used_bytes <= look.memory_bytes
    assert look.disk_free_bytes is not None
    assert look.disk_bytes is not None
    assert 0 < look.disk_free_bytes <= look.disk_bytes
    assert look.cpus >= 1


def test_the_first_look_knows_no_processor_time_and_the_second_does() -> None:
    reader = HostReader()
    first = reader.look()
    assert (first.cpu_percent, first.disk_free_bytes) == (None, None)
    give_up = time.monotonic() + 5
    while (second := reader.look()).cpu_percent is None:  # the kernel counts in hundredths of a second
        assert time.monotonic() < give_up
    assert 0 <= second.cpu_percent <= 100


def newest(gauge: HostGauge) -> HostLook:
    gauge.look()
    assert gauge.newest is not None
    return gauge.newest


def test_a_gauge_looks_at_once_and_again_as_soon_as_processor_time_can_be_told() -> None:
    gauge = HostGauge(HostReader())
    first = newest(gauge)
    assert first.cpu_percent is None
    assert newest(gauge) is first, "too early to look again"
    give_up = time.monotonic() + 10 * COUNTED_S
    while (second := newest(gauge)) is first:
        assert time.monotonic() < give_up
    assert second.cpu_percent is not None
    assert newest(gauge) is second, "from now on it is looked at less often"


def test_a_line_tells_what_is_known_of_the_host() -> None:
    look = HostLook(37.4, 3.14, 8, 12_300_000_000, 64_000_000_000, 0, 100_000_000_000, 500_000_000_000)
    told = "host: CPU 37 % busy, load 3.1 on 8 processors, memory 12.3 GB of 64.0 GB"
    assert host_line(look) == f"{told}, 100 GB of 500 GB free for checkpoints"
    bare = HostLook(None, None, 1, 10**9, 2 * 10**9, 10**9, None, None)
    assert host_line(bare) == "host: 1 processor, memory 1.00 GB of 2.00 GB, 1.00 GB swapped out"
