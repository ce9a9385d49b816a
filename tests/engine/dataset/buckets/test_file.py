from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.dataset.buckets.batches import MemoryModel
from engine.dataset.buckets.buckets import Batches, Buckets, Cutting, Found, cut, make_buckets
from engine.dataset.buckets.calibration import Evidence, Outcome, calibrate
from engine.dataset.buckets.durations import Histogram, Limits
from engine.dataset.buckets.file import lhotse_lines, nemo_lines, read_buckets, render, write_buckets
from engine.errors import ConfigError, UsageError

DURATIONS = np.minimum(np.random.default_rng(5).lognormal(1.6, 0.6, 5_000), 40.0)
LIMITS = Limits(0.5, 30.0)
COUNTED = Histogram.count([DURATIONS], LIMITS)
EDGES = cut(COUNTED, 6, Cutting.OPTIMAL)
MODEL = MemoryModel(fixed_bytes=1e9, per_second_bytes=2.5e6)
BATCHES = Batches(
    found=Found.BY_STEPS,
    memory_fraction=0.9,
    sizes=[96, 48, 48, 30, 16, 8],
    steps=2,
    model=MODEL,
    tried=[
        Evidence(seconds=30.0, batch=32, fits=False, wall_s=1.25, said='CUDA "out" of memory\\ \x1b'),
        Evidence(seconds=30.0, batch=8, fits=True, wall_s=0.5),
    ],
)
INPUTS = {"manifest.parquet": "a" * 32, 'odd name\n"': "b"}


def buckets(batches: Batches | None = BATCHES, *, merges: bool = False) -> Buckets:
    return make_buckets(COUNTED, EDGES, batches, INPUTS, bins=6, limits=LIMITS, merges=merges)


def test_the_file_is_toml_and_reads_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "artifacts" / "buckets.toml"
    write_buckets(path, buckets())
    tables = tomllib.loads(path.read_text())
    assert tables["bucket_duration_bins"] == EDGES
    assert tables["bucket_batch_size"] == BATCHES.sizes
    assert tables["batches"]["tried"][1] == {"seconds": 30.0, "batch": 8, "fits": True, "wall_s": 0.5, "said": ""}
    read = read_buckets(path)
    assert msgspec.structs.replace(read, inputs={}, batches=None) == msgspec.structs.replace(
        buckets(), inputs={}, batches=None
    )
    assert read.batches is not None
    assert read.batches.model == MODEL
    assert read.batches.tried[0].said == 'CUDA "out" of memory\\ \\x1b'
    assert [each.name for each in path.parent.iterdir()] == ["buckets.toml"]


def test_a_second_write_is_byte_identical(tmp_path: Path) -> None:
    first, second = tmp_path / "1.toml", tmp_path / "2.toml"
    write_buckets(first, buckets())
    write_buckets(second, read_buckets(first))
    assert second.read_bytes() == first.read_bytes()


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "buckets.toml"
    path.mkdir()
    with pytest.raises(OSError, match=r"buckets\.toml"):
        write_buckets(path, buckets())
    assert [each.name for each in tmp_path.iterdir()] == ["buckets.toml"]


def test_the_summary_tells_of_the_clips_and_of_the_padding() -> None:
    made = buckets()
    assert made.durations.clips + made.durations.too_long + made.durations.too_short == 5_000
    assert made.durations.too_long == int((DURATIONS > 30.0).sum()) > 0
    assert made.durations.median_s == pytest.approx(float(np.median(DURATIONS)), abs=0.05)
    assert made.padding.used == made.padding.optimal < 0.85 * made.padding.equal_seconds


def test_batches_by_model_and_by_steps_are_told_apart() -> None:
    modelled = Batches.by_model(EDGES, MODEL, 3 * 10**9, 0.9)
    stepped = Batches.by_steps(
        calibrate(EDGES, lambda trial: Outcome(MODEL.size_bytes(trial.batch, trial.seconds) <= 2.7e9))
    )
    assert (modelled.found, stepped.found) == (Found.BY_MODEL, Found.BY_STEPS)
    assert (modelled.steps, modelled.budget_bytes, modelled.model) == (0, 3 * 10**9, MODEL)
    assert stepped.steps == len(stepped.tried) > 6
    for by_model, by_step in zip(modelled.sizes, stepped.sizes, strict=True):
        assert 0.94 * by_model - 1 <= by_step <= by_model


def test_merged_neighbours_are_told_with_the_padding_they_cost() -> None:
    merged = buckets(merges=True)
    assert merged.bucket_batch_size == [96, 48, 30, 16, 8]
    assert merged.bucket_duration_bins == EDGES[:1] + EDGES[2:]
    assert merged.padding.used > merged.padding.optimal


