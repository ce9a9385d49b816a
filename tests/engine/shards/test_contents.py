"""What a tar is, judged by the headers of its clips and never by a name."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.shards.contents import Contents, Kind, examine
from engine.shards.files import RealFiles
from tests.engine.shards.conftest import CLIP_FRAMES, Tars
from tests.recordings import Clip, cut, real_clips_48k, tar_bytes, wav_bytes


def contents(folder: Path, tar: bytes) -> Contents:
    (folder / "audio.tar").write_bytes(tar)
    return examine(RealFiles(), folder / "audio.tar")


@pytest.mark.parametrize(
    ("tar", "kind"),
    [
        ("original", Kind.ORIGINAL),
        ("result", Kind.RESULT),
        ("damaged", Kind.DAMAGED),
        ("mixed", Kind.FOREIGN),
        ("silent", Kind.SILENT),
    ],
)
def test_each_kind_of_tar_is_known_by_its_content(tmp_path: Path, tars: Tars, tar: str, kind: Kind) -> None:
    found = contents(tmp_path, getattr(tars, tar))
    assert found.kind is kind
    assert (found.fault is not None) is (kind in (Kind.DAMAGED, Kind.FOREIGN))


def test_every_clip_is_probed_and_nothing_else(tmp_path: Path, tars: Tars) -> None:
    found = contents(tmp_path, tars.original)
    assert found.index is not None
    assert [found.index.members[at].name for at in found.clips] == ["clip_0.wav", "clip_1.wav", "clip_2.wav"]
    assert {clip.frames for clip in found.clips.values()} == {CLIP_FRAMES}
    assert found.seconds_of_audio == pytest.approx(3 * CLIP_FRAMES / 48_000)


def clip(rate_hz: int, name: str = "a.wav", channels: int = 1) -> Clip:
    _, data = cut(real_clips_48k(1)[0], CLIP_FRAMES, rate_hz=rate_hz)
    if channels > 1:
        samples, _ = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)
        data = wav_bytes(np.repeat(samples, channels, axis=1), rate_hz)
    return name, data


def test_sixteen_khz_in_stereo_is_wide(tmp_path: Path) -> None:
    assert contents(tmp_path, tar_bytes([clip(16_000, channels=2)])).kind is Kind.WIDE
    assert contents(tmp_path, tar_bytes([clip(16_000), clip(16_000, "b.wav", 2)])).kind is Kind.WIDE


def test_forty_eight_khz_in_stereo_is_an_original(tmp_path: Path) -> None:
    assert contents(tmp_path, tar_bytes([clip(48_000, channels=2), clip(48_000, "b.wav")])).kind is Kind.ORIGINAL


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 44_100, 96_000])
def test_another_rate_is_foreign_and_the_first_such_clip_is_named(tmp_path: Path, rate_hz: int) -> None:
    found = contents(tmp_path, tar_bytes([clip(rate_hz), clip(rate_hz, "b.wav")]))
    assert (found.kind, found.fault and found.fault.member) == (Kind.FOREIGN, "a.wav")
    mixed = contents(tmp_path, tar_bytes([clip(48_000), clip(rate_hz, "odd.wav"), clip(48_000, "c.wav")]))
    assert mixed.fault is not None
    assert (mixed.kind, mixed.fault.member, mixed.fault.file) == (Kind.FOREIGN, "odd.wav", "audio.tar")
    assert mixed.fault.read == f"{rate_hz} Hz"


def test_a_converted_clip_among_originals_is_named_and_so_is_an_original_among_converted(tmp_path: Path) -> None:
    for few in (16_000, 48_000):
        many = 64_000 - few
        found = contents(tmp_path, tar_bytes([clip(many), clip(many, "b.wav"), clip(few, "few.wav")]))
        assert found.kind is Kind.FOREIGN
        assert found.fault is not None
        assert found.fault.problem == "the clips of one shard have different sample rates"


def test_the_name_decides_nothing_for_a_clip_and_everything_for_a_promise(tmp_path: Path) -> None:
    """A clip without an extension is found by its bytes; what is called a clip must be one."""
    hidden = contents(tmp_path, tar_bytes([("nothing-in-the-name", clip(48_000)[1])]))
    assert hidden.kind is Kind.ORIGINAL
    broken = contents(tmp_path, tar_bytes([clip(48_000), ("b.wav", b"these are words, not samples")]))
    assert (broken.kind, broken.fault and broken.fault.member) == (Kind.DAMAGED, "b.wav")
    empty = contents(tmp_path, tar_bytes([clip(48_000), ("b.wav", b"")]))
    assert (empty.kind, empty.fault and empty.fault.member) == (Kind.DAMAGED, "b.wav")


def test_a_clip_that_is_cut_short_makes_the_tar_damaged(tmp_path: Path) -> None:
    name, data = clip(48_000)
    found = contents(tmp_path, tar_bytes([(name, data[: len(data) // 2])]))
    assert (found.kind, found.fault and found.fault.member) == (Kind.DAMAGED, name)


def test_an_empty_tar_is_silent(tmp_path: Path) -> None:
    assert contents(tmp_path, bytes(1_024)).kind is Kind.SILENT


def test_a_clip_never_reads_beyond_its_member(tmp_path: Path) -> None:
    """A header that claims more than the member holds must not take its neighbour's bytes for samples."""
    name, data = clip(48_000)
    found = contents(tmp_path, tar_bytes([(name, data[:-2_000]), ("b.wav", data)]))
    assert (found.kind, found.fault and found.fault.member) == (Kind.DAMAGED, name)
