"""Clips as libsndfile decodes them: the view of a program that shares nothing with this room's parsers and filters."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import soundfile

from engine.audio.formats import SOURCE_RATE_HZ, TARGET_RATE_HZ, output_frames
from engine.errors import DamagedError, Fault

Mono = npt.NDArray[np.float64]
"""One channel, full scale at 1.0."""

Clip = bytes | bytearray | memoryview
"""A clip as it stands in its file."""

ORIGINAL: Final = "the original"
CONVERTED: Final = "the converted clip"
_BITS: Final = {"PCM_U8": 8, "PCM_S8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}


@contextlib.contextmanager
def opened(what: str, data: Clip) -> Iterator[soundfile.SoundFile]:
    """Open a clip that lies in memory; faults say ``what`` it is.

    Raises:
        DamagedError: when libsndfile cannot open it, or not decode it within the block.
    """
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as clip:
            yield clip
    except soundfile.LibsndfileError as broken:
        raise damaged(f"{what} cannot be decoded", broken.error_string, "a whole clip") from broken


def demand_facts(before: soundfile.SoundFile, after: soundfile.SoundFile) -> None:
    """Hold the rates, the channels and the lengths of a clip and its conversion against each other.

    Raises:
        DamagedError: when one of them is not what it must be.
    """
    for what, clip, rate_hz in ((ORIGINAL, before, SOURCE_RATE_HZ), (CONVERTED, after, TARGET_RATE_HZ)):
        if clip.samplerate != rate_hz:
            raise damaged(f"{what} has the wrong rate", f"{clip.samplerate:,} Hz", f"{rate_hz:,} Hz")
    if after.channels != 1:
        raise damaged(f"{CONVERTED} is not mono", f"{after.channels} channels", "1")
    frames = output_frames(before.frames)
    if after.frames != frames:
        wanted = f"{frames:,} for {before.frames:,} at {SOURCE_RATE_HZ:,} Hz"
        raise damaged(f"{CONVERTED} has the wrong length", f"{after.frames:,} frames", wanted)


def read_mono(what: str, clip: soundfile.SoundFile, frames: int) -> Mono:
    """Decode the next frames, fewer only at the clip's end, and return the mean of the channels.

    Raises:
        DamagedError: when there are fewer than the header says, or a sample is no finite number.
    """
    frames = min(frames, clip.frames - clip.tell())
    fresh: Mono = clip.read(frames, dtype="float64")
    if len(fresh) != frames:
        raise damaged(f"{what} cannot be decoded to its end", f"{len(fresh):,} frames", f"{frames:,} more")
    if clip.subtype not in _BITS and not np.isfinite(fresh).all():
        raise damaged(f"{what} holds samples that are no finite numbers", "NaN or infinity", "")
    if clip.channels == 1:
        return fresh
    mean: Mono = fresh @ np.full(clip.channels, 1 / clip.channels)
    return mean


def step_of(clip: soundfile.SoundFile) -> float | None:
    """Return the step between two neighbouring sample values, over full scale; None for floating point."""
    bits = _BITS.get(clip.subtype)
    return None if bits is None else 2.0 / 2**bits


def damaged(problem: str, read: str, wanted: str) -> DamagedError:
    """Say what is wrong with a clip."""
    return DamagedError(Fault(problem=problem, read=read, wanted=wanted, way_out="keep the original; convert it again"))
