"""What earlier runs found is believed where it holds here, and is never needed."""

from __future__ import annotations

from pathlib import Path

import msgspec

from engine.audio.formats import ClipInfo, Codec, SampleFormat
from engine.convert.auto_advice import INVENTORY_JOURNAL, SWEEP_REPORT, Advice, read_advice
from engine.convert.inventory import Known
from engine.convert.sweep_events import SweepGroup, SweepSummary
from engine.convert.sweep_verdict import Limit
from engine.convert.tasks import Inspection, Result
from engine.crew.answers import State
from engine.crew.artifacts import artifact, write_whole
from engine.run.outcome import Outcome


def group(codec: str, workers: int, *sources: str) -> SweepGroup:
    return SweepGroup(
        codec=codec,
        bytes_to_do=1,
        recommended_workers=workers,
        limited_by=Limit.DISK,
        why="",
        mb_per_s=1.0,
        estimate_s=1.0,
        disk_allows=1,
        figures=(),
        sources=sources,
    )


def swept(state: Path, *groups: SweepGroup, cpus: int = 8) -> None:
    summary = SweepSummary(job="sweep", outcome=Outcome.OK, seconds=1.0, counts={}, tried=1, usable_cpus=cpus)
    write_whole(artifact(state, SWEEP_REPORT), msgspec.json.encode(summary.but(codecs=groups)))


def seen(state: Path, shard: str, *codecs: Codec) -> None:
    clips = tuple(ClipInfo(codec, SampleFormat.PCM_16, 48_000, 1, 48_000) for codec in codecs)
    result = Result(task=shard, state=State.PENDING, seconds=0.0, inspection=Inspection(audio=clips))
    with (state / INVENTORY_JOURNAL).open("ab") as journal:
        journal.write(msgspec.json.encode(Known(shard, (None,), result)) + b"\n")


def test_where_nothing_ran_before_nothing_is_known(tmp_path: Path) -> None:
    assert read_advice(tmp_path, 8) == Advice()
    assert Advice().codec("a/shard_0", "a") == ""


def test_a_sweep_tells_the_workers_of_each_codec_and_the_codec_of_each_source(tmp_path: Path) -> None:
    swept(tmp_path, group("wav", 2, "street", "studio"), group("flac", 8, "archive"))
    found = read_advice(tmp_path, 8)
    assert found.workers == {"wav": 2, "flac": 8}
    assert found.codec("archive/shard_7", "archive") == "flac"
    assert found.codec("unheard-of/shard_7", "unheard-of") == ""


def test_a_sweep_on_other_processors_tells_no_numbers(tmp_path: Path) -> None:
    swept(tmp_path, group("wav", 2, "street"), cpus=32)
    found = read_advice(tmp_path, 8)
    assert found.workers == {}
    assert found.codec("street/shard_0", "street") == "wav"


def test_an_inventory_knows_each_shard_better_than_a_sweep_knows_its_source(tmp_path: Path) -> None:
    swept(tmp_path, group("wav", 2, "street"))
    seen(tmp_path, "street/shard_1", Codec.FLAC)
    seen(tmp_path, "street/shard_2", Codec.WAV, Codec.FLAC)
    seen(tmp_path, "street/shard_3")
    found = read_advice(tmp_path, 8)
    codecs = [found.codec(f"street/shard_{number}", "street") for number in range(4)]
    assert codecs == ["wav", "flac", "flac+wav", "wav"]


def test_a_damaged_report_is_named_and_the_inventory_still_counts(tmp_path: Path) -> None:
    write_whole(artifact(tmp_path, SWEEP_REPORT), b'{"type":"summ')
    seen(tmp_path, "street/shard_1", Codec.FLAC)
    found = read_advice(tmp_path, 8)
    assert found.fault is not None
    assert SWEEP_REPORT in found.fault.file
    assert "sweep again" in str(found.fault)
    assert found.codec("street/shard_1", "street") == "flac"
