"""What earlier runs know of a corpus: which codec its shards hold, and how many workers a sweep found best for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from engine.convert.inventory import read_journal
from engine.convert.sweep_events import SweepSummary
from engine.crew.artifacts import artifact
from engine.errors import Fault

SWEEP_REPORT: Final = "sweep.json"
INVENTORY_JOURNAL: Final = "inventory.jsonl"


@dataclass(frozen=True, slots=True)
class Advice:
    """What is known before a conversion starts; all of it may be empty."""

    workers: Mapping[str, int] = field(default_factory=dict)
    """By codec: what a sweep on as many processors recommends."""
    codec_of_source: Mapping[str, str] = field(default_factory=dict)
    codec_of_shard: Mapping[str, str] = field(default_factory=dict)
    fault: Fault | None = None
    """Why a sweep's report says nothing."""

    def codec(self, shard: str, source: str) -> str:
        """Return what a shard is believed to hold: ``wav``, ``flac``, ``flac+wav``; empty where nobody knows."""
        return self.codec_of_shard.get(shard) or self.codec_of_source.get(source, "")


def read_advice(state: Path, usable_cpus: int) -> Advice:
    """Read what the last inventory and the last sweep found; nothing of it is needed, all of it is checked as it goes.

    Args:
        state: the corpus's state folder.
        usable_cpus: a sweep on another number of processors has its codecs believed, not its numbers of workers.
    """
    shards = {
        name: codec
        for name, known in read_journal(state / INVENTORY_JOURNAL).items()
        if known.result.inspection is not None
        and (codec := "+".join(sorted({clip.codec for clip in known.result.inspection.audio})))
    }
    report = artifact(state, SWEEP_REPORT)
    try:
        swept = msgspec.json.decode(report.read_bytes(), type=SweepSummary)
    except FileNotFoundError:
        return Advice(codec_of_shard=shards)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        way_out = "the run goes by what it measures itself; sweep again"
        fault = Fault("the report of the last sweep cannot be read", file=str(report), read=str(error), way_out=way_out)
        return Advice(codec_of_shard=shards, fault=fault)
    return Advice(
        workers=_recommended(swept) if swept.usable_cpus == usable_cpus else {},
        codec_of_source={source: one.codec for one in swept.codecs for source in one.sources},
        codec_of_shard=shards,
    )


def _recommended(swept: SweepSummary) -> dict[str, int]:
    return {one.codec: one.recommended_workers for one in swept.codecs}
