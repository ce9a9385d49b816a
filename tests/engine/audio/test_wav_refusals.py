"""A WAV that contradicts itself is refused, and the fault says what was read and what was wanted."""

from __future__ import annotations

import struct

import pytest

from engine.audio.clip import convert_clip
from engine.errors import DamagedError, InputError, UnsupportedError
from tests.engine.audio.clips import chunk, encoded, extensible, fmt, noise, probed, rf64, riff

FMT = chunk(b"fmt ", fmt())
DATA = chunk(b"data", bytes(1_200))
WHOLE = riff([FMT, DATA])
SUBFORMAT_UNKNOWN = extensible(1, 1, 16, 0)[:-1] + b"\0"

DAMAGED = {
    "nothing at all": (b"", "the clip is empty: read 0 bytes, wanted WAV or FLAC"),
    "no audio": (b"{'json': 1}.....", "the clip begins like no audio"),
    "zeros": (bytes(1_000), "the clip begins like no audio"),
    "cut in the samples": (WHOLE[:600], "the clip is cut short at byte 4: read a form of 1,244 bytes in a clip of 600"),
    "cut by two bytes": (WHOLE[:-2], "the clip is cut short"),
    "cut in the header": (WHOLE[:30], "the clip is cut short"),
    "cut in the form": (WHOLE[:12], "the clip is cut short"),
    "bytes after the end": (WHOLE + b"tail", "bytes follow the end of the RIFF form"),
    "one byte after the end": (WHOLE + b"\0", "bytes follow the end of the RIFF form"),
    "two clips glued together": (WHOLE + WHOLE, "bytes follow the end of the RIFF form"),
    "form of unknown length": (
        riff([FMT, DATA], declared=0xFFFFFFFF),
        "the length of the RIFF form was never filled in",
    ),
    "form of length 0": (riff([FMT, DATA], declared=0), "the length of the RIFF form was never filled in"),
    "samples of unknown length": (
        riff([FMT, chunk(b"data", bytes(1_200), declared=0xFFFFFFFF)]),
        "the length of chunk 'data' was never filled in",
    ),
    "samples longer than the form": (
        riff([FMT, chunk(b"data", bytes(1_200), declared=1_300)]),
        "chunk 'data' is cut short at byte 36: read 1,200 bytes, wanted 1,300 bytes as its header says",
    ),
    "samples shorter than written": (riff([FMT, chunk(b"data", bytes(1_200), declared=600)]), "a chunk id is no text"),
    "chunk header cut short": (riff([FMT, DATA, b"LIS"]), "a chunk header is cut short"),
    "half a frame": (riff([FMT, chunk(b"data", bytes(1_201))]), "the last frame is cut short"),
    "no fmt": (riff([DATA]), "a WAV has one fmt chunk: read 0 of them, wanted 1"),
    "no samples": (riff([FMT]), "a WAV has one data chunk: read 0 of them, wanted 1"),
    "two fmt chunks": (riff([FMT, FMT, DATA]), "a WAV has one fmt chunk: read 2 of them"),
    "two data chunks": (riff([FMT, DATA, DATA]), "a WAV has one data chunk: read 2 of them"),
    "samples before their format": (riff([DATA, FMT]), "the fmt chunk comes after the samples"),
    "short fmt": (riff([chunk(b"fmt ", fmt()[:14]), DATA]), "the fmt chunk is cut short: read 14 bytes"),
    "short extensible fmt": (
        riff([chunk(b"fmt ", extensible(1, 1, 16, 0)[:24]), DATA]),
        "the extensible fmt chunk is cut",
    ),
    "short fact": (riff([FMT, chunk(b"fact", b"\0\0\0"), DATA]), "the fact chunk is cut short: read 3 bytes, wanted 4"),
    "no channels": (riff([chunk(b"fmt ", fmt(channels=0)), DATA]), "the fmt chunk describes no sound: read 0 channels"),
    "no rate": (riff([chunk(b"fmt ", fmt(rate_hz=0)), DATA]), "the fmt chunk describes no sound"),
    "frame size 0": (
        riff([chunk(b"fmt ", fmt(frame_bytes=0)), DATA]),
        "the frame size contradicts the format: read 0 bytes, wanted 2 for 1 channels of 16 bits",
    ),
    "wrong byte rate": (
        riff([chunk(b"fmt ", fmt(byte_rate=1)), DATA]),
        "the byte rate contradicts the format: read 1 ",
    ),
    "RF64 without ds64": (b"RF64" + WHOLE[4:], "RF64 without its ds64 chunk"),
    "RF64 that lies": (rf64([FMT], bytes(1_200), 600)[:-100], "the clip is cut short"),
    "RF64 with a long table": (
        b"RF64\xff\xff\xff\xffWAVE" + chunk(b"ds64", struct.pack("<QQQI", 60, 0, 0, 9)) + FMT,
        "the table in ds64 is cut short",
    ),
    "thousands of chunks": (riff([FMT, *([chunk(b"abcd", b"")] * 2_000), DATA]), "there are too many chunks"),
    "not a number": (
        riff([chunk(b"fmt ", fmt(3, 2, 32)), chunk(b"data", struct.pack("<6f", 0, 0, 0, 0, 0, float("nan")))]),
        "a sample is not a number: read nan in frame 2, wanted finite samples",
    ),
    "infinite": (
        riff([chunk(b"fmt ", fmt(3, 1, 64)), chunk(b"data", struct.pack("<3d", 0, float("-inf"), 1))]),
        "a sample is infinite: read -inf in frame 1, wanted finite samples",
    ),
    "beyond any scale": (
        riff([chunk(b"fmt ", fmt(3, 1, 64)), chunk(b"data", struct.pack("<d", 1e305))]),
        "a sample is beyond any scale: read 1e+305 in frame 0",
    ),
}

