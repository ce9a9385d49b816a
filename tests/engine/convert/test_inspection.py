"""One large tar looked at: what a sample may say of it, and what it leaves to a walk."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.inventory_latency import write_sidecar, write_tar
from engine.convert.inspection import inspect_shard
from engine.convert.tasks import Inspect, Inspection, Result
from engine.crew.answers import State
from engine.crew.pulse import Pulse
from engine.crew.wire import ShardRef
from engine.shards.files import RealFiles

CLIPS, CLIP_S = 300, 3.0
"""A tar of 86 MB, nearly all of it a hole."""


def plant(folder: Path, *, rows: int | None = None, told_s: float = CLIP_S, rate_hz: int = 48_000) -> Path:
    """Write a large tar, and a sidecar beside it where ``rows`` is not 0; return the tar."""
    names = write_tar(folder / "audio.tar", CLIPS, CLIP_S, rate_hz)
    if rows != 0:
        write_sidecar(folder / "metadata.parquet", names[:rows], told_s)
    return folder / "audio.tar"


def inspect(tar: Path, *, full: bool = False) -> Result:
    sidecar = tar.with_name("metadata.parquet")
    shard = ShardRef(
        folder=str(tar.parent),
        audio_name=tar.name,
        lone=False,
        sidecar=str(sidecar) if sidecar.exists() else None,
        lock=None,
    )
    order = Inspect(task="s", shard=shard, probes=16, full=full)
    return inspect_shard(RealFiles(), order, Pulse("s", lambda _: None, lambda: False))


def seen(result: Result) -> Inspection:
    assert result.inspection is not None
    return result.inspection


def headers(tar: Path) -> list[int]:
    """Where the headers of such a tar are."""
    step = int(CLIP_S * 48_000) * 2 + 44
    return [number * (512 + step + -step % 512) for number in range(CLIPS)]


def cut_short(tar: Path) -> str:
    os.truncate(tar, headers(tar)[-20] + 512 * 100)
    return "longer than the rest"


def leave_unfinished(tar: Path) -> str:
    os.truncate(tar, headers(tar)[-1])
    return "without its end-of-archive marker"


def overwrite(tar: Path, offsets: list[int], count: int) -> None:
    with tar.open("r+b") as file:
        for offset in offsets:
            os.pwrite(file.fileno(), b"\xa5" * count, offset)


def damage_headers(tar: Path) -> str:
    overwrite(tar, headers(tar)[100:130], 512)
    return "checksum is no number"


def damage_clips(tar: Path) -> str:
    overwrite(tar, [offset + 512 for offset in headers(tar)[100:200]], 64)
    return "begins like no audio"


@pytest.mark.parametrize("damage", [cut_short, leave_unfinished, damage_headers, damage_clips])
def test_damage_that_a_sample_meets_is_told_as_a_walk_tells_it(tmp_path: Path, damage: Callable[[Path], str]) -> None:
    tar = plant(tmp_path)
    words = damage(tar)
    sampled, walked = inspect(tar), inspect(tar, full=True)
    assert sampled.state is State.QUARANTINED
    assert words in str(sampled.fault)
    assert sampled.fault == walked.fault


@pytest.mark.parametrize(
    ("rate_hz", "state", "exact"),
    [(48_000, State.PENDING, False), (16_000, State.SKIPPED, False), (44_100, State.QUARANTINED, True)],
)
def test_only_good_news_rests_on_a_sample(tmp_path: Path, rate_hz: int, state: State, exact: bool) -> None:
    result = inspect(plant(tmp_path, rate_hz=rate_hz))
    assert (result.state, seen(result).members_are_exact) == (state, exact)


def test_durations_that_contradict_the_samples_are_found(tmp_path: Path) -> None:
    result = inspect(plant(tmp_path, told_s=3 * CLIP_S))
    assert result.state is State.QUARANTINED
    assert "contradict" in str(result.fault)


def test_a_sidecar_that_does_not_fit_the_samples_is_flagged(tmp_path: Path) -> None:
    unfound, too_few = inspect(plant(tmp_path, rows=100)).flags
    assert "sampled clips have no row in the sidecar" in unfound
    assert too_few.startswith("the sidecar has 100 rows for about 3")


def test_a_large_tar_without_a_sidecar_is_flagged_and_sampled(tmp_path: Path) -> None:
    result = inspect(plant(tmp_path, rows=0))
    assert (result.state, result.flags) == (State.PENDING, ("no sidecar",))
    assert seen(result).clips == pytest.approx(CLIPS, rel=0.1)
