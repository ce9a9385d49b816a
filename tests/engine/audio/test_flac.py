"""FLAC: the same depth comes back, tags and pictures with it; what cannot be proven whole is refused."""

from __future__ import annotations

import gc
import hashlib
import struct
import tracemalloc

import numpy as np
import pytest

from engine.audio.clip import convert_clip
from engine.audio.formats import Codec, SampleFormat
from engine.errors import DamagedError, InputError, UnsupportedError
from engine.native import VARIABLE
from tests.engine.audio.clips import decoded, encoded, flac_blocks, noise, probed, with_flac_blocks

TAGS = struct.pack("<I", 4) + b"test" + struct.pack("<II", 1, 12) + b"TITLE=knock!"
PICTURE = struct.pack(">II", 3, 9) + b"image/png" + struct.pack(">IIIIII", 0, 1, 1, 24, 0, 4) + b"\x89PNG"
CUES = bytes(395) + b"\1" + struct.pack(">QB12sB13sB", 20_000, 255, bytes(12), 0, bytes(13), 0)
"""No tracks but the lead-out."""


@pytest.fixture(autouse=True, params=["auto", "off"])
def both_ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every promise holds with compiled code and without."""
    monkeypatch.setenv(VARIABLE, request.param)


def source(subtype: str = "PCM_16", frames: int = 20_000, channels: int = 1) -> bytes:
    return encoded(noise(frames, channels), subtype, "FLAC")


def with_streaminfo(
    clip: bytes, *, bits: int | None = None, frames: int | None = None, md5: bytes | None = None
) -> bytes:
    """Change fields of STREAMINFO: 20 bits rate, 3 channels - 1, 5 bits - 1, 36 frames, then the MD5."""
    packed = int.from_bytes(clip[18:26], "big")
    if bits is not None:
        packed = packed & ~(0x1F << 36) | (bits - 1) << 36
    if frames is not None:
        packed = packed & ~((1 << 36) - 1) | frames
    return clip[:18] + packed.to_bytes(8, "big") + (clip[26:42] if md5 is None else md5) + clip[42:]


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize(
    ("subtype", "dtype", "shift", "sample_format"),
    [
        ("PCM_S8", "int16", 8, SampleFormat.PCM_S8),
        ("PCM_16", "int16", 0, SampleFormat.PCM_16),
        ("PCM_24", "int32", 8, SampleFormat.PCM_24),
    ],
)
def test_a_flac_holds_the_samples_that_a_wav_of_the_same_depth_gets(
    subtype: str, dtype: str, shift: int, sample_format: SampleFormat, channels: int
) -> None:
    original = source(subtype, channels=channels)
    clip = convert_clip(original)
    as_wav = encoded(decoded(original, dtype), "PCM_U8" if shift == 8 and dtype == "int16" else subtype)
    np.testing.assert_array_equal(decoded(clip.data, dtype), decoded(convert_clip(as_wav).data, dtype))
    assert (clip.result.codec, clip.result.sample_format, clip.result.frames) == (Codec.FLAC, sample_format, 6_667)
    assert clip.result == probed(clip.data)
    assert clip.source == probed(original)


@pytest.mark.parametrize(
    ("subtype", "dtype", "width"), [("PCM_S8", "int16", 1), ("PCM_16", "int16", 2), ("PCM_24", "int32", 3)]
)
def test_the_result_carries_the_md5_of_its_samples(subtype: str, dtype: str, width: int) -> None:
    clip = convert_clip(source(subtype)).data
    samples = decoded(clip, dtype)
    upper = samples.astype(samples.dtype.newbyteorder("<")).view(np.uint8).reshape(-1, samples.itemsize)[:, -width:]
    assert clip[26:42] == hashlib.md5(upper.tobytes()).digest()


def test_tags_pictures_and_application_data_are_carried_over_and_positions_are_not() -> None:
    extra = [
        (4, TAGS),
        (3, bytes(18)),
        (6, PICTURE),
        (2, b"ATCHdata"),
        (2, b"riffRIFF"),
        (5, CUES),
        (1, bytes(50)),
    ]
    clip = convert_clip(with_flac_blocks(source(), extra))
    assert flac_blocks(clip.data)[1:] == [(4, TAGS), (6, PICTURE), (2, b"ATCHdata")]
    assert clip.dropped_chunks == ("SEEKTABLE", "APPLICATION", "CUESHEET", "PADDING")
    assert len(decoded(clip.data)) == 6_667


def test_a_flac_without_other_blocks_gets_none() -> None:
    clip = convert_clip(with_flac_blocks(source(), []))
    assert [kind for kind, _ in flac_blocks(clip.data)] == [0]
    assert len(decoded(clip.data)) == 6_667


def test_a_flac_without_an_md5_is_believed_for_its_length() -> None:
    assert convert_clip(with_streaminfo(source(), md5=bytes(16))).result.frames == 6_667


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 15, 16, 17])
def test_very_short_flacs_are_converted(frames: int) -> None:
    assert len(decoded(convert_clip(source(frames=frames)).data)) == -(-frames // 3)


REFUSED = {
    "unknown length": (with_streaminfo(source(), frames=0), UnsupportedError, "does not tell its length"),
    "12 bits": (with_streaminfo(source(), bits=12), UnsupportedError, "read 12 bits, wanted 8, 16 or 24 bits"),
    "20 bits": (with_streaminfo(source(), bits=20), UnsupportedError, "read 20 bits, wanted 8, 16 or 24 bits"),
    "32 bits": (with_streaminfo(source(), bits=32), UnsupportedError, "read 32 bits, wanted 8, 16 or 24 bits"),
    "too many frames claimed": (with_streaminfo(source(), frames=2**36 - 1), DamagedError, ""),
    "one frame too many claimed": (with_streaminfo(source(), frames=20_001), DamagedError, ""),
    "one frame too few claimed": (with_streaminfo(source(), frames=19_999), DamagedError, ""),
    "too many claimed, no MD5": (with_streaminfo(source(), frames=20_001, md5=bytes(16)), DamagedError, ""),
    "another MD5": (
        with_streaminfo(source(), md5=b"\1" * 16),
        DamagedError,
        "the samples are not those that were encoded",
    ),
    "cut in half": (source()[:20_000], DamagedError, ""),
    "cut in the header": (source()[:30], DamagedError, "the clip is cut short"),
    "cut in the metadata": (source()[:60], DamagedError, "the clip is cut short"),
    "another rate": (
        encoded(noise(100), "PCM_16", "FLAC", 44_100),
        UnsupportedError,
        "read 44,100 Hz, wanted 48,000 Hz",
    ),
    "no STREAMINFO": (b"fLaC\x04" + bytes(60), DamagedError, "FLAC does not begin with STREAMINFO"),
}


BROKEN_BLOCKS = {
    "a vendor longer than its block": (4, struct.pack("<I", 20) + TAGS[4:]),
    "a tag longer than its block": (4, TAGS[:12] + struct.pack("<I", 13) + TAGS[16:]),
    "more tags than there are": (4, TAGS[:8] + struct.pack("<I", 2) + TAGS[12:]),
    "a picture longer than its block": (6, PICTURE[:-8] + struct.pack(">I", 5) + PICTURE[-4:]),
    "a picture that ends in its header": (6, PICTURE[:20]),
    "application data without an id": (2, b"AT"),
}


@pytest.mark.parametrize("name", BROKEN_BLOCKS)
def test_a_block_that_contradicts_itself_is_refused_and_never_carried_into_a_result(name: str) -> None:
    """libFLAC gets over it where padding follows, which a result does not have: the result could not be read."""
    clip = with_flac_blocks(source(), [BROKEN_BLOCKS[name], (1, bytes(100))])
    with pytest.raises(DamagedError, match="a metadata block is damaged"):
        convert_clip(clip)


def test_a_comment_that_libflac_cannot_get_over_is_refused_and_never_carried_into_a_result() -> None:
    """No tags, and bytes behind them: libFLAC takes those for audio."""
    clip = with_flac_blocks(source("PCM_24", 1_000, 2), [(4, TAGS[:8] + bytes(4) + TAGS[12:])])
    with pytest.raises(DamagedError):
        convert_clip(clip)


@pytest.mark.parametrize("name", REFUSED)
def test_a_flac_that_cannot_be_proven_whole_is_refused(name: str) -> None:
    clip, kind, text = REFUSED[name]
    with pytest.raises(kind) as refusal:
        convert_clip(clip)
    assert text in str(refusal.value)
    assert refusal.value.fault.way_out


def test_no_flipped_bit_in_the_audio_goes_unnoticed() -> None:
    original = source(frames=4_000)
    clean = decoded(convert_clip(original).data, "int16")
    for bit in np.random.default_rng(1).integers(8 * 90, 8 * len(original), 150):
        flipped = bytearray(original)
        flipped[bit // 8] ^= 1 << bit % 8
        try:
            result = decoded(convert_clip(bytes(flipped)).data, "int16")
        except InputError:
            continue
        np.testing.assert_array_equal(result, clean)


def test_a_flac_that_is_given_up_half_way_is_let_go_in_order() -> None:
    ticks = 0

    def tick() -> None:
        nonlocal ticks
        ticks += 1
        if ticks == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        convert_clip(source(frames=1_200_000), tick)
    gc.collect()  # pytest turns what a destructor cannot raise into a failure


def test_a_flac_that_claims_much_makes_nobody_allocate_it() -> None:
    liar = with_streaminfo(source(), frames=2**36 - 1)
    tracemalloc.start()
    with pytest.raises(DamagedError):
        convert_clip(liar)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16_000_000
