from __future__ import annotations

import io
import tarfile
import time
from pathlib import Path

import soundfile

from engine.config import Layout
from engine.shards.layout import find_shards
from engine.shards.sidecar import match_rows, read_sidecar
from tests.recordings import cut, make_corpus, make_lone, make_shard, real_clips_48k, tar_bytes


def test_real_clips_differ_and_are_all_48_khz_mono() -> None:
    clips = real_clips_48k(30)
    assert len({name for name, _ in clips}) == len({data for _, data in clips}) == 30
    for _, data in clips:
        info = soundfile.info(io.BytesIO(data))
        assert (info.samplerate, info.channels, info.subtype, info.format) == (48_000, 1, "PCM_16", "WAV")


def test_a_tar_is_what_tarfile_writes() -> None:
    clips = [cut(clip, 480) for clip in real_clips_48k(2)]
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, data in clips:
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), 1_700_000_000
            tar.addfile(info, io.BytesIO(data))
    assert tar_bytes(clips) == buffer.getvalue()


def test_a_thousand_shards_take_a_few_seconds(tmp_path: Path) -> None:
    start = time.monotonic()
    make_corpus(tmp_path, shards=1000, sidecar=True)
    assert time.monotonic() - start < 20
    found = find_shards(tmp_path, Layout())
    assert len(found.shards) == 1000
    assert len({place.files.audio.read_bytes() for place in found.shards[:100]}) == 100


def test_made_shards_have_rows_for_their_clips(tmp_path: Path) -> None:
    make_shard(tmp_path / "a/s", real_clips_48k(3))
    make_lone(tmp_path / "b/x.tar", real_clips_48k(1))
    make_corpus(tmp_path, shards=1, source="c", rate_hz=16_000, sidecar=True)
    for place in find_shards(tmp_path, Layout()).shards:
        with tarfile.open(place.files.audio) as tar:
            names = tar.getnames()
        if place.sidecar is not None:
            assert match_rows(read_sidecar(place.sidecar), names).clips_without_row == ()
