"""No bytes whatever make anything but a clip or a refusal; and a clip is what libsndfile reads too."""

from __future__ import annotations

import io
import struct
from contextlib import suppress

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio.clip import convert_clip
from engine.audio.formats import output_frames
from engine.errors import InputError
from tests.engine.audio.clips import chunk, decoded, encoded, extensible, fmt, noise, probed, rf64, riff

SEEDS = [
    encoded(noise(40), "PCM_16"),
    encoded(noise(40, 2), "PCM_24"),
    encoded(noise(40, 2), "FLOAT"),
    encoded(noise(41), "PCM_U8"),
    riff(
        [
            chunk(b"fmt ", extensible(1, 2, 16, 3)),
            chunk(b"LIST", b"INFO"),
            chunk(b"data", bytes(80)),
            chunk(b"id3 ", b"x"),
        ]
    ),
    rf64([chunk(b"fmt ", fmt(3, 1, 64))], bytes(80), 10),
]
FLAC_SEEDS = [encoded(noise(400, channels), subtype, "FLAC") for channels, subtype in [(1, "PCM_16"), (2, "PCM_24")]]

mutation = st.tuples(st.integers(0, 119), st.integers(0, 255))
number = st.sampled_from([0, 1, 2, 3, 7, 8, 16, 24, 32, 64, 65, 255, 0x7FFF, 0xFFFE, 0xFFFF, 48_000, 2**31, 2**32 - 1])


def assert_a_clip_or_a_refusal(clip: bytes) -> None:
    try:
        info = probed(clip)
        result = convert_clip(clip)
    except InputError:
        return
    assert result.source == info
    with suppress(soundfile.LibsndfileError), soundfile.SoundFile(io.BytesIO(clip)) as theirs:
        assert (theirs.frames, theirs.channels, theirs.samplerate) == (info.frames, info.channels, info.sample_rate_hz)
    assert len(decoded(result.data)) == result.result.frames == output_frames(info.frames)


@settings(max_examples=400, deadline=None)
@given(seed=st.sampled_from(SEEDS), mutations=st.lists(mutation, min_size=1, max_size=4))
def test_a_wav_with_changed_bytes_is_read_as_libsndfile_reads_it_or_refused(
    seed: bytes, mutations: list[tuple[int, int]]
) -> None:
    clip = bytearray(seed)
    for offset, value in mutations:
        clip[offset % len(clip)] = value
    assert_a_clip_or_a_refusal(bytes(clip))


@settings(max_examples=300, deadline=None)
@given(seed=st.sampled_from(SEEDS), field=st.integers(0, 59), value=number, wide=st.booleans())
def test_a_wav_with_a_field_of_a_wild_value_is_read_as_libsndfile_reads_it_or_refused(
    seed: bytes, field: int, value: int, wide: bool
) -> None:
    packed = struct.pack("<I", value) if wide else struct.pack("<H", value & 0xFFFF)
    offset = min(2 * field, len(seed) - len(packed))
    assert_a_clip_or_a_refusal(seed[:offset] + packed + seed[offset + len(packed) :])


@settings(max_examples=200, deadline=None)
@given(seed=st.sampled_from(SEEDS + FLAC_SEEDS), keep=st.floats(0, 1, exclude_max=True))
def test_a_clip_that_lacks_its_end_is_refused(seed: bytes, keep: float) -> None:
    cut = seed[: int(keep * len(seed))]
    if seed[:4] != b"fLaC" and len(cut) == len(seed) - 1 and seed[-1] == 0:
        return  # a missing pad byte is forgiven
    with pytest.raises(InputError):
        convert_clip(cut)


@settings(max_examples=200, deadline=None)
@given(seed=st.sampled_from(FLAC_SEEDS), mutations=st.lists(mutation, min_size=1, max_size=3))
def test_a_flac_with_a_changed_header_is_read_as_libsndfile_reads_it_or_refused(
    seed: bytes, mutations: list[tuple[int, int]]
) -> None:
    clip = bytearray(seed)
    for offset, value in mutations:
        clip[offset] = value
    assert_a_clip_or_a_refusal(bytes(clip))


@settings(max_examples=300, deadline=None)
@given(
    head=st.sampled_from([b"", b"RIFF", b"RF64", b"fLaC", b"RIFF\x20\0\0\0WAVEfmt "]),
    noise_bytes=st.binary(max_size=200),
)
def test_any_bytes_are_a_clip_or_a_refusal(head: bytes, noise_bytes: bytes) -> None:
    assert_a_clip_or_a_refusal(head + noise_bytes)


@settings(max_examples=60, deadline=None)
@given(
    frames=st.integers(0, 2_000),
    channels=st.integers(1, 5),
    subtype=st.sampled_from(["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"]),
    container=st.sampled_from(["WAV", "WAVEX", "RF64"]),
    seed=st.integers(0, 9),
)
def test_what_libsndfile_writes_is_converted_at_any_length(
    frames: int, channels: int, subtype: str, container: str, seed: int
) -> None:
    clip = convert_clip(encoded(noise(frames, channels, seed=seed), subtype, container))
    assert (clip.source.frames, clip.source.channels) == (frames, channels)
    assert np.isfinite(decoded(clip.data)).all()
    assert len(decoded(clip.data)) == -(-frames // 3)
