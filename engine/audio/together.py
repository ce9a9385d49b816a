"""Several clips at once: what a pass over a shard uses where it has a few of them in hand.

Only FLAC gains from it, as clips share the time that an MD5 waits for itself; all others are converted one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from engine.audio import flac_clip, flac_line
from engine.audio.clip import ConvertedClip, convert_clip, refuse_other_rates
from engine.audio.flac_blocks import MAGIC
from engine.audio.formats import as_result
from engine.errors import InputError

MOST_TOGETHER: Final = flac_line.MOST_TOGETHER
"""Clips at once from which on more of them gain nothing."""
Converted = ConvertedClip | InputError | MemoryError
"""What became of a clip: errors are returned, not raised."""


def convert_clips(clips: Sequence[bytes | memoryview], tick: Callable[[], None] = lambda: None) -> list[Converted]:
    """Convert clips as :func:`engine.audio.clip.convert_clip` does, each to what that would give.

    Threads may call this at the same time.

    Args:
        clips: The clips as they stand in their files; their results are held until all are done.
        tick: Called at least once per MiB of samples; may raise to stop.

    Returns:
        For each clip in order its result, or the error that converting it alone would raise.
    """
    outcomes: dict[int, Converted] = {}
    side_by_side = {position: taken for position, data in enumerate(clips) if (taken := _taken_apart(data)) is not None}
    made = flac_line.convert([clip.source for clip in side_by_side.values()], tick) if side_by_side else []
    for (position, clip), encoded in zip(side_by_side.items(), made, strict=True):
        if isinstance(encoded, MemoryError):
            outcomes[position] = encoded
        elif encoded is not None:
            outcomes[position] = _converted(clip, flac_clip.result(clip, encoded))
    return [outcomes[position] if position in outcomes else _alone(data, tick) for position, data in enumerate(clips)]


def _taken_apart(data: bytes | memoryview) -> flac_clip.FlacClip | None:
    """Return a FLAC clip that compiled code may convert, None for all others, broken ones among them."""
    whole = memoryview(data).cast("B")
    if bytes(whole[: len(MAGIC)]) != MAGIC:
        return None
    try:
        clip = flac_clip.read(whole)
        refuse_other_rates(clip.info)
    except InputError:
        return None  # and raised again when it is converted alone
    return clip if clip.is_for_compiled_code else None


def _converted(clip: flac_clip.FlacClip, made: flac_clip.FlacResult) -> ConvertedClip:
    seen = made.seen
    return ConvertedClip(made.data, clip.info, as_result(clip.info), seen.saturated, seen.cancelled, clip.dropped)


def _alone(data: bytes | memoryview, tick: Callable[[], None]) -> Converted:
    try:
        return convert_clip(data, tick)
    except (InputError, MemoryError) as error:
        return error
