from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from engine.dataset.decode.benchmark import Plan, read_benchmark, run_benchmark, write_benchmark
from engine.dataset.decode.sample import Drawn, Sample
from engine.errors import ConfigError, UsageError
from tests.engine.dataset.decode.clips import make_tars

PLAN = Plan(decoders=("soundfile", "torchcodec"), most_workers=2, for_s=0.1, rounds=1)


def sample(folder: Path) -> Sample:
    strata = [Drawn(codec="wav", source="final-export", quartile=1, clips=90, drawn=6)]
    return Sample(clips=make_tars(folder), strata=strata)


def test_a_benchmark_tells_all_that_it_takes_to_compare_it(tmp_path: Path) -> None:
    steps: list[str] = []
    made = run_benchmark(sample(tmp_path), PLAN, {"manifest.parquet": "abc"}, steps.append)
    found = made.decoders["soundfile"]
    assert steps[:3] == ["soundfile: cold", "soundfile: warm", "soundfile: up to 2 workers"]
    assert found.cold.together.clips == found.warm.together.clips == 12
    assert list(found.warm.by_codec) == ["flac", "wav"]
    assert list(found.warm.by_source) == ["final-export", "re-export"]
    assert found.warm.together.x_real_time > 1
    assert [each.workers for each in found.scaling] == [1, 2]
    assert "libsndfile" in found.version
    assert made.versions["soundfile"]
    assert made.host.cpus >= 1
    assert min(made.load_before) >= 0
    assert ("torchcodec" in made.absent) != ("torchcodec" in made.decoders)


def test_what_was_written_is_read_back_as_it_was(tmp_path: Path) -> None:
    made = run_benchmark(sample(tmp_path), PLAN, {"manifest.parquet": "abc"})
    path = tmp_path / "artifacts" / "benchmark.json"
    write_benchmark(path, made)
    assert read_benchmark(path) == made
    path.write_bytes(path.read_bytes().replace(b'"clips"', b'"klips"', 1))
    with pytest.raises(ConfigError, match=r"benchmark\.json: no benchmark of ours: .* run the benchmark again"):
        read_benchmark(path)


def test_a_corpus_of_which_nothing_decodes_is_told_and_not_measured_further(tmp_path: Path) -> None:
    asked = sample(tmp_path)
    broken = [msgspec.structs.replace(clip, offset_bytes=clip.offset_bytes + 1) for clip in asked.clips]
    made = run_benchmark(Sample(clips=broken, strata=asked.strata), PLAN, {})
    found = made.decoders["soundfile"]
    assert found.warm.together.failed == 12
    assert sum(found.warm.failures.values()) == 12
    assert found.scaling == []


def test_no_decoder_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no decoder to measure: decoder 'sox': wanted one of"):
        run_benchmark(sample(tmp_path), Plan(decoders=("sox",)), {})
