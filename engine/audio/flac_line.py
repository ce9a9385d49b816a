"""FLAC clips through compiled code: decoded, proven, decimated and encoded without Python between.

The decoder is gonogo's own and twice as fast as libFLAC's. It is believed only where the MD5 in STREAMINFO proves every
sample of the clip; wherever it is not sure (damage, no MD5, whatever is rare in FLAC), the clip goes through libFLAC,
whose word counts. The encoder is always libFLAC's. Threads run side by side: nothing is shared, and the interpreter's
lock is let go.

An MD5 waits for itself at each of its steps, and takes as long as decoding. Several clips at once share the waiting:
their MD5s run side by side in the lanes of the processor's registers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from engine.audio.flac import COMPRESSION_LEVEL
from engine.audio.flac_blocks import StreamInfo
from engine.audio.flac_native import CONVERTED, NO_MEMORY, RUNNING, Compiled, compiled
from engine.audio.kernel import TICK_BYTES, Report

MOST_TOGETHER: Final = 16
"""Clips whose MD5s run side by side: the lanes of the widest registers."""
WINDOW_FRAMES: Final = 34_560
"""Frames of each clip that one step of the compiled code takes."""


@dataclass(frozen=True)
class Source:
    """A clip to convert."""

    data: memoryview
    stream: StreamInfo
    audio_offset: int
    """Where its first frame begins."""


@dataclass(frozen=True)
class Encoded:
    """A clip as libFLAC encoded it, and what was seen on the way."""

    data: bytes
    report: Report


Outcome = Encoded | MemoryError | None
"""What a clip became: None where libFLAC has to look at it, an error where there was too little memory for it."""


class _Line:
    """One clip on its way; what it holds is not Python's, and must be let go."""

    def __init__(self, by: Compiled, source: Source) -> None:
        info = source.stream.info
        self._by = by
        self._bytes = by.ffi.from_buffer("uint8_t[]", source.data)
        self.frame_bytes = info.channels * info.sample_format.sample_bytes
        self.clip = by.ffi.new("gonogo_flac_clip *")
        self.clip.bytes, self.clip.size = self._bytes, len(source.data)
        self.clip.audio_at, self.clip.frames = source.audio_offset, info.frames
        self.clip.channels, self.clip.sample_bits = info.channels, info.sample_format.bits
        self.clip.longest, self.clip.md5 = source.stream.longest_block, source.stream.md5
        self.clip.level = COMPRESSION_LEVEL
        by.library.gonogo_flac_begin(self.clip, by.instruction_set, by.sndfile)

    @property
    def is_running(self) -> bool:
        """Whether there is more to do."""
        return bool(self.clip.state == RUNNING)

    def outcome(self) -> Outcome:
        """Return what the clip became."""
        if self.clip.state == NO_MEMORY:
            return MemoryError()
        if self.clip.state != CONVERTED:
            return None
        seen = self.clip.report
        data = bytes(self._by.ffi.buffer(self.clip.result, self.clip.result_bytes))
        return Encoded(data, Report(seen.channel_energy, seen.mix_energy, seen.saturated, seen.unreal))

    def close(self) -> None:
        """Let go of it, finished or not."""
        self._by.library.gonogo_flac_end(self.clip)


def is_for(stream: StreamInfo) -> bool:
    """Tell whether the compiled code is there and could prove the clip."""
    return any(stream.md5) and stream.longest_block > 0 and compiled() is not None


def convert(sources: Sequence[Source], tick: Callable[[], None]) -> list[Outcome]:
    """Convert clips, for each of which :func:`is_for` holds, side by side.

    What a clip becomes does not depend on the others. Up to MOST_TOGETHER are under way at once; beside its bytes that
    come in and go out, each needs its window of samples.

    Args:
        sources: The clips.
        tick: Called at least once per MiB of samples, but no more often than once a window; may raise to stop.
    """
    by = compiled()
    assert by is not None
    outcomes: list[Outcome] = [None] * len(sources)
    waiting = list(enumerate(sources))[::-1]
    running: dict[int, _Line] = {}
    try:
        while waiting or running:
            while waiting and len(running) < MOST_TOGETHER:
                position, source = waiting.pop()
                running[position] = _Line(by, source)
            tick()
            _step(by, list(running.values()))
            for position in [position for position, line in running.items() if not line.is_running]:
                outcomes[position] = running[position].outcome()
                running.pop(position).close()
    finally:
        for line in running.values():
            line.close()
    return outcomes


def _step(by: Compiled, lines: list[_Line]) -> None:
    window_bytes = WINDOW_FRAMES * sum(line.frame_bytes for line in lines)
    clips = by.ffi.new("gonogo_flac_clip *[]", [line.clip for line in lines])
    by.library.gonogo_flac_run(clips, len(lines), max(1, TICK_BYTES // window_bytes))
