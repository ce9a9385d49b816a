"""A converted tar passes beside its own original, and no other tar does."""

from __future__ import annotations

import io
import struct
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.demo.recordings import Samples
from engine.errors import DamagedError
from engine.shards.compare import compare, spread
from engine.shards.files import RealFiles
from tests.engine.shards.conftest import Tars
from tests.recordings import Clip, tar_bytes, wav_bytes

REAL = RealFiles()
ALL = 99
"""More clips than any tar here has: all are decoded."""


def members_of(tar: bytes) -> list[Clip]:
    with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
        return [(info.name, file.read()) for info in archive if (file := archive.extractfile(info)) is not None]


def laid(folder: Path, original: bytes, result: bytes) -> tuple[Path, Path]:
    (folder / "original.tar").write_bytes(original)
    (folder / "result.tar").write_bytes(result)
    return folder / "original.tar", folder / "result.tar"


def compared(folder: Path, original: bytes, result: bytes, decode: int = ALL) -> int:
    return compare(REAL, *laid(folder, original, result), decode=decode)


def changed(tars: Tars, change: Callable[[list[Clip]], list[Clip]]) -> bytes:
    return tar_bytes(change(members_of(tars.result)))


def samples_of(clip: Clip) -> Samples:
    samples: Samples = soundfile.read(io.BytesIO(clip[1]), dtype="float32", always_2d=True)[0]
    return samples


@pytest.mark.parametrize("decode", [0, 1, 2, ALL])
def test_a_conversion_passes_beside_its_original(tmp_path: Path, tars: Tars, decode: int) -> None:
    for original, result in tars.result_of.items():
        assert compared(tmp_path, original, result, decode) == 0


def one_fewer(members: list[Clip]) -> list[Clip]:
    return members[:-1]


def one_more(members: list[Clip]) -> list[Clip]:
    return [*members, ("more.txt", b"x")]


def other_order(members: list[Clip]) -> list[Clip]:
    return [*members[2:], *members[:2]]


def other_name(members: list[Clip]) -> list[Clip]:
    return [("renamed.wav", members[0][1]), *members[1:]]


def one_frame_fewer(members: list[Clip]) -> list[Clip]:
    return [(members[0][0], wav_bytes(samples_of(members[0])[:-1], 16_000)), *members[1:]]


def one_clip_of_another_format(members: list[Clip]) -> list[Clip]:
    return [(members[0][0], wav_bytes(samples_of(members[0]), 16_000, "PCM_24")), *members[1:]]


def one_clip_in_flac(members: list[Clip]) -> list[Clip]:
    return [(members[0][0], wav_bytes(samples_of(members[0]), 16_000, "PCM_16", "FLAC")), *members[1:]]


def one_clip_in_stereo(members: list[Clip]) -> list[Clip]:
    return [(members[0][0], wav_bytes(np.repeat(samples_of(members[0]), 2, axis=1), 16_000)), *members[1:]]


def one_clip_at_48_khz(members: list[Clip]) -> list[Clip]:
    return [(members[0][0], wav_bytes(samples_of(members[0]), 48_000)), *members[1:]]


def other_words(members: list[Clip]) -> list[Clip]:
    return [members[0], (members[1][0], members[1][1].replace(b"words", b"sword")), *members[2:]]


def words_for_a_clip(members: list[Clip]) -> list[Clip]:
    return [(members[0][0], b"no audio at all"), *members[1:]]


@pytest.mark.parametrize("decode", [0, ALL])
@pytest.mark.parametrize(
    ("change", "told"),
    [
        (one_fewer, "members of the converted tar differ"),
        (one_more, "members of the converted tar differ"),
        (other_order, "members of the converted tar differ"),
        (other_name, "members of the converted tar differ"),
        (one_frame_fewer, "wrong length"),
        (one_clip_of_another_format, "format has changed"),
        (one_clip_in_flac, "format has changed"),
        (one_clip_in_stereo, "not 16 kHz mono"),
        (one_clip_at_48_khz, "different sample rates"),
        (other_words, "no clip has changed"),
        (words_for_a_clip, "begins like no audio"),
    ],
)
def test_anything_that_a_conversion_does_not_change_is_told(
    tmp_path: Path, tars: Tars, change: Callable[[list[Clip]], list[Clip]], told: str, decode: int
) -> None:
    with pytest.raises(DamagedError, match=told):
        compared(tmp_path, tars.original, changed(tars, change), decode)


def test_the_member_that_differs_is_named(tmp_path: Path, tars: Tars) -> None:
    with pytest.raises(DamagedError) as caught:
        compared(tmp_path, tars.original, changed(tars, other_words))
    assert (caught.value.fault.file, caught.value.fault.member) == ("result.tar", "clip_0.wav.json")


def silenced(members: list[Clip]) -> list[Clip]:
    return [(members[0][0], wav_bytes(np.zeros_like(samples_of(members[0])), 16_000)), *members[1:]]


def halved(members: list[Clip]) -> list[Clip]:
    return [(members[0][0], wav_bytes(samples_of(members[0]) / np.float32(1.5), 16_000)), *members[1:]]


@pytest.mark.parametrize("change", [silenced, halved])
def test_a_clip_of_another_loudness_is_counted_where_it_is_decoded(
    tmp_path: Path, tars: Tars, change: Callable[[list[Clip]], list[Clip]]
) -> None:
    assert compared(tmp_path, tars.original, changed(tars, change)) == 1
    assert compared(tmp_path, tars.original, changed(tars, change), decode=0) == 0


def test_other_audio_is_told_or_counted_where_it_is_decoded(tmp_path: Path, tars: Tars) -> None:
    with pytest.raises(DamagedError, match="not the conversion of its original"):
        compared(tmp_path, tars.original, tars.reverse_result)
    assert compared(tmp_path, tars.original, tars.other_result) == 3


def test_samples_that_are_no_numbers_are_found_where_a_clip_is_decoded(tmp_path: Path) -> None:
    clip: Samples = np.random.default_rng(1).uniform(-0.5, 0.5, (6_000, 1)).astype(np.float32)
    before = [("a.wav", wav_bytes(clip, 48_000, "FLOAT"))]
    good = wav_bytes(clip[::3], 16_000, "FLOAT")
    bad = good[:-40] + struct.pack("<f", float("nan")) + good[-36:]
    with pytest.raises(DamagedError, match="no finite numbers"):
        compared(tmp_path, tar_bytes(before), tar_bytes([("a.wav", bad)]))


@pytest.mark.parametrize("broken", ["damaged", "silent", "mixed", "result", "original"])
def test_only_an_original_and_a_result_are_a_pair(tmp_path: Path, tars: Tars, broken: str) -> None:
    tar: bytes = getattr(tars, broken)
    if broken != "original":
        with pytest.raises(DamagedError):
            compared(tmp_path, tar, tars.result)
    if broken != "result":
        with pytest.raises(DamagedError):
            compared(tmp_path, tars.original, tar)


@pytest.mark.parametrize("count", range(12))
def test_the_first_and_the_last_are_among_those_that_are_chosen(count: int) -> None:
    positions = list(range(100, 130, 3))
    chosen = spread(positions, count)
    assert chosen <= {*positions}
    assert len(chosen) == min(count, len(positions))
    assert count < 2 or {positions[0], positions[-1]} <= chosen
    assert spread(positions, None) == {*positions}
    assert spread([], count) == set()
