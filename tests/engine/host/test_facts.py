import os
import platform
from pathlib import Path

import msgspec
import pytest

from engine.host.facts import (
    HostFacts,
    cpu_quota,
    host_facts,
    package_versions,
    parse_cpu_max,
    usable_cpus,
    usable_memory_bytes,
)


def test_facts_describe_this_machine_and_can_be_recorded() -> None:
    facts = host_facts()
    assert (facts.python, facts.hostname) == (platform.python_version(), platform.node())
    assert 1 <= facts.usable_cpus <= facts.cpus
    assert facts.memory_bytes > 10**8
    assert msgspec.json.decode(msgspec.json.encode(facts), type=HostFacts) == facts


def test_affinity_bounds_the_processors() -> None:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert usable_cpus() == 1
    finally:
        os.sched_setaffinity(0, before)


@pytest.mark.parametrize(
    ("text", "quota"), [("max 100000", None), ("400000 100000", 4.0), ("150000 100000", 1.5), ("", None), ("7", None)]
)
def test_a_container_quota_is_read(text: str, quota: float | None) -> None:
    assert parse_cpu_max(text) == quota


def test_the_tightest_limit_above_us_holds(tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text("200000 100000\n")
    (tmp_path / "memory.max").write_text("1000000\n")
    assert cpu_quota(tmp_path) == 2.0
    assert usable_memory_bytes(tmp_path) == 1_000_000


def test_an_old_container_quota_is_read_and_no_limit_is_none(tmp_path: Path) -> None:
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu/cpu.cfs_period_us").write_text("100000\n")
    (tmp_path / "cpu/cpu.cfs_quota_us").write_text("-1\n")
    assert cpu_quota(tmp_path) is None
    (tmp_path / "cpu/cpu.cfs_quota_us").write_text("300000\n")
    assert cpu_quota(tmp_path) == 3.0


def test_versions_of_what_is_not_installed_are_left_out() -> None:
    assert list(package_versions(["numpy", "no-such-distribution"])) == ["numpy"]
