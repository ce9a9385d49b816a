"""The heap keeps what was freed: buffers that come and go cost no new pages."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
from engine.host.memory import keep_freed_memory
assert sys.argv[1] == "as it is" or keep_freed_memory()
def work():
    for _ in range(100):
        held = [bytearray(300_000) for _ in range(8)]
        del held
work()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
work()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how: str) -> int:
    done = subprocess.run([sys.executable, "-c", PROGRAM, how], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the heap of another C library has no such setting")
def test_buffers_that_come_and_go_cost_no_new_pages() -> None:
    kept, usual = faults("kept"), faults("as it is")
    assert kept < 500
    assert usual > 10 * kept
