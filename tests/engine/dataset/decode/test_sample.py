from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.dataset.decode.sample import Sample, Stratum, draw, fair_shares, quartile_bounds
from engine.errors import DamagedError, UsageError

ROWS = 4_000


def manifest(path: Path, order: npt.NDArray[np.int64] | None = None, **changed: Sequence[object]) -> Path:
    random = np.random.default_rng(7)
    number = np.arange(ROWS)
    columns: dict[str, Sequence[object]] = {
        "source": np.where(number % 10, "final-export", "it's").tolist(),
        "shard": [f"shard_{each // 50:05d}" for each in number],
        "tar": ["audio.tar"] * ROWS,
        "offset": (number % 50 * 4096 + 512).tolist(),
        "size": random.integers(1_000, 100_000, ROWS).tolist(),
        "duration_s": np.minimum(random.lognormal(1.6, 0.6, ROWS), 40.0).tolist(),
        "codec": np.where(number % 4, "pcm_s16le", "flac").tolist(),
    }
    columns.update(changed)
    table = pa.table(columns)
    pq.write_table(table if order is None else table.take(order), path, row_group_size=1_000)
    return path


def drawn(path: Path, clips: int = 200, key: str = "") -> Sample:
    return draw(
        path, lambda source, shard, tar: Path("/corpus") / source / shard / tar, near=path.parent, clips=clips, key=key
    )


def test_each_codec_source_and_quartile_gives_an_equal_share(tmp_path: Path) -> None:
    sample = drawn(manifest(tmp_path / "manifest.parquet"))
    assert len(sample.clips) == 200
    assert len({(clip.tar, clip.offset_bytes) for clip in sample.clips}) == 200
    assert sum(each.drawn for each in sample.strata) == 200
    assert {each.drawn for each in sample.strata} <= {12, 13}
    assert sum(each.clips for each in sample.strata) == ROWS
    assert Counter((clip.codec, clip.source) for clip in sample.clips).keys() == {
        (codec, source) for codec in ("flac", "pcm_s16le") for source in ("final-export", "it's")
    }
    for each in sample.strata:
        of_pair = sum(
            other.clips for other in sample.strata if (other.codec, other.source) == (each.codec, each.source)
        )
        assert each.clips == pytest.approx(of_pair / 4, rel=0.1)


def test_clips_are_what_the_manifest_says_of_them(tmp_path: Path) -> None:
    path = manifest(tmp_path / "manifest.parquet")
    rows = {(row["shard"], row["offset"]): row for row in pq.read_table(path).to_pylist()}
    for clip in drawn(path).clips:
        row = rows[clip.tar.split("/")[3], clip.offset_bytes]
        assert clip.tar == f"/corpus/{row['source']}/{row['shard']}/audio.tar"
        assert (clip.size_bytes, clip.duration_s, clip.codec) == (row["size"], row["duration_s"], row["codec"])


def test_the_same_manifest_gives_the_same_clips_whatever_the_order_of_its_rows(tmp_path: Path) -> None:
    straight = drawn(manifest(tmp_path / "1.parquet"))
    mixed = drawn(manifest(tmp_path / "2.parquet", np.random.default_rng(1).permutation(ROWS)))
    assert mixed.clips == straight.clips
    assert drawn(tmp_path / "1.parquet", key="other").clips != straight.clips


def test_clips_that_nobody_could_decode_are_not_drawn(tmp_path: Path) -> None:
    codecs = [None if row % 2 else "" if row % 4 else "flac" for row in range(ROWS)]
    lasts = [float("nan") if row % 8 == 0 else 2.0 for row in range(ROWS)]
    sample = drawn(manifest(tmp_path / "manifest.parquet", codec=codecs, duration_s=lasts))
    assert sum(each.clips for each in sample.strata) == ROWS // 8
    assert {(clip.codec, clip.duration_s) for clip in sample.clips} == {("flac", 2.0)}


def test_asking_for_more_than_there_is_gives_all(tmp_path: Path) -> None:
    assert len(drawn(manifest(tmp_path / "manifest.parquet"), clips=ROWS * 2).clips) == ROWS


def test_nothing_to_draw_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="clips with a codec and a duration"):
        drawn(manifest(tmp_path / "manifest.parquet", codec=[""] * ROWS))
    with pytest.raises(UsageError, match="0 clips to draw: wanted 1 or more"):
        drawn(tmp_path / "manifest.parquet", clips=0)


def test_a_table_that_is_no_manifest_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "manifest.parquet"
    pq.write_table(pa.table({"text": ["a"]}), path)
    with pytest.raises(
        DamagedError, match=r"manifest\.parquet: the manifest cannot be read: .*make the manifest again"
    ):
        drawn(path)


@given(st.dictionaries(st.integers(0, 30), st.integers(0, 50), min_size=1), st.integers(0, 300))
def test_shares_are_equal_but_for_those_who_have_less(there: dict[int, int], wanted: int) -> None:
    strata = {Stratum("flac", str(name), 1): count for name, count in there.items()}
    shares = fair_shares(strata, wanted)
    assert sum(shares.values()) == min(wanted, sum(there.values()))
    least_limited = min((share for each, share in shares.items() if share < strata[each]), default=None)
    for each, share in shares.items():
        assert 0 <= share <= strata[each]
        assert least_limited is None or share <= least_limited + 1


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, unique_by=lambda pair: pair[0]))
def test_quartiles_are_cut_by_nearest_rank(counted: list[tuple[int, int]]) -> None:
    slots = sorted(counted)
    everything = np.repeat([slot for slot, _ in slots], [count for _, count in slots])
    wanted = [int(everything[-(-len(everything) * quarter // 4) - 1]) for quarter in (1, 2, 3)]
    assert quartile_bounds([("flac", "a", *pair) for pair in slots]) == {("flac", "a"): wanted}
