"""Advice to the page cache: it is taken where the system knows it, and never an error."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.host.pages import begin_to_write, read_ahead, reads_far_ahead


def test_a_file_holds_what_was_written_whatever_was_advised(tmp_path: Path) -> None:
    path = tmp_path / "file"
    content = os.urandom(100_000)
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        begin_to_write(file.fileno(), 0, len(content))
        begin_to_write(file.fileno(), 10 * len(content), 1)
    with path.open("rb") as file:
        read_ahead(file.fileno(), 0, 10 * len(content))
        assert file.read() == content


def test_a_descriptor_that_takes_no_advice_is_no_error() -> None:
    read_end, write_end = os.pipe()
    try:
        begin_to_write(write_end, 0, 1)
        read_ahead(read_end, 0, 1)
    finally:
        os.close(read_end)
        os.close(write_end)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(read_end)


@pytest.mark.skipif(not Path("/sys/class/bdi").is_dir(), reason="sysfs tells no read-ahead here")
def test_how_far_the_kernel_reads_ahead_is_read_from_it() -> None:
    told = {entry.name: int((entry / "read_ahead_kb").read_text()) for entry in Path("/sys/class/bdi").iterdir()}
    numbered = {name: kib for name, kib in told.items() if name.replace(":", "").isdigit()}
    assert numbered
    for name, kib in numbered.items():
        major, minor = map(int, name.split(":"))
        assert reads_far_ahead(os.makedev(major, minor)) == (kib >= 1024)


def test_of_an_unknown_device_nothing_is_taken_for_granted() -> None:
    assert not reads_far_ahead(os.makedev(4095, 1_048_575))
