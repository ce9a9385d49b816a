"""Durations beside a tar against its headers, in shards with many more clips than are looked up."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.convert.evidence import JUDGED_CLIPS, contradiction
from engine.crew.wire import ShardRef, to_wire
from engine.errors import UnsupportedError
from engine.shards.contents import examine
from engine.shards.files import RealFiles
from tests.recordings import tar_bytes, wav_bytes

CLIPS = 3 * JUDGED_CLIPS
FRAMES = 480
HONEST_S = FRAMES / 48_000
FILES = RealFiles()


def shard(folder: Path, told_s: list[float], sidecar: str) -> ShardRef:
    clip = wav_bytes(np.zeros((FRAMES, 1), np.float32))
    names = [f"clip_{number:04d}.wav" for number in range(CLIPS)]
    (folder / "audio.tar").write_bytes(tar_bytes([(name, clip) for name in names]))
    path = folder / sidecar
    if sidecar.endswith(".parquet"):
        pq.write_table(pa.table({"filename": names, "duration": told_s}), path)
    else:
        rows = ({"filename": name, "duration": told} for name, told in zip(names, told_s, strict=True))
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return ShardRef(folder=to_wire(folder), audio_name="audio.tar", lone=False, sidecar=to_wire(path), lock=None)


def found(folder: Path, told_s: list[float], sidecar: str) -> tuple[str, ...]:
    ref = shard(folder, told_s, sidecar)
    return contradiction(FILES, ref, examine(FILES, folder / "audio.tar"), {})


@pytest.mark.parametrize("sidecar", ["metadata.parquet", "metadata.jsonl"])
@pytest.mark.parametrize("factor", [1 / 3, 3.0, 48_000 / 32_000])
def test_a_wrong_rate_is_found_whatever_clips_are_looked_up(tmp_path: Path, sidecar: str, factor: float) -> None:
    with pytest.raises(UnsupportedError, match=f"{1 / factor:.2f} times as long as the sidecar says"):
        found(tmp_path, [HONEST_S * factor] * CLIPS, sidecar)


@pytest.mark.parametrize("sidecar", ["metadata.parquet", "metadata.jsonl"])
def test_a_tenth_of_odd_durations_contradicts_nothing(tmp_path: Path, sidecar: str) -> None:
    assert found(tmp_path, [HONEST_S * (9 if at % 10 == 3 else 1) for at in range(CLIPS)], sidecar) == ()


def test_a_sidecar_that_cannot_be_read_is_told_and_stops_nothing(tmp_path: Path) -> None:
    ref = shard(tmp_path, [HONEST_S] * CLIPS, "metadata.parquet")
    (tmp_path / "metadata.parquet").write_bytes(b"PAR1 no more PAR1")
    (flag,) = contradiction(FILES, ref, examine(FILES, tmp_path / "audio.tar"), {})
    assert flag.startswith("the sidecar is unreadable: ")
