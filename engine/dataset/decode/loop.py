"""Decoding clips against the clock, one after the other, as a loader's worker does."""

from __future__ import annotations

import statistics
import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from engine.dataset.decode.clip import Clip, Tars
from engine.dataset.decode.decoders import Decoder

DIFFERS_S: Final = 0.1
"""A decoder that returns so much more or less than the manifest says did other work than was asked for."""
_IN_TURN: Final = 20
"""Clips that one loop takes before the other: some milliseconds, shorter than most disturbances."""


@dataclass
class Lap:
    """One pass over clips. For each clip its times, in the order of the clips."""

    read_s: array[float] = field(default_factory=lambda: array("d"))
    decode_s: array[float] = field(default_factory=lambda: array("d"))
    failures: dict[int, str] = field(default_factory=dict)
    """By the clip's position, why it could not be decoded; its times say nothing."""


def measure(clips: Sequence[Clip], decoder: Decoder, tars: Tars) -> Lap:
    """Decode each clip once and keep its times.

    The clock is read three times a clip, and nothing is computed before the end: see :func:`overhead`.
    """
    lap = Lap()
    clock, read, decode = time.perf_counter, tars.read, decoder.decode
    keep_read, keep_decode = lap.read_s.append, lap.decode_s.append
    decoded_s = array("d")
    faults: tuple[type[Exception], ...] = (OSError, MemoryError, *decoder.faults)  # a header may claim any length
    for clip in clips:
        data, got_s = b"", -1.0
        began = clock()
        try:
            data = read(clip)
            was_read = clock()
            got_s = decode(data)
        except faults as fault:
            lap.failures[len(decoded_s)] = _reason(clip, data, fault)
            was_read = began
        keep_decode(clock() - was_read)
        keep_read(was_read - began)
        decoded_s.append(got_s)
    for place, (clip, got_s) in enumerate(zip(clips, decoded_s, strict=True)):
        if place not in lap.failures and abs(got_s - clip.duration_s) > DIFFERS_S:
            lap.failures[place] = f"decoded {got_s:.2f} s, the manifest says {clip.duration_s:.2f} s"
    return lap


def _reason(clip: Clip, data: bytes, fault: Exception) -> str:
    if isinstance(fault, OSError) and fault.strerror:
        return f"{fault.strerror}: {clip.tar}"
    if len(data) < clip.size_bytes:
        return f"{clip.tar}: ends within the clip"
    return f"{type(fault).__name__}: {str(fault).strip().partition(chr(10))[0]}"


def overhead(clips: Sequence[Clip], decoder: Decoder, rounds: int) -> float:
    """Return the CPU time that measuring adds to a bare loop of reading and decoding, as a share of it.

    Both loops take the same few clips in turns, so that what else the machine does hits both; the median of the
    rounds' ratios is told.

    Args:
        clips: that decode.
        decoder: for them.
        rounds: how often.
    """
    ratios = []
    with Tars.opened() as tars:
        _bare(clips, decoder, tars)  # into the cache, and the decoder's own first time
        for number in range(rounds):
            bare_s = measured_s = 0.0
            for start in range(0, len(clips), _IN_TURN):
                few = clips[start : start + _IN_TURN]
                if (start // _IN_TURN + number) % 2:
                    bare_s += _cpu_s(_bare, few, decoder, tars)
                    measured_s += _cpu_s(measure, few, decoder, tars)
                else:
                    measured_s += _cpu_s(measure, few, decoder, tars)
                    bare_s += _cpu_s(_bare, few, decoder, tars)
            ratios.append(measured_s / bare_s)
    return statistics.median(ratios) - 1.0


def _cpu_s(
    loop: Callable[[Sequence[Clip], Decoder, Tars], object], clips: Sequence[Clip], decoder: Decoder, tars: Tars
) -> float:
    began = time.thread_time()
    loop(clips, decoder, tars)
    return time.thread_time() - began


def _bare(clips: Sequence[Clip], decoder: Decoder, tars: Tars) -> None:
    for clip in clips:
        decoder.decode(tars.read(clip))
