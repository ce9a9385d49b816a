"""The candidates do what their names say, and the programs around them run."""

from __future__ import annotations

import tarfile
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import soundfile

from benchmarks import conversion
from benchmarks.conversion_plot import plot
from benchmarks.disk_limit import DiskLimit
from benchmarks.figures import Section, speeds
from benchmarks.lane import Lane, race
from benchmarks.made_shards import CODECS, Shard, fresh_copy, make_shard, shard_at
from benchmarks.measuring import Cost, Race
from benchmarks.memory import peak_bytes
from benchmarks.ours import ConvertedShard
from benchmarks.peers import ShardScript
from benchmarks.per_clip import Fit
from benchmarks.resamplers import Resample, by_scipy, by_sinc

CLIP_S = 0.25


@pytest.fixture
def shard(tmp_path: Path) -> Shard:
    return make_shard(tmp_path / "made" / "wav.tar", "wav", 100_000, CLIP_S)


def clips_of(tar_path: Path) -> dict[str, tuple[int, int]]:
    """The clips of a tar: rate and frames."""
    with tarfile.open(tar_path) as tar:
        held = {member.name: tar.extractfile(member) for member in tar}
        infos = {name: soundfile.info(BytesIO(file.read())) for name, file in held.items() if file is not None}
    return {name: (info.samplerate, info.frames) for name, info in infos.items()}


@pytest.mark.parametrize("codec", CODECS)
def test_a_made_shard_holds_what_it_says(tmp_path: Path, codec: str) -> None:
    made = make_shard(tmp_path / "made.tar", codec, 100_000, CLIP_S)
    assert shard_at(tmp_path / "made.tar") == made
    assert clips_of(Path(made.path)) == {f"clip_{n:06d}.{codec}": (48_000, 12_000) for n in range(made.clips)}
    assert made.pcm_bytes >= 100_000
    assert made.tar_bytes == Path(made.path).stat().st_size


def test_ours_converts_a_fresh_shard_in_each_round_and_tells_its_stages(shard: Shard, tmp_path: Path) -> None:
    ours = ConvertedShard(shard.path, str(tmp_path / "ours"))
    for _ in range(2):
        ours.prepare()
        work = ours.run()
        assert work.size_bytes == shard.pcm_bytes
        assert {"convert", "verify", "swap"} <= set(work.parts)
    assert clips_of(tmp_path / "ours" / "shard" / "audio.tar") == {
        f"clip_{n:06d}.wav": (16_000, 4_000) for n in range(shard.clips)
    }


def test_a_script_converts_as_many_clips_as_it_is_told(shard: Shard, tmp_path: Path) -> None:
    script = ShardScript("scipy resample_poly", shard.path, str(tmp_path / "script"), "2")
    script.prepare()
    assert script.run().size_bytes == 2 * shard.clip_bytes
    made = tmp_path / "script" / "shard" / "converted.tar"
    assert clips_of(made) == {f"clip_{n:06d}.wav": (16_000, 4_000) for n in range(2)}


def test_a_script_over_a_whole_shard_takes_its_originals_place(shard: Shard, tmp_path: Path) -> None:
    script = ShardScript("scipy resample_poly", shard.path, str(tmp_path / "script"))
    script.prepare()
    assert script.run().size_bytes == shard.pcm_bytes
    made = tmp_path / "script" / "shard" / "audio.tar"
    assert clips_of(made) == {f"clip_{n:06d}.wav": (16_000, 4_000) for n in range(shard.clips)}
    assert sorted(path.name for path in made.parent.iterdir()) == ["audio.tar"]


@pytest.mark.parametrize("resample", [by_scipy, by_sinc])
def test_a_resampler_keeps_a_tone_in_its_place(resample: Resample) -> None:
    at_48, at_16 = (np.sin(2 * np.pi * 1000 / rate * np.arange(rate // 10)) for rate in (48_000, 16_000))
    assert np.abs(resample(at_48) - at_16)[50:-50].max() < 0.02


@pytest.mark.parametrize("manner", ["in turn", "at once"])
def test_the_disks_limit_writes_a_third(shard: Shard, tmp_path: Path, manner: str) -> None:
    limit = DiskLimit(shard.path, str(tmp_path / "disk"), manner)
    limit.prepare()
    assert limit.run().size_bytes == shard.pcm_bytes
    assert (tmp_path / "disk" / "shard" / "written").stat().st_size == shard.tar_bytes // 3


def test_the_cost_of_a_clip_is_found_where_it_is_known() -> None:
    shards = [Shard("", clips, frames, 0) for clips, frames in ((1000, 4800), (100, 48_000), (10, 480_000), (50, 4800))]
    fit = Fit.of(shards, [0.01 + 20e-6 * shard.clips + 6e-10 * shard.pcm_bytes for shard in shards])
    assert (fit.shard_s, fit.clip_s, fit.byte_s) == pytest.approx((0.01, 20e-6, 6e-10))
    assert fit.largest_miss < 1e-9


def test_a_lane_measures_a_candidate_in_a_process_of_its_own() -> None:
    with Lane("benchmarks.ours:Kernel", "0.05") as lane:
        costs = race({"ours": lane}, 2)["ours"]
    assert [cost.size_bytes for cost in costs] == [8 * 4844] * 2
    assert all(0 < cost.cpu_s <= cost.wall_s + 0.02 for cost in costs)


def test_a_candidate_that_fails_ends_the_run() -> None:
    with pytest.raises(SystemExit, match="NoSuch has failed"):
        Lane("benchmarks.ours:NoSuch")


def test_a_workers_peak_is_read_from_the_real_worker(shard: Shard, tmp_path: Path) -> None:
    fresh_copy(shard, tmp_path / "worker", cold=False)
    assert 10e6 < peak_bytes(shard, tmp_path / "worker") < 1e9


def test_the_picture_is_well_formed_and_names_everyone() -> None:
    cost = [Cost(0.5, 0.5, 10**8)]
    drawn = plot([Section("Kernel & more", speeds=speeds(Race({"gonogo": cost, "a < b": cost}), "gonogo"))])
    texts = [element.text for element in ET.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")]
    assert {"Kernel & more", "gonogo", "a < b", "200"} <= set(texts)


def test_every_part_of_the_table_is_there() -> None:
    assert {"kernel", "wav", "disk", "flac", "clip", "memory", "scaling", "inventory"} == set(conversion.PARTS)
    assert all(callable(part) for part in conversion.PARTS.values())
