"""FLAC streams that cannot be proven whole; most are those that the reader of FLAC is tried with."""

from __future__ import annotations

import struct

import numpy as np

from tests.engine.audio.clips import encoded, noise, with_flac_blocks
from tests.engine.audio.test_flac import REFUSED, TAGS, source, with_streaminfo
from tests.faults.bad_input.row import Door, Make, Row, State, fixed, slug

_OTHER_WORDS = {"another rate": ("44100 Hz", "48000 Hz")}
_PADDING, _PICTURE = 1, 6


def _flipped() -> bytes:
    data = bytearray(source())
    data[len(data) // 2] ^= 0x10
    return bytes(data)


def _spliced() -> bytes:
    """The header of one stream and the frames of another of the same length."""
    one, other = (encoded(noise(20_000, seed=seed), "PCM_16", "FLAC") for seed in (1, 2))
    return one[:86] + other[86:]


def _silence_that_claims_more() -> bytes:
    """Ten minutes of silence are 110 KB; a header that says a hundred hours is as small."""
    return with_streaminfo(encoded(np.zeros((480_000, 2)), "PCM_16", "FLAC"), frames=48_000 * 360_000)


_MORE: dict[str, tuple[Make, tuple[str, ...]]] = {
    "a flipped bit in the samples": (_flipped, ()),
    "frames of another stream": (_spliced, ("not those that were encoded",)),
    "a hundred hours claimed": (_silence_that_claims_more, ("17,280,000,000",)),
    "a block that is longer than the clip": (
        lambda: with_flac_blocks(source(frames=400), [(_PICTURE, bytes(4_000))])[:2_000],
        ("cut short",),
    ),
    "a comment that leads out of its block": (
        lambda: with_flac_blocks(source(frames=400), [(4, struct.pack("<I", 20) + TAGS[4:]), (_PADDING, bytes(99))]),
        ("a metadata block is damaged", "VORBIS_COMMENT"),
    ),
    "thousands of blocks": (
        lambda: with_flac_blocks(source(frames=400), [(_PADDING, b"")] * 3_000),
        ("too many metadata blocks", "1,024"),
    ),
}

ROWS = (
    *(
        Row(
            slug(f"flac {name}"),
            f"FLAC: {name}",
            Door.CLIP,
            fixed(clip),
            State.QUARANTINED,
            _OTHER_WORDS.get(name, (text,)),
            name="bad.flac",
        )
        for name, (clip, _, text) in REFUSED.items()
    ),
    *(
        Row(slug(f"flac {name}"), f"FLAC: {name}", Door.CLIP, data, State.QUARANTINED, told, name="bad.flac")
        for name, (data, told) in _MORE.items()
    ),
)
