"""The benchmarks of the training artifacts count what they say they count."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pyarrow.parquet as pq
import pytest

from benchmarks.artifact_corpus import CLIPS, GROWTH, HOURS, STRATA, VIDEOS, Videos, write_manifest
from benchmarks.artifact_decode import BARE, CODECS, MEASURED, Loop, make_tar
from benchmarks.artifact_leak_count import groups_in_two_splits
from benchmarks.artifact_padding import Padded, drawn
from engine.dataset.decode.clip import Tars
from engine.dataset.decode.decoders import load_decoder
from engine.dataset.decode.loop import measure
from tests.engine.dataset.split.corpora import Row

COMMON = 2
ONE_VIDEO = [Row("a", "x"), Row("b", "x")]
SAME_AUDIO = [Row("a", "x", audio_hash="1"), Row("b", "y", audio_hash="1")]
CHAIN = [*SAME_AUDIO, Row("c", "y", audio_hash="2"), Row("d", audio_hash="2")]
JINGLE = [*SAME_AUDIO, Row("c", "z", audio_hash="1")]
WITHOUT_A_SECOND = [Row("a", "x", audio_hash="0", duration_s=0), Row("b", "y", audio_hash="0", duration_s=None)]
NAMELESS = [Row("x"), Row("b", "x")]


@pytest.mark.parametrize(
    ("clips", "splits", "found"),
    [
        (ONE_VIDEO, ["train", "test"], 1),
        (ONE_VIDEO, ["dev", "dev"], 0),
        (ONE_VIDEO, ["dev", "excluded"], 0),
        (SAME_AUDIO, ["train", "dev"], 1),
        (CHAIN, ["train", "train", "train", "test"], 1),
        (CHAIN, ["train", "excluded", "excluded", "test"], 0),
        ([*CHAIN, Row("e", "e"), Row("f", "e")], ["train", "train", "train", "test", "dev", "train"], 2),
        (JINGLE, ["train", "dev", "test"], 0),
        (WITHOUT_A_SECOND, ["train", "dev"], 0),
        (NAMELESS, ["train", "dev"], 0),
    ],
)
def test_leaks_are_counted_by_group(clips: list[Row], splits: list[str], found: int) -> None:
    assert groups_in_two_splits(clips, splits, COMMON) == found


def test_padding_is_counted_clip_by_clip() -> None:
    found = Padded.of(np.array([100.0, 150.0, 200.0, 250.0, 300.0, 300.0]), np.array([200.0, 300.0]))
    assert found.to_edge == pytest.approx(100 * (1 - 1300 / (3 * 200 + 3 * 300)))
    # Three clips of up to 200 s are one batch of 600 s; of those of up to 300 s two are.
    assert 100 * (1 - 1300 / (3 * 200 + 3 * 300)) >= found.in_batches >= 100 * (1 - 1300 / (600 + 2 * 300 + 250))


def test_the_durations_have_the_mean_and_the_tail_that_are_told() -> None:
    durations_s = drawn(1, 200_000)[0]
    assert durations_s.mean() == pytest.approx(5.9, rel=0.01)
    assert np.quantile(durations_s, 0.99) == pytest.approx(19.9, rel=0.01)
    assert durations_s.max() == 40.0


def test_the_corpus_has_its_hours_and_strata_and_grows_by_new_videos(tmp_path: Path) -> None:
    old = VIDEOS // 20
    videos = Videos.drawn(old, seed=1)
    assert videos.hours.size == round(old * GROWTH)
    small, grown = (
        pq.read_table(write_manifest(tmp_path / f"{count}.parquet", videos, count))
        for count in (old, round(old * GROWTH))
    )
    assert sum(small["duration_s"].to_pylist()) / 3600 == pytest.approx(HOURS / 20)
    assert grown.slice(0, small.num_rows).equals(small)
    assert small.num_rows == CLIPS * old == CLIPS * len(set(small["video_id"].to_pylist()))
    labels = zip(*(small[name].to_pylist() for name in ("language", "source", "bucket")), strict=True)
    assert STRATA * 0.8 <= len({(language, source, *bucket) for language, source, bucket in labels}) <= STRATA
    copies = small.num_rows - len(set(small["audio_hash"].to_pylist()))
    assert copies == pytest.approx(old / 100, rel=0.5)


@pytest.mark.parametrize("codec", CODECS)
def test_both_loops_decode_the_clips_of_a_tar(tmp_path: Path, codec: str) -> None:
    clips = make_tar(tmp_path / "clips.tar", codec, drawn(1, 6)[0].tolist())
    with Tars.opened() as tars:
        lap = measure(clips, load_decoder("soundfile"), tars)
    assert (len(lap.decode_s), lap.failures) == (6, {})
    listed = tmp_path / "clips.json"
    listed.write_bytes(msgspec.json.encode(clips))
    for kind in (BARE, MEASURED):
        work = Loop(kind, str(listed)).run()
        assert work.size_bytes == sum(clip.size_bytes for clip in clips)
        assert work.cpu_s is not None
        assert work.cpu_s > 0
