from __future__ import annotations

import time
from pathlib import Path

from engine.watch.machine.host import HostReader


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
