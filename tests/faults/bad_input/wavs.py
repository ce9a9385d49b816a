"""WAVs that contradict themselves, and clips of other kinds; most are those that the reader of WAVs is tried with."""

from __future__ import annotations

import math
import struct

from tests.engine.audio.clips import chunk, encoded, extensible, fmt, noise, rf64, riff
from tests.engine.audio.test_wav_refusals import DAMAGED, DATA, FMT, UNSUPPORTED
from tests.faults.bad_input.row import Door, Make, Row, State, fixed, slug

_OTHER_WORDS = {
    # A shard of one such clip among good ones is told of as a whole: its rate, not the clip's alone.
    "44.1 kHz": ("44100 Hz", "48000 Hz"),
    "already 16 kHz": ("16000 Hz", "48000 Hz"),
}


def _twelve_bits() -> bytes:
    return riff([chunk(b"fmt ", fmt(1, 1, 12, frame_bytes=2, byte_rate=96_000)), DATA])


def _all_rates_wrong() -> bytes:
    """The rate says 16 kHz, the byte rate 48 kHz: one of both was changed."""
    return riff([chunk(b"fmt ", fmt(rate_hz=16_000, byte_rate=96_000)), DATA])


_MORE: dict[str, tuple[Make, tuple[str, ...]]] = {
    "a rate that contradicts the byte rate": (_all_rates_wrong, ("byte rate", "96,000")),
    "12 bits in 16": (_twelve_bits, ("width of the integer samples", "12 bits")),
    "a rate of 4 GHz": (
        lambda: riff([chunk(b"fmt ", fmt(rate_hz=0xFFFFFFFF, byte_rate=0xFFFFFFFE)), DATA]),
        ("byte rate", "4,294,967,294"),
    ),
    "96 kHz": (lambda: encoded(noise(960), rate_hz=96_000), ("96000 Hz", "48000 Hz")),
    "samples of 100 GB by RF64": (
        lambda: rf64([FMT], bytes(1_200), 600).replace(struct.pack("<Q", 1_200), struct.pack("<Q", 100 << 30), 1),
        ("cut short",),
    ),
    "a fmt chunk of 4 GB": (lambda: riff([chunk(b"fmt ", fmt(), declared=0xFFFFFFF0), DATA]), ("'fmt ' is cut short",)),
    "an extensible fmt of no channels": (
        lambda: riff([chunk(b"fmt ", extensible(1, 0, 16, 0)), DATA]),
        ("describes no sound",),
    ),
    "text under a name of a WAV": (fixed(b"utterance one\n" * 40), ("begins like no audio",)),
    "a web page under a name of a WAV": (fixed(b"<!DOCTYPE html><title>404</title>" * 9), ("begins like no audio",)),
    "a pointer of Git LFS under a name of a WAV": (
        fixed(b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 96044\n"),
        ("begins like no audio",),
    ),
    "Sun audio": (lambda: encoded(noise(100), "PCM_16", "AU"), ("Sun audio",)),
    "Core Audio": (lambda: encoded(noise(100), "PCM_16", "CAF"), ("Core Audio",)),
    "Wave64": (lambda: encoded(noise(100), "PCM_16", "W64"), ("Wave64",)),
    "Opus": (lambda: encoded(noise(960), "OPUS", "OGG"), ("Opus",)),
    "a sample of 1e38 in single precision that is infinite in integers": (
        lambda: riff([chunk(b"fmt ", fmt(3, 1, 32)), chunk(b"data", struct.pack("<3f", 0, float("inf"), 0))]),
        ("is infinite", "frame 1"),
    ),
    "a NaN in the last of 100,000 frames": (
        lambda: riff([chunk(b"fmt ", fmt(3, 1, 32)), chunk(b"data", bytes(4 * 99_999) + struct.pack("<f", math.nan))]),
        ("not a number", "99,999"),
    ),
}


def _words(name: str, text: str) -> tuple[str, ...]:
    return _OTHER_WORDS.get(name, (text.partition(": ")[0],))


ROWS = (
    *(
        Row(
            slug(f"wav {name}"),
            f"WAV: {name}",
            Door.CLIP,
            fixed(clip),
            State.QUARANTINED,
            _words(name, text),
            by_chance=clip.startswith(b"OggS"),
        )
        for group in (DAMAGED, UNSUPPORTED)
        for name, (clip, text) in group.items()
    ),
    *(
        Row(slug(f"wav {name}"), f"WAV: {name}", Door.CLIP, data, State.QUARANTINED, told, by_chance=name == "Opus")
        for name, (data, told) in _MORE.items()
    ),
)
