"""What a split is asked for: hours or shares, strata, the key of the order, and what counts as common audio."""

from __future__ import annotations

from typing import Final

import msgspec

from engine.dataset.split.quota import HELD_OUT, Split, Targets

MOST_SHARE: Final = 0.05
"""Hours that are asked for are cut to this share of the corpus, each: a small corpus is there to train on first."""
COMMON_VIDEOS: Final = 20
"""Audio in more videos than this is a jingle or silence, not a re-upload: uniting over it would weld thousands of
strangers into one group, which then goes to one split as a whole."""
_KEY_BYTES: Final = 64
"""The longest key of BLAKE2b (RFC 7693, section 2.1)."""


class SplitSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a split is asked for; ``[split]`` in gonogo.toml."""

    dev_hours: float = 50.0
    """Hours to choose models by."""
    test_hours: float = 50.0
    """Hours to report results on."""
    dev_share: float | None = None
    """In place of ``dev_hours``: a share of the corpus, which is not cut to 5 %."""
    test_share: float | None = None
    """In place of ``test_hours``: a share of the corpus, which is not cut to 5 %."""
    strata: tuple[str, ...] = ("language", "bucket", "source")
    """Columns of the manifest: each combination of their values gives its share of dev and test."""
    key: str = "gonogo"
    """Decides the order in which groups are taken; another key makes another split."""
    common_videos: int = COMMON_VIDEOS
    """Audio in more videos than this unites nobody."""

    def __post_init__(self) -> None:
        """Refuse what no split can be made of."""
        for name in ("dev", "test"):
            hours, share = getattr(self, f"{name}_hours"), getattr(self, f"{name}_share")
            if not 0 <= hours < float("inf"):
                raise ValueError(f"{name}_hours = {hours}: wanted 0 or more")
            msgspec.structs.force_setattr(self, f"{name}_hours", float(hours))  # 50 and 50.0 make the same bytes
            if share is not None and not 0 <= share < 1:
                raise ValueError(f"{name}_share = {share}: wanted a share from 0 up to 1")
        if (self.dev_share or 0) + (self.test_share or 0) >= 1:
            raise ValueError("dev_share and test_share: wanted less than 1 together, or nothing is left for training")
        if not 1 <= len(self.key.encode()) <= _KEY_BYTES:
            raise ValueError(f"key = {self.key!r}: wanted 1 to {_KEY_BYTES} bytes")
        if self.common_videos < 1:
            raise ValueError(f"common_videos = {self.common_videos}: wanted 1 or more")
        if len(set(self.strata)) < len(self.strata):
            raise ValueError(f"strata = {list(self.strata)}: wanted each column once")

    def targets(self, corpus_hours: float) -> Targets:
        """Return the hours that a corpus of this size is to give."""
        return Targets(*(self._target(split, corpus_hours) for split in (Split.DEV, Split.TEST)))

    def cuts(self, corpus_hours: float) -> tuple[str, ...]:
        """Say which targets were cut, in the words of a report."""
        return tuple(
            f"{split.word}: {wanted:g} h were asked for, more than {MOST_SHARE:.0%} of {corpus_hours:,.2f} h: "
            f"{self._target(split, corpus_hours):,.2f} h"
            for split in HELD_OUT
            if self._share(split) is None and (wanted := self._hours(split)) > MOST_SHARE * corpus_hours
        )

    def _target(self, split: Split, corpus_hours: float) -> float:
        share = self._share(split)
        return min(self._hours(split), MOST_SHARE * corpus_hours) if share is None else share * corpus_hours

    def _share(self, split: Split) -> float | None:
        return self.test_share if split is Split.TEST else self.dev_share

    def _hours(self, split: Split) -> float:
        return self.test_hours if split is Split.TEST else self.dev_hours
