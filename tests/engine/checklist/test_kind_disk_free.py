from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from engine.checklist.answers import Answer, State
from engine.checklist.kinds.disk_free import Sum, parse_sum
from engine.config import Settings
from engine.config.sections import Convert
from engine.host.disk import free_bytes
from engine.units import show_bytes
from tests.engine.checklist.asking import around, item, look


async def ask(folder: Path, keys: str, convert: Convert | None = None) -> Answer:
    settings = Settings(convert=convert) if convert is not None else None
    path = os.pathsep.join((str(folder / "bin"), os.environ["PATH"]))
    looks = around(folder, settings=settings, env={**os.environ, "PATH": path})
    return await look(looks, f'type = "disk_free"\npath = "."\n{keys}')


@pytest.mark.parametrize(
    ("text", "total"),
    [
        ("floor", Sum(floors=1)),
        ("200GB", Sum(bytes=200 * 10**9)),
        ("5%", Sum(percent=5)),
        ("floor + workers * 1.2GB", Sum(floors=1, worker_bytes=1_200_000_000)),
        (" 1k+1.2GB *workers+ 2.5 %+1 ", Sum(bytes=1001, worker_bytes=1_200_000_000, percent=2.5)),
    ],
)
def test_a_sum_is_read_as_it_is_said(text: str, total: Sum) -> None:
    assert parse_sum(text) == total


@pytest.mark.parametrize(
    "text", ["", "much", "floor +", "floor * 2", "workers", "-5GB", "5 percent", "100%", "60%+40%"]
)
def test_what_is_no_sum_is_a_fault_of_the_list(text: str) -> None:
    with pytest.raises(msgspec.ValidationError, match="min"):
        item(f'type = "disk_free"\nmin = "{text}"')


async def test_room_over_the_floor_is_told_as_ever(tmp_path: Path) -> None:
    answer = await ask(tmp_path, "", Convert(floor="1KB"))

    assert answer.state is State.PASS
    assert answer.read.endswith(" free over a floor of 1.00 kB")


async def test_workers_and_the_floor_are_added_up(tmp_path: Path) -> None:
    keys = 'min = "floor + workers * 1.5kB"'

    answer = await ask(tmp_path, keys, Convert(floor="1KB", workers=4))

    assert answer.state is State.PASS
    assert answer.read.endswith(" free, wanted more than 7.00 kB (floor + workers * 1.5kB, with 4 workers)")


@pytest.mark.parametrize("wanted", ["900TB", "99.999%"])
async def test_too_little_room_fails_with_both_values(tmp_path: Path, wanted: str) -> None:
    answer = await ask(tmp_path, f'min = "{wanted}"')

    assert answer.state is State.FAIL
    assert answer.read.startswith(show_bytes(free_bytes(tmp_path))[:2])
    assert "wanted more than" in answer.read


async def test_a_folder_that_is_not_there_yet_is_asked_for_its_volume(tmp_path: Path) -> None:
    answer = await look(around(tmp_path), 'type = "disk_free"\npath = "to/be/made"\nmin = "1kB"')

    assert answer.state is State.PASS


def quota(folder: Path, script: str) -> None:
    """Put a program in the place of ``quota``, which asks the kernel for what a test cannot set up."""
    (folder / "bin").mkdir()
    program = folder / "bin/quota"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def mount_of(path: Path) -> Path:
    return path if os.path.ismount(path) else mount_of(path.parent)


def told_by_quota(folder: Path, used: str, soft: int, hard: int) -> str:
    """Write what the Linux quota tools 4 say with our options."""
    return (
        "cat <<'END'\n"
        "Disk quotas for user joe (uid 1000): \n"
        "     Filesystem   space   quota   limit   grace   files   quota   limit   grace\n"
        f"   /some/other      99     100     100       0       1       0       0       0\n"
        f"{mount_of(folder)!s:>15}  {used:>6}  {soft:>6}  {hard:>6}       0      12*      5       0 1700000000\n"
        "Disk quotas for group audio (gid 29): none\n"
        "END"
    )


@pytest.mark.parametrize(
    ("limits", "state", "left"),
    [
        (("1000", 0, 4000), State.PASS, "3.07 MB"),
        (("1000", 3000, 4000), State.PASS, "2.05 MB"),
        (("1000", 1500, 4000), State.FAIL, "512 kB"),
        (("4500*", 3000, 4000), State.FAIL, "0 B"),
    ],
)
async def test_what_the_quota_leaves_is_compared_too(
    tmp_path: Path, limits: tuple[str, int, int], state: State, left: str
) -> None:
    quota(tmp_path, told_by_quota(tmp_path, *limits) + ("\nexit 1" if "*" in limits[0] else ""))

    answer = await ask(tmp_path, 'min = "1MB"\nquota = true')

    assert answer.state is state, answer
    assert answer.read.endswith(f"quota leaves {left}")
    assert answer.output is not None


async def test_a_volume_without_a_quota_is_asked_for_its_room_alone(tmp_path: Path) -> None:
    quota(tmp_path, "echo 'Disk quotas for user joe (uid 1000): none'")

    answer = await ask(tmp_path, 'min = "1MB"\nquota = true')

    assert answer.state is State.PASS
    assert answer.read.endswith("no quota on it")


async def test_a_quota_that_cannot_be_asked_is_no_answer(tmp_path: Path) -> None:
    quota(tmp_path, "echo 'quota: cannot reach the server' >&2; exit 1")

    answer = await ask(tmp_path, 'min = "1MB"\nquota = true')

    assert answer.state is State.ERROR
    assert answer.read == "the quota is not known: quota ended with 1: quota: cannot reach the server"


async def test_a_machine_without_the_quota_program_is_no_answer(tmp_path: Path) -> None:
    looks = around(tmp_path, env={"PATH": str(tmp_path)})

    answer = await look(looks, 'type = "disk_free"\npath = "."\nmin = "1MB"\nquota = true')

    assert answer.state is State.ERROR
    assert "quota cannot be started" in answer.read
