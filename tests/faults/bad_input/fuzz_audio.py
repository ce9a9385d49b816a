"""Mutants of clips: WAVs, in which nothing protects the samples, and FLAC, in which an MD5 does."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

import soundfile

from tests.engine.audio.clips import chunk, encoded, extensible, flac_blocks, fmt, noise, rf64, riff, with_flac_blocks
from tests.engine.audio.test_flac import TAGS
from tests.faults.bad_input.fuzzing import SILENT, Oracle, same
from tests.faults.bad_input.mutants import Mutant, mutants
from tests.faults.bad_input.reader import readable

_INFO: Final = b"INFOISFT" + struct.pack("<I", 6) + b"test 1"
_STREAMINFO: Final = range(42)


@dataclass(frozen=True)
class Clip:
    """A clip, and where it has what."""

    name: str
    data: bytes
    samples: range
    """Bytes of samples; in FLAC of frames, which the MD5 protects."""
    words: tuple[range, ...]
    """Chunks and blocks that hold no sound."""


def _wav(name: str, data: bytes) -> Clip:
    samples, words = range(0), []
    offset = 12
    while offset < len(data):
        size = struct.unpack_from("<I", data, offset + 4)[0]
        if size == 0xFFFFFFFF:
            size = struct.unpack_from("<Q", data, 28)[0]
        end = offset + 8 + size + size % 2
        if data[offset : offset + 4] == b"data":
            samples = range(offset + 8, offset + 8 + size)
            words.append(range(samples.stop, end))  # a pad byte
        elif data[offset : offset + 4] not in (b"fmt ", b"ds64"):
            words.append(range(offset, end))
        offset = end
    return Clip(name, data, samples, tuple(words))


def _flac(name: str, data: bytes) -> Clip:
    end = 4 + sum(4 + len(content) for _, content in flac_blocks(data))
    return Clip(name, data, range(end, len(data)), (range(_STREAMINFO.stop, end),))


def clips() -> tuple[Clip, ...]:
    """One clip of each kind, none longer than it must be."""
    listed = chunk(b"LIST", _INFO)
    stereo = [chunk(b"fmt ", extensible(1, 2, 24, 3)), listed, chunk(b"data", noise(90).tobytes()[:540])]
    wavs = {
        "pcm_16": encoded(noise(300), "PCM_16"),
        "pcm_u8": encoded(noise(301), "PCM_U8"),
        "pcm_32": encoded(noise(100), "PCM_32"),
        "float_32": riff([chunk(b"fmt ", fmt(3, 1, 32)), chunk(b"data", noise(100).astype("<f4").tobytes())]),
        "extensible": riff([*stereo, chunk(b"cue ", bytes(28))]),
        "rf64": rf64([chunk(b"fmt ", fmt(1, 2, 16)), listed], encoded(noise(200, 2))[44:], 200),
    }
    flacs = {
        "flac_16": with_flac_blocks(encoded(noise(3_000), "PCM_16", "FLAC"), [(4, TAGS), (1, bytes(20))]),
        "flac_24": with_flac_blocks(encoded(noise(1_000, 2), "PCM_24", "FLAC"), [(4, TAGS)]),
    }
    return (
        *(_wav(f"{name}.wav", data) for name, data in wavs.items()),
        *(_flac(f"{name}.flac", data) for name, data in flacs.items()),
    )


def damaged(clip: Clip, count: int, chance: Random) -> Iterator[Mutant]:
    """Change a clip, its headers more than its samples."""
    yield from mutants(clip.data, count, chance, hot=(range(clip.samples.start), *(w for w in clip.words if w)))


def judge(clip: Clip) -> Oracle:
    """Say what an accepted clip may differ in, by the place that was changed and by what libsndfile reads there."""
    is_flac = clip.name.endswith(".flac")

    def judge_one(mutant: Mutant, intact: Mapping[str, str], seen: Mapping[str, str]) -> str:
        if same(intact, seen):
            return "nothing that counts was changed"
        if seen["libsndfile"] != intact["libsndfile"] and readable(mutant.data):
            return SILENT  # who could read the clip must be able to read its result
        if (intact["info"], intact["samples"]) == (seen["info"], seen["samples"]) and mutant.within(*clip.words):
            return "words and the like, and no sound"
        sounds = mutant.within(clip.samples, *clip.words) and mutant.same_length and not is_flac
        if sounds and intact["info"] == seen["info"]:
            return "samples of a WAV, which only a hash can tell"
        if intact["info"] != seen["info"] and _as_libsndfile(mutant.data, seen["info"]):
            return "another format, of which all fields agree, and which shows"
        if len(clip.samples) % 2 and len(mutant.data) == len(clip.data) - 1 and not is_flac:
            return "a byte lost, as where a writer leaves out the pad byte; the tar around it tells"
        return SILENT

    return judge_one


def _as_libsndfile(data: bytes, info: str) -> bool:
    """Tell whether libsndfile finds the same rate, channels, length and sample format."""
    try:
        theirs = soundfile.info(io.BytesIO(data))
    except soundfile.LibsndfileError:
        return False
    subtype = theirs.subtype.lower().replace("float", "float_32").replace("double", "float_64")
    told = (f"sample_rate_hz={theirs.samplerate},", f"channels={theirs.channels},", f"frames={theirs.frames})")
    return all(one in info for one in told) and f"'{subtype}'" in info
