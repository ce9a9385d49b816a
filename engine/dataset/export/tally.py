"""What goes out in one export, and what stays in, by reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.dataset.export.ask import SPLITS
from engine.dataset.export.clip import Clip


@dataclass(slots=True)
class Tally:
    """Counted while an export is written."""

    clips: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(SPLITS, 0)))
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(SPLITS, 0.0))
    several_channels: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    """Besides those that no format takes."""

    def count(self, split: str, clips: Sequence[Clip]) -> None:
        """Count clips of one split that went out."""
        self.clips[split] += len(clips)
        self.seconds[split] += sum(clip.duration_s for clip in clips)
        self.several_channels += sum(clip.channels > 1 for clip in clips)

    def with_all(self, left_out: Mapping[str, int]) -> dict[str, int]:
        """Return what stays in, with what no format takes, by reason."""
        return dict(sorted((self.left_out + Counter(left_out)).items()))
