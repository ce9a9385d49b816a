"""WAV: every format comes back as it was, judged by libsndfile; words are carried over, positions are not."""

from __future__ import annotations

import io
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.audio.check import spot_check
from engine.audio.clip import convert_clip
from engine.audio.formats import Codec
from engine.audio.probe import probe_clip
from tests.engine.audio.clips import (
    chunk,
    chunk_content,
    chunk_ids,
    decoded,
    encoded,
    extensible,
    fmt,
    noise,
    probed,
    rf64,
    riff,
)

pytestmark = pytest.mark.usefixtures("each_decimator")

SUBTYPES = ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"]
PCM = np.arange(-600, 600, dtype="<i2").tobytes()


@pytest.mark.parametrize("channels", [1, 2, 5])
@pytest.mark.parametrize("container", ["WAV", "WAVEX", "RF64"])
@pytest.mark.parametrize("subtype", SUBTYPES)
def test_a_wav_keeps_its_sample_format_and_family(subtype: str, container: str, channels: int) -> None:
    source = encoded(noise(5_000, channels), subtype, container)
    clip = convert_clip(source)
    with soundfile.SoundFile(io.BytesIO(clip.data)) as result:
        facts = (result.samplerate, result.channels, result.frames, result.subtype, result.format)
    assert facts == (16_000, 1, 1_667, subtype, container)
    assert clip.result == probed(clip.data)
    assert clip.source == probed(source)
    assert (clip.source.codec, clip.source.frames, clip.source.channels) == (Codec.WAV, 5_000, channels)
    assert clip.source.duration_s == pytest.approx(5_000 / 48_000)


@pytest.mark.parametrize("subtype", SUBTYPES)
def test_what_a_wav_sounds_like_survives_in_every_format(subtype: str) -> None:
    sine = 0.5 * np.sin(2 * np.pi * 1_000 / 48_000 * np.arange(9_600))
    result = decoded(convert_clip(encoded(sine, subtype)).data)[:, 0]
    step = {"PCM_U8": 2**-7, "PCM_16": 2**-15}.get(subtype, 2**-23)
    ripple = 0.5 * 0.0018  # of the pass band, 0.016 dB
    assert np.abs(result - sine[::3])[150:-150].max() < step + ripple


@pytest.mark.parametrize("subtype", SUBTYPES)
@pytest.mark.parametrize("container", ["WAV", "WAVEX", "RF64"])
def test_a_wav_without_frames_becomes_one_without_frames(subtype: str, container: str) -> None:
    clip = convert_clip(encoded(np.zeros((0, 1)), subtype, container))
    assert clip.result.frames == 0
    assert len(decoded(clip.data)) == 0


def test_an_extensible_wav_stays_extensible_and_its_mono_speaker_is_the_centre() -> None:
    source = riff([chunk(b"fmt ", extensible(1, 2, 24, 0x3)), chunk(b"data", bytes(600))])
    content = chunk_content(convert_clip(source).data, b"fmt ")
    assert (
        content == extensible(1, 1, 24, 0x4)[:4] + struct.pack("<II", 16_000, 48_000) + extensible(1, 1, 24, 0x4)[12:]
    )


@pytest.mark.parametrize("form", [b"RF64", b"BW64"])
def test_a_wav_with_64_bit_lengths_keeps_them(form: bytes) -> None:
    clip = convert_clip(rf64([chunk(b"fmt ", fmt()), chunk(b"bext", bytes(602))], PCM, 1_200, form))
    assert clip.data[:4] == form
    assert chunk_ids(clip.data) == ["ds64", "fmt ", "bext", "data"]
    size, data, frames, table = struct.unpack_from("<QQQI", clip.data, 20)
    assert (size, data, frames, table) == (len(clip.data) - 8, 800, 400, 0)


def test_chunks_before_and_after_the_samples_stay_there_in_order() -> None:
    info, text = chunk(b"LIST", b"INFOINAM\x04\0\0\0door"), chunk(b"iXML", b"<a/>!")
    source = riff(
        [chunk(b"fmt ", fmt()), info, chunk(b"odd ", b"x"), chunk(b"data", PCM), text, chunk(b"id3 ", b"ID3")]
    )
    clip = convert_clip(source)
    assert chunk_ids(clip.data) == ["fmt ", "LIST", "odd ", "data", "iXML", "id3 "]
    assert chunk_content(clip.data, b"iXML") == b"<a/>!"
    assert clip.dropped_chunks == ()
    assert len(decoded(clip.data)) == 400


