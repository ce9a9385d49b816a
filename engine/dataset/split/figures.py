"""What is said of a split: the figures, as JSON has them."""

from __future__ import annotations

import msgspec


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One of train, dev, test and excluded."""

    split: str
    clips: int
    hours: float
    videos: int
    """Units: videos, and clips without one."""
    groups: int
    target_hours: float | None = None
    """Of dev and test."""

    @property
    def off_target(self) -> float | None:
        """How far the hours are from their target, as a share of it; None where there is none."""
        return abs(self.hours - self.target_hours) / self.target_hours if self.target_hours else None


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """How far the hours of a column's values in dev and test are from those of the corpus.

    The total variation: half the sum of the differences of their shares, from 0 (as in the corpus) to 1. None where
    the split is empty.
    """

    column: str
    """Of the manifest, or ``strata`` for their combinations."""
    values: int
    dev: float | None
    test: float | None


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Strata that a held-out split has no second of."""

    split: str
    strata: int
    of: int
    """Strata with hours in the corpus."""
    hours: float
    """That these strata have in the corpus."""
    largest: tuple[str, ...]
    """The first few by hours."""


class Leaks(msgspec.Struct, frozen=True, kw_only=True):
    """What lies in two of train, dev and test, counted from the written table; all of it must be 0.

    Where no video and no audio does, no chain of them does: a group that leaked would have a link that does.
    """

    groups: int
    videos: int
    audios: int
    """Audio that is the same byte for byte, common audio apart."""
    examples: tuple[str, ...] = ()

    @property
    def none(self) -> bool:
        """True where nothing leaks."""
        return not (self.groups or self.videos or self.audios)


class CommonAudio(msgspec.Struct, frozen=True, kw_only=True):
    """Audio in so many videos that it unites none: jingles, silence."""

    videos: int
    """More than so many."""
    audios: int
    clips: int
    hours: float
    in_two_splits: int
    """Of ``audios``."""


class Excluded(msgspec.Struct, frozen=True, kw_only=True):
    """What is in no split, since it would be in two."""

    videos: int
    """New ones that share audio with videos of two splits."""
    hours: float
    """Of these videos."""
    names: tuple[str, ...]
    """The first few of them."""
    torn_clips: int
    """Clips of videos that were locked in different splits before they came to share this audio: left out of one."""
    torn_hours: float


class TextOverlap(msgspec.Struct, frozen=True, kw_only=True):
    """Texts of a held-out split that another has too, exactly after normalisation."""

    split: str
    other: str
    texts: int
    """Different texts; short ones apart, since "yes" is everywhere."""
    clips: int
    """Of ``split`` with one of these texts."""
    hours: float
    short_texts: int
    short_clips: int
    examples: tuple[str, ...]


class SplitReport(msgspec.Struct, frozen=True, kw_only=True):
    """All that is said of a split."""

    rows: int
    key: str
    parts: tuple[Part, ...]
    cuts: tuple[str, ...]
    """Targets that were cut for a small corpus."""
    balance: tuple[Balance, ...]
    gaps: tuple[Gap, ...]
    leaks: Leaks
    common: CommonAudio
    empty_clips: int
    """Without a single frame: they unite nobody."""
    excluded: Excluded
    gone: int
    """Videos of the lock that the manifest has no more; they keep their split."""
    texts: tuple[TextOverlap, ...]
    near_duplicates: str = "not looked for"
    """Of texts: comparing all pairs costs more than the split itself."""

    @property
    def well(self) -> bool:
        """True where no group lies in two splits."""
        return self.leaks.none
