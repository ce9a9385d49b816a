"""What the report of a manifest counts, shard by shard."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.dataset.manifest.fragment import About
from engine.dataset.manifest.groups import Groups
from engine.dataset.manifest.inputs import ManifestInputs
from engine.dataset.manifest.problems import Problems
from engine.dataset.manifest.report import ManifestReport, Part

if TYPE_CHECKING:
    import pyarrow as pa

_S_PER_HOUR: Final = 3600


@dataclass(slots=True)
class _Part:
    shards: int = 0
    clips: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class Tally:
    """What is counted so far."""

    rows: int = 0
    shards: int = 0
    without_text: int = 0
    without_metadata: int = 0
    look_again: bool = False
    parts: dict[tuple[str, str], _Part] = field(default_factory=dict)
    """By source and state."""
    _part: _Part = field(default_factory=_Part)

    def shard(self, about: About) -> None:
        """Begin with the next shard."""
        self.shards += 1
        self.look_again |= about.look_again
        self._part = self.parts.setdefault((about.inputs.source, about.state), _Part())
        self._part.shards += 1

    def count(self, rows: pa.Table) -> None:
        """Count rows of it."""
        self.rows += rows.num_rows
        self._part.clips += rows.num_rows
        self._part.seconds += float(np.nansum(rows["duration_s"].to_numpy()))
        self.without_text += _true(rows["text_empty"])
        self.without_metadata += rows.num_rows - _true(rows["has_metadata"])

    def report(self, inputs: ManifestInputs, groups: Groups, problems: Problems) -> ManifestReport:
        """Sum up."""
        parts = tuple(
            Part(source=source, state=state, shards=of.shards, clips=of.clips, hours=of.seconds / _S_PER_HOUR)
            for (source, state), of in self.parts.items()
        )
        return ManifestReport(
            inputs=inputs,
            rows=self.rows,
            shards=self.shards,
            hours=sum(part.hours for part in parts),
            groups_united=len(groups.leaders),
            without_text=self.without_text,
            without_metadata=self.without_metadata,
            parts=parts,
            problems=problems.counts(),
            look_again=self.look_again,
        )


def _true(flags: pa.ChunkedArray) -> int:
    """Count what is true; without ``pyarrow.compute``, which takes 9 MB."""
    return sum(chunk.true_count for chunk in flags.chunks)