def test_positions_and_padding_are_dropped_and_named() -> None:
    labels = chunk(b"LIST", b"adtllabl\x06\0\0\0\1\0\0\0a\0")
    source = riff(
        [
            *(chunk(b"JUNK", bytes(28)), chunk(b"fmt ", fmt()), chunk(b"PEAK", bytes(16)), chunk(b"data", PCM)),
            *(chunk(b"cue ", bytes(4)), labels, chunk(b"smpl", bytes(36)), chunk(b"PAD ", bytes(3))),
        ]
    )
    clip = convert_clip(source)
    assert clip.dropped_chunks == ("JUNK", "PEAK", "cue", "LIST/adtl", "smpl", "PAD")
    assert chunk_ids(clip.data) == ["fmt ", "data"]


def test_the_time_of_day_of_a_broadcast_wav_counts_result_frames() -> None:
    noon = 12 * 3600 * 48_000
    bext = b"d" * 338 + struct.pack("<Q", noon + 2) + b"v" * 256
    clip = convert_clip(riff([chunk(b"bext", bext), chunk(b"fmt ", fmt()), chunk(b"data", PCM)]))
    content = chunk_content(clip.data, b"bext")
    assert struct.unpack_from("<Q", content, 338) == (12 * 3600 * 16_000,)
    assert content[:338] + content[346:] == bext[:338] + bext[346:]


def test_the_fact_chunk_counts_result_frames() -> None:
    clip = convert_clip(encoded(noise(3_001), "FLOAT"))
    assert chunk_content(clip.data, b"fact") == struct.pack("<I", 1_001)


def test_an_odd_number_of_result_bytes_is_padded() -> None:
    clip = convert_clip(encoded(noise(9), "PCM_U8"))
    assert clip.result.frames == 3
    assert len(clip.data) % 2 == 0
    assert chunk_ids(clip.data) == ["fmt ", "data"]


def test_the_missing_pad_byte_of_an_odd_last_chunk_is_forgiven() -> None:
    whole = riff([chunk(b"fmt ", fmt(bits=8)), chunk(b"data", bytes(9))])
    counted_but_absent = whole[:-1]
    absent = riff([chunk(b"fmt ", fmt(bits=8)), chunk(b"data", bytes(9))[:-1]])
    present_but_not_counted = riff([chunk(b"fmt ", fmt(bits=8)), chunk(b"data", bytes(9))], declared=len(whole) - 9)
    for clip in (whole, counted_but_absent, absent, present_but_not_counted):
        assert probed(clip).frames == 9
        assert convert_clip(clip).result.frames == 3


def test_a_probe_reads_little_and_never_the_samples() -> None:
    source = encoded(noise(200_000, 2), "PCM_16", "RF64")
    reads: list[tuple[int, int]] = []

    def read_at(offset: int, length: int) -> bytes:
        reads.append((offset, length))
        return source[offset : offset + length]

    assert probe_clip(len(source), read_at).frames == 200_000
    assert len(reads) <= 3
    assert sum(length for _, length in reads) <= 8_192


def test_a_long_clip_needs_no_memory_beyond_what_comes_in_and_goes_out() -> None:
    source = encoded(noise(1_000_000, 2), "PCM_24")
    tracemalloc.start()
    clip = convert_clip(source)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1.2 * len(clip.data) + 8_000_000


def test_somebody_who_waits_hears_of_every_megabyte_and_can_stop() -> None:
    source = encoded(noise(1_000_000, 2))
    ticks = 0

    class StopNowError(Exception):
        """Raised when the listener has had enough."""

    def tick() -> None:
        nonlocal ticks
        ticks += 1
        if ticks == 3:
            raise StopNowError

    with pytest.raises(StopNowError):
        convert_clip(source, tick)
    ticks = 4
    convert_clip(source, tick)
    assert ticks - 4 >= len(source) / 2**20


RECORDINGS = sorted(Path("/usr/share/sounds/alsa").glob("*.wav"))


@pytest.mark.skipif(not RECORDINGS, reason="the recordings of alsa-utils are not installed")
@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_real_recordings_keep_their_length_and_sound(path: Path) -> None:
    source = path.read_bytes()
    clip = convert_clip(source)
    assert clip.result.frames == -(-len(decoded(source)) // 3) == len(decoded(clip.data))
    checked = spot_check(source, clip.data)
    assert checked.level_change_db is not None
    assert not checked.energy_lost