def test_nemo_lines_hold_the_last_edge_beside_batch_sizes_and_leave_it_away_without() -> None:
    sized, unsized = nemo_lines(buckets()), nemo_lines(buckets(None))
    assert f"bucket_duration_bins: {EDGES}\nbucket_batch_size: [96, 48, 48, 30, 16, 8]\n" in sized
    assert f"bucket_duration_bins: {EDGES[:-1]}\nbatch_duration: ???" in unsized
    for lines in (sized, unsized):
        assert "num_buckets: 6\n" in lines
        assert f"min_duration: 0.5\nmax_duration: {EDGES[-1]}\n" in lines


class PastedInto:
    """Stands where lhotse would, and keeps what it is given."""

    def __init__(self, code: str) -> None:
        self.given: dict[str, object] = {}
        known = {"cuts": self, "DynamicBucketingSampler": self.sample, "FixedBucketBatchSizeConstraint": self.constrain}
        exec(compile(code, "pasted", "exec"), known)

    def filter(self, keeps: Callable[[object], bool]) -> list[float]:
        return [each for each in (0.4, 0.5, EDGES[-1], 30.1) if keeps(SimpleNamespace(duration=each))]

    def sample(self, cuts: list[float], **given: object) -> None:
        self.given = {"cuts": cuts, **given}

    def constrain(self, *given: list[float]) -> tuple[list[float], ...]:
        return given


def test_lhotse_lines_are_python_that_makes_a_sampler() -> None:
    sized, unsized = PastedInto(lhotse_lines(buckets())).given, PastedInto(lhotse_lines(buckets(None))).given
    assert sized["cuts"] == unsized["cuts"] == [0.5, EDGES[-1]]
    assert sized["duration_bins"] == EDGES
    assert sized["constraint"] == (EDGES, BATCHES.sizes)
    assert unsized["duration_bins"] == EDGES[:-1]
    assert "constraint" not in unsized


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("format = 1", "format = 2", r"format = 2: wanted 1"),
        ("bins_wanted = 6", "bins_wanted = 'six'", r"Expected `int`, got `str` - at `\$\.bins_wanted`"),
        ("bins_wanted = 6", "bins_wantd = 6", r"unknown field `bins_wantd`"),
        ("bucket_batch_size = [96,", "bucket_batch_size = [0,", r"wanted 6 numbers above 0"),
        ("bucket_batch_size = [96,", "bucket_batch_size = [", r"wanted 6 numbers above 0"),
        ("bucket_batch_size = [96,", "bucket_batch_size = [97,", r"\[paste\]: its lines say another thing"),
        ("cutting = ", "cutting = cut ", r"buckets\.toml:\d+:\d+: not TOML"),
    ],
)
def test_a_file_that_was_changed_is_refused_with_its_place(tmp_path: Path, old: str, new: str, told: str) -> None:
    path = tmp_path / "buckets.toml"
    path.write_text(render(buckets()).replace(old, new, 1))
    with pytest.raises(ConfigError, match=told) as refused:
        read_buckets(path)
    assert str(path) in str(refused.value)
    assert "make the buckets again" in str(refused.value)


def test_sizes_that_do_not_match_the_edges_are_refused() -> None:
    with pytest.raises(UsageError, match="wanted 6 numbers above 0"):
        buckets(msgspec.structs.replace(BATCHES, sizes=[1, 2]))


@settings(max_examples=50)
@given(st.text(max_size=30), st.text(max_size=30))
def test_any_name_and_any_word_is_toml(name: str, word: str) -> None:
    made = msgspec.structs.replace(buckets(), inputs={name: word})
    assert len(tomllib.loads(render(made))["inputs"]) == 1


@pytest.mark.filterwarnings("ignore:You are using DynamicBucketingSampler with an eagerly read CutSet")
def test_lhotse_s_sampler_takes_the_values_and_its_estimate_is_our_equal_seconds() -> None:
    sampling = pytest.importorskip("lhotse.dataset.sampling.dynamic_bucketing", reason="lhotse is not installed")
    lhotse = pytest.importorskip("lhotse")
    made = buckets()
    kept = [float(each) for each in DURATIONS if 0.5 <= each <= 30.0]
    cuts = lhotse.CutSet.from_cuts(
        lhotse.MonoCut(f"clip-{number}", start=0.0, duration=duration, channel=0)
        for number, duration in enumerate(kept)
    )
    sampler = sampling.DynamicBucketingSampler(
        cuts,
        duration_bins=made.bucket_duration_bins,
        constraint=sampling.FixedBucketBatchSizeConstraint(made.bucket_duration_bins, made.bucket_batch_size),
        shuffle=True,
        buffer_size=2_000,
        seed=0,
    )
    batches = [[cut.duration for cut in batch] for batch in sampler]
    assert sorted(duration for batch in batches for duration in batch) == sorted(kept)
    for batch in batches:
        place = int(np.searchsorted(made.bucket_duration_bins, max(batch)))
        assert len(batch) <= made.bucket_batch_size[place]
        assert place == int(np.searchsorted(made.bucket_duration_bins, min(batch)))
    theirs = sampling.estimate_duration_buckets(cuts, 6)
    ours = cut(Histogram.exact(np.array(kept)), 6, Cutting.EQUAL_SECONDS)
    assert ours == [*theirs, max(kept)]