UNSUPPORTED = {
    "big-endian": (b"RIFX" + WHOLE[4:], "the WAV is big-endian: read RIFX, wanted RIFF"),
    "ADPCM": (
        riff([chunk(b"fmt ", fmt(0x11, bits=4)), DATA]),
        "the WAV's samples are compressed: read IMA ADPCM (tag 0x0011)",
    ),
    "mu-law": (
        riff([chunk(b"fmt ", fmt(7, bits=8)), DATA]),
        "the WAV's samples are compressed: read mu-law (tag 0x0007)",
    ),
    "MP3 in WAV": (riff([chunk(b"fmt ", fmt(0x55, bits=8)), DATA]), "read MP3 (tag 0x0055)"),
    "an unknown tag": (riff([chunk(b"fmt ", fmt(0x1234)), DATA]), "read an unknown codec (tag 0x1234)"),
    "mu-law in an extensible fmt": (riff([chunk(b"fmt ", extensible(7, 1, 8, 0)), DATA]), "read mu-law (tag 0x0007)"),
    "an unknown sub-format": (riff([chunk(b"fmt ", SUBFORMAT_UNKNOWN), DATA]), "the WAV's sub-format is unknown"),
    "20 bits in 24": (
        riff([chunk(b"fmt ", extensible(1, 1, 24, 0, valid_bits=20)), DATA]),
        "samples are narrower than their place: read 20 bits in 24",
    ),
    "64-bit integers": (
        riff([chunk(b"fmt ", fmt(1, 1, 64)), DATA]),
        "the width of the integer samples is not converted",
    ),
    "16-bit floats": (riff([chunk(b"fmt ", fmt(3, 1, 16)), DATA]), "the width of the float samples is not converted"),
    "255 channels": (
        riff([chunk(b"fmt ", fmt(1, 255)), DATA]),
        "there are too many channels: read 255, wanted 64 at most",
    ),
    "44.1 kHz": (
        encoded(noise(100), rate_hz=44_100),
        "the sample rate is not the one that is converted: read 44,100 Hz",
    ),
    "already 16 kHz": (encoded(noise(100), rate_hz=16_000), "read 16,000 Hz, wanted 48,000 Hz; resample the clip"),
    "MP3": (
        b"\xff\xfb\x90\x44" + bytes(400),
        "the codec is not converted: read MP3, wanted WAV or FLAC; convert the clip",
    ),
    "Ogg": (encoded(noise(100), "VORBIS", "OGG"), "the codec is not converted: read Ogg Vorbis, wanted WAV or FLAC"),
    "AIFF": (encoded(noise(100), "PCM_16", "AIFF"), "the codec is not converted: read AIFF, wanted WAV or FLAC"),
}

ONLY_BY_THEIR_SAMPLES = {"not a number", "infinite", "beyond any scale", "44.1 kHz", "already 16 kHz"}
"""Faults that are no matter of the header: a probe tells these clips' facts."""


def assert_refused(name: str, clip: bytes, kind: type[InputError], text: str) -> None:
    with pytest.raises(kind) as refusal:
        convert_clip(clip)
    assert text in str(refusal.value)
    assert refusal.value.fault.way_out
    if name in ONLY_BY_THEIR_SAMPLES:
        assert probed(clip).channels
    else:
        with pytest.raises(kind) as from_probe:
            probed(clip)
        assert str(from_probe.value) == str(refusal.value)


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_wav_is_refused_with_what_was_read(name: str) -> None:
    assert_refused(name, DAMAGED[name][0], DamagedError, DAMAGED[name][1])


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_an_unsupported_clip_is_refused_by_name(name: str) -> None:
    assert_refused(name, UNSUPPORTED[name][0], UnsupportedError, UNSUPPORTED[name][1])
