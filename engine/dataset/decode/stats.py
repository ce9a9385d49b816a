"""The figures of a pass over clips: rates, percentiles, failures; all together, by codec and by source. Pure."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

import msgspec

from engine.dataset.decode.clip import Clip
from engine.dataset.decode.loop import Lap


class Figures(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What decoding some clips one after the other took; failures are counted, and count for nothing else."""

    clips: int
    """That were decoded."""
    failed: int
    audio_s: float
    size_bytes: int
    """Of the clips' files, as they lie in the tars."""
    busy_s: float
    """Wall time of reading and decoding."""
    read_share: float
    """Of that time, spent in reading."""
    clips_per_s: float
    mb_per_s: float
    """Millions of bytes of the files."""
    x_real_time: float
    """Seconds of audio in a second."""
    p50_ms: float
    """A clip: half of them take no longer (nearest rank)."""
    p99_ms: float


class Phase(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One pass."""

    together: Figures
    by_codec: dict[str, Figures]
    by_source: dict[str, Figures]
    failures: dict[str, int]
    """How many clips failed, for each reason."""
    still_cached: list[str] = []
    """Tars that could not be dropped from the page cache before a cold pass."""


def phase(clips: Sequence[Clip], lap: Lap, still_cached: Sequence[str] = ()) -> Phase:
    """Sum up a pass.

    Args:
        clips: that were decoded.
        lap: their times.
        still_cached: what :func:`~engine.dataset.decode.cold.drop_from_cache` returned.
    """
    return Phase(
        together=figures(clips, lap, range(len(clips))),
        by_codec=_grouped(clips, lap, lambda clip: clip.codec),
        by_source=_grouped(clips, lap, lambda clip: clip.source),
        failures=dict(sorted(Counter(lap.failures.values()).items())),
        still_cached=list(still_cached),
    )


def _grouped(clips: Sequence[Clip], lap: Lap, label: Callable[[Clip], str]) -> dict[str, Figures]:
    places: dict[str, list[int]] = defaultdict(list)
    for place, clip in enumerate(clips):
        places[label(clip)].append(place)
    return {name: figures(clips, lap, places[name]) for name in sorted(places)}


def figures(clips: Sequence[Clip], lap: Lap, places: Iterable[int]) -> Figures:
    """Sum up some of the clips of a pass, by their positions."""
    asked = list(places)
    good = [place for place in asked if place not in lap.failures]
    read_s = math.fsum(lap.read_s[place] for place in good)
    times_s = sorted(lap.read_s[place] + lap.decode_s[place] for place in good)
    busy_s = math.fsum(times_s)
    audio_s = math.fsum(clips[place].duration_s for place in good)
    size_bytes = sum(clips[place].size_bytes for place in good)
    return Figures(
        clips=len(good),
        failed=len(asked) - len(good),
        audio_s=audio_s,
        size_bytes=size_bytes,
        busy_s=busy_s,
        read_share=_per(read_s, busy_s),
        clips_per_s=_per(len(good), busy_s),
        mb_per_s=_per(size_bytes / 1e6, busy_s),
        x_real_time=_per(audio_s, busy_s),
        p50_ms=1e3 * nearest_rank(times_s, 0.50),
        p99_ms=1e3 * nearest_rank(times_s, 0.99),
    )


def nearest_rank(rising: Sequence[float], share: float) -> float:
    """Return the least value that is not below ``share`` of all; 0 of none.

    >>> nearest_rank([15, 20, 35, 40, 50], 0.40)
    20
    """
    return rising[max(0, math.ceil(share * len(rising)) - 1)] if rising else 0.0


def _per(amount: float, seconds: float) -> float:
    return amount / seconds if seconds > 0 else 0.0
